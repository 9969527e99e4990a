// The reference: every other kernel set equals this one bit for bit.
#include <cmath>

#include "kernels/f16.h"
#include "kernels/kernels.h"

namespace sterna {
namespace {

// Code (0, 1, 2) of the tile's row and column; the layout is described in packFormat.ts.
inline int tile_code(const uint8_t* tile, int row, int col) {
  const int p = col >> 2;
  const int j = col & 3;
  return (tile[row * 4 + j] >> (2 * p)) & 3;
}

void ternary_matmul(const uint8_t* tiles, int k_steps, int tile_begin, int tile_end,
                    const int8_t* x, size_t ldx, const int32_t* x_sums, int m, int32_t* out,
                    size_t ldo) {
  for (int t = tile_begin; t < tile_end; ++t) {
    const uint8_t* row_tile = tiles + static_cast<size_t>(t) * k_steps * kTileBytes;
    for (int i = 0; i < m; ++i) {
      const int8_t* xi = x + i * ldx;
      for (int row = 0; row < kTileRows; ++row) {
        int32_t sum = 0;
        for (int step = 0; step < k_steps; ++step) {
          const uint8_t* tile = row_tile + static_cast<size_t>(step) * kTileBytes;
          for (int col = 0; col < kTileCols; ++col) {
            sum += tile_code(tile, row, col) * xi[step * kTileCols + col];
          }
        }
        out[i * ldo + static_cast<size_t>(t) * kTileRows + row] = sum - x_sums[i];
      }
    }
  }
}

void int8_dot_rows(const int8_t* w, int k, int row_begin, int row_end, const int16_t* x,
                   int32_t* out) {
  for (int row = row_begin; row < row_end; ++row) {
    const int8_t* wr = w + static_cast<size_t>(row) * k;
    int32_t sum = 0;
    for (int i = 0; i < k; ++i) sum += wr[i] * x[i];
    out[row] = sum;
  }
}

// Folds sixteen running sums by halves: 16 -> 8 -> 4 -> 2 -> 1.
inline float fold16(float* sums) {
  for (int half = 8; half > 0; half >>= 1) {
    for (int i = 0; i < half; ++i) sums[i] += sums[i + half];
  }
  return sums[0];
}

float dot_f16(const float* a, const uint16_t* b, int n) {
  float sums[16] = {};
  for (int i = 0; i < n; ++i) sums[i & 15] += a[i] * f16_to_f32(b[i]);
  return fold16(sums);
}

void f16_dot_rows(const uint16_t* w, int k, int row_begin, int row_end, const float* x,
                  float* out) {
  for (int row = row_begin; row < row_end; ++row) {
    out[row] = dot_f16(x, w + static_cast<size_t>(row) * k, k);
  }
}

void axpy_f16(float a, const uint16_t* x, float* y, int n) {
  for (int i = 0; i < n; ++i) y[i] += a * f16_to_f32(x[i]);
}

float sum_squares(const float* x, int n) {
  float sums[16] = {};
  for (int i = 0; i < n; ++i) sums[i & 15] += x[i] * x[i];
  return fold16(sums);
}

float absmax(const float* x, int n) {
  float largest = 0;
  for (int i = 0; i < n; ++i) {
    const float magnitude = std::fabs(x[i]);
    if (magnitude > largest) largest = magnitude;  // false for NaN
  }
  return largest;
}

int32_t quantize(const float* x, int n, float s, int8_t* q) {
  int32_t sum = 0;
  for (int i = 0; i < n; ++i) {
    float scaled = x[i] * s;
    // Clamped before the rounding, so that the conversion is defined for any value; NaN becomes
    // -128, as the vector maximum makes it.
    scaled = scaled > -128.0f ? scaled : -128.0f;
    scaled = scaled < 127.0f ? scaled : 127.0f;
    const int value = static_cast<int>(std::nearbyint(scaled));
    q[i] = static_cast<int8_t>(value);
    sum += value;
  }
  return sum;
}

constexpr KernelSet kScalar = {"scalar", ternary_matmul, int8_dot_rows, f16_dot_rows, dot_f16,
                               axpy_f16, sum_squares,    absmax,        quantize};

}  // namespace

const KernelSet& scalar_kernels() { return kScalar; }

void ternary_matmul_float(const uint8_t* tiles, int k_steps, int tile_begin, int tile_end,
                          const float* x, size_t ldx, int k, int m, float* out, size_t ldo) {
  for (int t = tile_begin; t < tile_end; ++t) {
    const uint8_t* row_tile = tiles + static_cast<size_t>(t) * k_steps * kTileBytes;
    for (int i = 0; i < m; ++i) {
      const float* xi = x + i * ldx;
      float sums[kTileRows] = {};
      for (int col = 0; col < k; ++col) {
        const uint8_t* tile = row_tile + static_cast<size_t>(col / kTileCols) * kTileBytes;
        for (int row = 0; row < kTileRows; ++row) {
          sums[row] += static_cast<float>(tile_code(tile, row, col % kTileCols) - 1) * xi[col];
        }
      }
      float* oi = out + i * ldo + static_cast<size_t>(t) * kTileRows;
      for (int row = 0; row < kTileRows; ++row) oi[row] = sums[row];
    }
  }
}

}  // namespace sterna
