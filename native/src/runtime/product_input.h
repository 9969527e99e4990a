// What a ternary product multiplies with, and how it is made of rows of float.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/grouped.h"
#include "kernels/kernels.h"
#include "runtime/arena.h"

namespace sterna {

// kInt8: per-token absmax as the models were trained (W1.58A8), or per token and group of columns
// for models with such scales. kFloat: not quantised, for comparison only.
enum class Activations { kInt8, kFloat };

// Rows of float, and the same in int8 for the kernels: packed as a whole, or group after group.
struct ProductInput {
  float* rows;  // [m][ld]
  size_t ld;
  int8_t* quantized;  // as Packing says; with groups [groups][group_bytes()]
  float* scales;      // [m] largest magnitude of a row, which is 127 in int8; with groups
                      // [groups][m] what 1 in int8 is worth
  int32_t* sums;      // [m] of a row in int8; with groups [groups][m]

  // Buffers for `m` rows of up to `columns` columns, of which `groups` groups have scales.
  static ProductInput take(Arena& arena, int m, size_t columns, int groups);
};

// Bytes from one group's activations of m tokens to the next group's.
size_t group_bytes(const KernelSet& kernels, TernaryLayout layout, int m);

// Quantises columns [begin, end) of row `i` of m into their places and returns their sum. The row
// has n columns, and zeros up to `padded`.
struct RowPart {
  int i;
  int m;
  int begin;
  int end;
  int n;
  int padded;
};
int32_t quantize_part(const KernelSet& kernels, const ProductInput& input, const RowPart& part);

// Quantises group `group` of row `i` of m.
void quantize_group(const KernelSet& kernels, TernaryLayout layout, const ProductInput& input,
                    int group, int i, int m);

}  // namespace sterna
