// The input of a ternary product, and how it is made of rows of floats.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/grouped.h"
#include "kernels/kernels.h"
#include "runtime/arena.h"

namespace sterna {

// kInt8 quantises by the largest magnitude of each token, as the models were trained (W1.58A8), or
// of each token and group of columns for models with such scales. kFloat does not quantise; it is
// for comparisons only.
enum class Activations { kInt8, kFloat };

// Rows of floats, and the same in int8 for the kernels: packed as a whole, or group after group.
struct ProductInput {
  float* rows;  // [m][ld]
  size_t ld;
  int8_t* quantised;  // arranged as Packing says; with groups [groups][group_bytes()], which are
                      // tables where takes_tables()
  float* scales;      // [m] largest magnitude of each row, which becomes 127; with groups
                      // [groups][m] the float that becomes 1
  int32_t* sums;      // [m] sum of each row in int8; with groups [groups][m]

  // Takes buffers for up to `m` rows of up to `columns` columns for products with matrices of this
  // layout, which have up to `groups` groups of columns with scales.
  static ProductInput take(Arena& arena, const KernelSet& kernels, TernaryLayout layout, int m,
                           size_t columns, int groups);
};

// The bytes from one group's activations of m tokens to the next group's, a multiple of 64.
size_t group_bytes(const KernelSet& kernels, TernaryLayout layout, int m);

// Quantises columns [begin, end) of row `i` of m into their places and returns their sum. The row
// has n columns, followed by zeros up to `padded`.
struct RowPart {
  int i;
  int m;
  int begin;
  int end;
  int n;
  int padded;
};
int32_t quantise_part(const KernelSet& kernels, const ProductInput& input, const RowPart& part);

// Quantises group `group` of row `i` of m.
void quantise_group(const KernelSet& kernels, TernaryLayout layout, const ProductInput& input,
                    int group, int i, int m);

}  // namespace sterna
