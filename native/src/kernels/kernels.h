// The arithmetic that depends on the instruction set, behind one table of functions per set.
//
// Every integer function gives the exact result, so all sets agree bit for bit. The float functions
// agree bit for bit too: they add in the same order everywhere, sixteen running sums (element i
// goes to sum i mod 16) folded by halves at the end, with a separate multiply and add (no fused
// multiply-add, which old machines lack).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sterna {

// Geometry of a T2 tile, see packFormat.ts: 32 rows x 16 columns in 128 bytes.
inline constexpr int kTileRows = 32;
inline constexpr int kTileCols = 16;
inline constexpr int kTileBytes = 128;

struct KernelSet {
  const char* name;

  // Exact sum over k of ternary[row][k] * x[m][k].
  //   tiles     row tiles [tile_begin, tile_end), each k_steps * 128 bytes, starting at row tile 0
  //   x         int8 [m][ldx], zero beyond the real columns up to k_steps * 16
  //   x_sums    int32 [m]: sum of each row of x
  //   out       int32 [m][ldo]: rows tile_begin*32 .. tile_end*32 of each output row are written
  void (*ternary_matmul)(const uint8_t* tiles, int k_steps, int tile_begin, int tile_end,
                         const int8_t* x, size_t ldx, const int32_t* x_sums, int m, int32_t* out,
                         size_t ldo);

  // Exact sum over k of w[row][k] * x[k] for rows [row_begin, row_end); out[row].
  // The caller keeps |x| small enough that no partial sum leaves int32 (see int8_head_limit).
  void (*int8_dot_rows)(const int8_t* w, int k, int row_begin, int row_end, const int16_t* x,
                        int32_t* out);

  // out[row] = dot of f16 w[row][k] and float x[k] for rows [row_begin, row_end).
  void (*f16_dot_rows)(const uint16_t* w, int k, int row_begin, int row_end, const float* x,
                       float* out);

  // Dot of float a[n] and f16 b[n].
  float (*dot_f16)(const float* a, const uint16_t* b, int n);

  // y[i] += a * x[i] with x in f16.
  void (*axpy_f16)(float a, const uint16_t* x, float* y, int n);

  // Sum of x[i]^2.
  float (*sum_squares)(const float* x, int n);

  // Largest |x[i]|; NaN elements are ignored.
  float (*absmax)(const float* x, int n);

  // q[i] = clamp(round_half_even(x[i] * s), -128, 127); returns the sum of q.
  int32_t (*quantize)(const float* x, int n, float s, int8_t* q);
};

// The largest |x| for which int8_dot_rows over k columns cannot overflow, at most 32767.
inline int int8_head_limit(int k) {
  const int64_t limit = INT64_C(0x7fffffff) / (INT64_C(127) * (k > 0 ? k : 1));
  return limit > 32767 ? 32767 : static_cast<int>(limit);
}

const KernelSet& scalar_kernels();
// Null where the compiler does not target the architecture.
const KernelSet* avx2_kernels();
const KernelSet* avx512vnni_kernels();

// Kernel sets that this CPU can execute, slowest first; never empty.
std::vector<const KernelSet*> runnable_kernels();
// Names of the CPU features that the dispatcher looked for and found.
std::vector<std::string> cpu_features();

struct KnownAnswer {
  const KernelSet* kernels;
  bool ok;
  std::string detail;  // the first operation that differed, empty when ok
};
// Runs fixed inputs through a kernel set and compares with answers stored in the source.
KnownAnswer known_answer_test(const KernelSet& kernels);

// Ternary product with activations that are not quantised: out[m][row] = sum of ternary * x, for
// rows [tile_begin*32, tile_end*32). For comparison with references; scalar on every machine.
void ternary_matmul_float(const uint8_t* tiles, int k_steps, int tile_begin, int tile_end,
                          const float* x, size_t ldx, int k, int m, float* out, size_t ldo);

}  // namespace sterna
