// The reference implementation: every other kernel set equals this one bit for bit.
#include <cmath>

#include "kernels/add_group.h"
#include "kernels/attention.h"
#include "kernels/elementwise.h"
#include "kernels/f16.h"
#include "kernels/kernels.h"
#include "kernels/silu.h"

namespace sterna {
namespace {

// The five codes of a T16 byte.
inline int t16_code(uint8_t byte, int p) {
  const int low = byte & 63;
  const int top = byte >> 6;
  int c = top < 3 ? low : 64 + low % 17;
  const int t = top < 3 ? top : low / 17;
  if (p == 4) return t;
  for (; p > 0; --p) c /= 3;
  return c % 3;
}

template <TernaryLayout kLayout>
void product(const TernaryProduct& a, int tile_begin, int tile_end) {
  constexpr int kCols = tile_cols(kLayout);
  const Packing packing = {a.max_block, a.m, a.k_steps * kCols};
  for (int t = tile_begin; t < tile_end; ++t) {
    const uint8_t* row_tile = a.tiles + static_cast<size_t>(t) * a.k_steps * kTileBytes;
    for (int row = 0; row < kTileRows; ++row) {
      int32_t sums[256];
      for (int i = 0; i < a.m; ++i) sums[i] = 0;
      for (int step = 0; step < a.k_steps; ++step) {
        const uint8_t* tile = row_tile + static_cast<size_t>(step) * kTileBytes;
        int codes[kCols];
        for (int col = 0; col < kCols; ++col) codes[col] = tile_code(kLayout, tile, row, col);
        for (int i = 0; i < a.m; ++i) {
          for (int col = 0; col < kCols; col += 4) {
            const int8_t* x = a.x + packing.at(i, step * kCols + col);
            for (int j = 0; j < 4; ++j) sums[i] += codes[col + j] * x[j];
          }
        }
      }
      for (int i = 0; i < a.m; ++i) {
        a.out[i * a.ldo + static_cast<size_t>(t) * kTileRows + row] = sums[i] - a.x_sums[i];
      }
    }
  }
}

void head_high(const HeadHighProduct& p, int group_begin, int group_end) {
  for (int row = group_begin * 16; row < group_end * 16; ++row) {
    const uint8_t* group = p.high + static_cast<size_t>(row / 16) * p.k_steps * 64;
    for (int i = 0; i < p.m; ++i) {
      int32_t sum = 0;
      for (int k = 0; k < p.k_steps * 8; ++k) {
        const uint8_t byte = group[static_cast<size_t>(k / 8) * 64 + (row % 16) * 4 + k % 4];
        const int code = (k & 4) ? byte >> 4 : byte & 15;
        sum += code * (256 * p.xh[i * p.ldx + k] + p.xl[i * p.ldx + k]);
      }
      p.out[i * p.ldo + row] = sum;
    }
  }
}

int32_t head_middle(const uint8_t* bits, int chunks, const int8_t* x) {
  int32_t sum = 0;
  for (int k = 0; k < chunks * 512; ++k) {
    if (bits[k / 512 * 64 + k % 64] >> (k / 64 % 8) & 1) sum += x[k];
  }
  return sum;
}

int32_t head_low(const uint8_t* low, int chunks, const int8_t* xh, const int8_t* xl) {
  int32_t sum = 0;
  for (int c = 0; c < chunks; ++c) {
    for (int b = 0; b < 64; ++b) {
      const uint8_t byte = low[c * 64 + b];
      const int k = c * 128 + b;
      sum += (byte & 15) * (256 * xh[k] + xl[k]);
      sum += (byte >> 4) * (256 * xh[k + 64] + xl[k + 64]);
    }
  }
  return sum;
}

// Folds sixteen running sums by halves: 16 -> 8 -> 4 -> 2 -> 1.
inline float fold16(float* sums) {
  for (int half = 8; half > 0; half >>= 1) {
    for (int i = 0; i < half; ++i) sums[i] += sums[i + half];
  }
  return sums[0];
}

void f16_dot_rows(const uint16_t* w, int k, int row_begin, int row_end, const float* x,
                  float* out) {
  for (int row = row_begin; row < row_end; ++row) {
    const uint16_t* wr = w + static_cast<size_t>(row) * k;
    float sums[16] = {};
    for (int i = 0; i < k; ++i) sums[i & 15] += x[i] * f16_to_f32(wr[i]);
    out[row] = fold16(sums);
  }
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

int32_t quantise(const float* x, int n, int padded, float s, int8_t* q, size_t stride) {
  int32_t sum = 0;
  for (int i = 0; i < padded; ++i) {
    float scaled = i < n ? x[i] * s : 0;
    // Clamped before the rounding, so that the conversion is defined for any value. NaN becomes
    // -128, as it does with the vector maximum.
    scaled = scaled > -128.0f ? scaled : -128.0f;
    scaled = scaled < 127.0f ? scaled : 127.0f;
    const int value = static_cast<int>(std::nearbyint(scaled));
    q[static_cast<size_t>(i >> 2) * stride + (i & 3)] = static_cast<int8_t>(value);
    sum += value;
  }
  return sum;
}

void to_f16(const float* x, uint16_t* out, int n) {
  for (int i = 0; i < n; ++i) out[i] = f32_to_f16(x[i]);
}

struct Lanes {
  float v[16];

  static constexpr int kScoreQueries = 1;
  static constexpr int kValueQueries = 1;
  static constexpr int kValueVectors = 1;

  template <class F>
  static Lanes each(const F& f) {
    Lanes out;
    for (int i = 0; i < 16; ++i) out.v[i] = f(i);
    return out;
  }
  static Lanes zero() { return set1(0); }
  static Lanes set1(float a) {
    return each([&](int) { return a; });
  }
  static Lanes load(const float* p) {
    return each([&](int i) { return p[i]; });
  }
  static Lanes load_f16(const uint16_t* p) {
    return each([&](int i) { return f16_to_f32(p[i]); });
  }
  static Lanes load_i8(const int8_t* p) {
    return each([&](int i) { return static_cast<float>(p[i]); });
  }
  static Lanes load_i32(const int32_t* p) {
    return each([&](int i) { return static_cast<float>(p[i]); });
  }
  static void store(float* p, const Lanes& a) {
    for (int i = 0; i < 16; ++i) p[i] = a.v[i];
  }
  static Lanes add(const Lanes& a, const Lanes& b) {
    return each([&](int i) { return a.v[i] + b.v[i]; });
  }
  static Lanes mul(const Lanes& a, const Lanes& b) {
    return each([&](int i) { return a.v[i] * b.v[i]; });
  }
  static Lanes div(const Lanes& a, const Lanes& b) {
    return each([&](int i) { return a.v[i] / b.v[i]; });
  }
  static Lanes where_negative(const Lanes& x, const Lanes& a, const Lanes& b) {
    return each([&](int i) { return x.v[i] < 0 ? a.v[i] : b.v[i]; });
  }
  static Lanes fma(const Lanes& a, const Lanes& b, const Lanes& c) {
    return each([&](int i) { return fused_multiply_add(a.v[i], b.v[i], c.v[i]); });
  }
  static Lanes max(const Lanes& a, const Lanes& b) {
    return each([&](int i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; });
  }
  static Lanes scale_by_power(const Lanes& p, const Lanes& z) {
    return each(
        [&](int i) { return f32_from_bits(f32_to_bits(p.v[i]) + (f32_to_bits(z.v[i]) << 23)); });
  }
  static float fold_add(Lanes a) { return fold16(a.v); }
  static float fold_max(Lanes a) {
    for (int half = 8; half > 0; half >>= 1) {
      for (int i = 0; i < half; ++i) a.v[i] = a.v[i] > a.v[i + half] ? a.v[i] : a.v[i + half];
    }
    return a.v[0];
  }
};

constexpr KernelSet kScalar = {
    .name = "scalar",
    .layout = TernaryLayout::kT2,
    .binary_layout = TernaryLayout::kT2,
    .max_block = 4,
    .panels_from = INT32_MAX,
    .t2_product = product<TernaryLayout::kT2>,
    .t16_product = product<TernaryLayout::kT16>,
    .add_group = add_group<Lanes>,
    .t2_grouped = nullptr,
    .table_tokens = 0,
    .b1_tables = nullptr,
    .b1_grouped = nullptr,
    .head_high = head_high,
    .head_middle = head_middle,
    .head_low = head_low,
    .f16_dot_rows = f16_dot_rows,
    .attend = attend_segment<Lanes>,
    .sum_squares = sum_squares,
    .absmax = absmax,
    .quantise = quantise,
    .scale_norm = scale_norm,
    .relu_squared = relu_squared,
    .silu = silu<Lanes>,
    .rescale = rescale,
    .rotate = rotate,
    .to_f16 = to_f16,
};

}  // namespace

const KernelSet& scalar_kernels() { return kScalar; }

int tile_code(TernaryLayout layout, const uint8_t* tile, int row, int col) {
  if (layout == TernaryLayout::kB1) {
    return (tile[col / 8 * 32 + binary_lane(row)] >> (col % 8) & 1) * 2;
  }
  const uint8_t byte = tile[row * 4 + (col & 3)];
  return layout == TernaryLayout::kT2 ? (byte >> (2 * (col >> 2))) & 3 : t16_code(byte, col >> 2);
}

void ternary_product_float(const FloatProduct& p, int tile_begin, int tile_end) {
  const int cols = tile_cols(p.layout);
  for (int t = tile_begin; t < tile_end; ++t) {
    const uint8_t* row_tile = p.tiles + static_cast<size_t>(t) * p.k_steps * kTileBytes;
    for (int i = 0; i < p.m; ++i) {
      const float* xi = p.x + i * p.ldx;
      float sums[kTileRows] = {};
      for (int col = 0; col < p.k; ++col) {
        const uint8_t* tile = row_tile + static_cast<size_t>(col / cols) * kTileBytes;
        for (int row = 0; row < kTileRows; ++row) {
          sums[row] += static_cast<float>(tile_code(p.layout, tile, row, col % cols) - 1) * xi[col];
        }
      }
      float* oi = p.out + i * p.ldo + static_cast<size_t>(t) * kTileRows;
      for (int row = 0; row < kTileRows; ++row) oi[row] = sums[row];
    }
  }
}

}  // namespace sterna
