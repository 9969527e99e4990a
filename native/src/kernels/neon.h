// What the two ARM sets share: decoders of the ternary layouts, the loop over tiles and blocks, and
// everything in floats. Each file that includes this one defines its own multiply-add.
#pragma once

#include <arm_neon.h>

#include <utility>

#include "kernels/add_group.h"
#include "kernels/attention.h"
#include "kernels/kernels.h"
#include "kernels/neon_binary.h"
#include "kernels/silu.h"

namespace sterna {
namespace {

constexpr int kTileVectors = kTileBytes / 16;  // vectors of four rows each
constexpr int kMaxTokens = 256;                // tokens of one product

inline int8x16_t load_s8(const void* p) { return vld1q_s8(static_cast<const int8_t*>(p)); }

// --- ternary layouts -------------------------------------------------------------------------

// The codes 0..2 of the four fields of each byte.
inline void split_fields(uint8x16_t fields, int8x16_t* planes) {
  const uint8x16_t mask = vdupq_n_u8(3);
  planes[0] = vreinterpretq_s8_u8(vandq_u8(fields, mask));
  planes[1] = vreinterpretq_s8_u8(vandq_u8(vshrq_n_u8(fields, 2), mask));
  planes[2] = vreinterpretq_s8_u8(vandq_u8(vshrq_n_u8(fields, 4), mask));
  planes[3] = vreinterpretq_s8_u8(vshrq_n_u8(fields, 6));
}

// A source of weights gives kPlanes vectors of bytes for vector v of a tile: plane p holds columns
// 4p .. 4p + 3 of rows 4v .. 4v + 3.
struct T2Source {
  static constexpr int kPlanes = 4;
  static constexpr size_t kStepBytes = kTileBytes;

  inline void operator()(const uint8_t* tile, int v, int8x16_t* planes) const {
    split_fields(vld1q_u8(tile + 16 * v), planes);
  }
};

// Three tables of 64 bytes for the low six bits of a T16 byte: the four codes of c as 2-bit fields
// where the top bits are 0..2; the same of 64 + (i mod 17), and t = i div 17, where they are 3.
struct T16Tables {
  uint8_t fields[64];
  uint8_t fields_rest[64];
  uint8_t fifth_rest[64];
};

constexpr T16Tables make_t16_tables() {
  T16Tables t{};
  for (int i = 0; i < 64; ++i) {
    int c = i;
    int rest = i < 51 ? 64 + i % 17 : 0;
    for (int p = 0; p < 4; ++p, c /= 3, rest /= 3) {
      t.fields[i] = static_cast<uint8_t>(t.fields[i] | (c % 3) << (2 * p));
      t.fields_rest[i] = static_cast<uint8_t>(t.fields_rest[i] | (rest % 3) << (2 * p));
    }
    t.fifth_rest[i] = static_cast<uint8_t>(i < 51 ? i / 17 : 0);
  }
  return t;
}

constexpr T16Tables kT16Tables = make_t16_tables();

struct T16Source {
  static constexpr int kPlanes = 5;
  static constexpr size_t kStepBytes = kTileBytes;

  const uint8x16x4_t fields = table(kT16Tables.fields);
  const uint8x16x4_t fields_rest = table(kT16Tables.fields_rest);
  const uint8x16x4_t fifth_rest = table(kT16Tables.fifth_rest);

  inline void operator()(const uint8_t* tile, int v, int8x16_t* planes) const {
    const uint8x16_t b = vld1q_u8(tile + 16 * v);
    // Bytes below 192 become indices beyond the tables, for which vqtbx keeps the value that is
    // there.
    const uint8x16_t rest = vsubq_u8(b, vdupq_n_u8(192));
    const uint8x16_t low = vqtbl4q_u8(fields, vandq_u8(b, vdupq_n_u8(63)));
    split_fields(vqtbx4q_u8(low, fields_rest, rest), planes);
    planes[4] = vreinterpretq_s8_u8(vqtbx4q_u8(vshrq_n_u8(b, 6), fifth_rest, rest));
  }

 private:
  static uint8x16x4_t table(const uint8_t* p) {
    return {{vld1q_u8(p), vld1q_u8(p + 16), vld1q_u8(p + 32), vld1q_u8(p + 48)}};
  }
};

// Unpacks a row tile to one byte per weight, for many tokens: pairs of vectors (8 rows), each pair
// with all its columns in one stream [k / 4][8 rows][4].
template <class Source>
inline void unpack(const Source& source, const uint8_t* tile, int k_steps, uint8_t* bytes) {
  constexpr int kPlanes = Source::kPlanes;
  const size_t pair = static_cast<size_t>(k_steps) * kPlanes * 32;
  for (int step = 0; step < k_steps; ++step) {
    for (int v = 0; v < kTileVectors; ++v) {
      int8x16_t planes[kPlanes];
      source(tile, v, planes);
      uint8_t* to = bytes + static_cast<size_t>(v / 2) * pair + 16 * (v & 1);
      for (int p = 0; p < kPlanes; ++p) {
        vst1q_u8(to + 32 * p, vreinterpretq_u8_s8(planes[p]));
      }
    }
    tile += kTileBytes;
    bytes += 32 * kPlanes;
  }
}

// Calls f.operator()<I>() for I = 0 .. N - 1 without a loop, because registers cannot be indexed.
template <int N, class F>
inline void repeat(const F& f) {
  [&]<int... I>(std::integer_sequence<int, I...>) { (f.template operator()<I>(), ...); }
  (std::make_integer_sequence<int, N>{});
}

// Calls f.operator()<T>() for T = t, 1 <= t <= kMost.
template <int kMost, class F>
inline void with_width(int t, const F& f) {
  if constexpr (kMost > 1) {
    if (t < kMost) return with_width<kMost - 1>(t, f);
  }
  f.template operator()<kMost>();
}

// Processes tile by tile, and in each tile block by block. With fewer than kUnpackFrom tokens
// `packed<T>(tile, x, x_sums, out)` reads the packed tile. With more it is unpacked once for all
// blocks, and `unpacked<T>(bytes, x, x_sums, out)` reads the bytes.
template <int kMaxBlock, int kUnpackFrom, class Source, class Packed, class Unpacked>
inline void ternary_product(const TernaryProduct& a, int tile_begin, int tile_end,
                            const Source& source, const Packed& packed, const Unpacked& unpacked) {
  constexpr int kMostPacked = kUnpackFrom - 1 < kMaxBlock ? kUnpackFrom - 1 : kMaxBlock;
  const size_t kp = static_cast<size_t>(a.k_steps) * Source::kPlanes * 4;
  for (int t = tile_begin; t < tile_end; ++t) {
    const uint8_t* tile = a.tiles + static_cast<size_t>(t) * a.k_steps * kTileBytes;
    int32_t* out = a.out + static_cast<size_t>(t) * kTileRows;
    const auto all_blocks = [&]<int kMost>(const auto& one, const uint8_t* weights) {
      for (BlockCursor block(a.m, kMaxBlock); block.next();) {
        with_width<kMost>(block.width, [&]<int T>() {
          one.template operator()<T>(weights, a.x + block.begin * kp, a.x_sums + block.begin,
                                     out + block.begin * a.ldo);
        });
      }
    };
    if constexpr (kUnpackFrom <= kMaxTokens) {
      if (a.m >= kUnpackFrom) {
        unpack(source, tile, a.k_steps, a.scratch);
        all_blocks.template operator()<kMaxBlock>(unpacked, a.scratch);
        continue;
      }
    }
    all_blocks.template operator()<kMostPacked>(packed, tile);
  }
}

// --- the head --------------------------------------------------------------------------------

// The low and the high nibbles of a vector of bytes.
inline void split_nibbles(uint8x16_t w, int8x16_t* nibbles) {
  nibbles[0] = vreinterpretq_s8_u8(vandq_u8(w, vdupq_n_u8(15)));
  nibbles[1] = vreinterpretq_s8_u8(vshrq_n_u8(w, 4));
}

// The bits of a vector of bytes, the lowest first.
inline void split_bits(uint8x16_t w, int8x16_t* bits) {
  for (int8_t b = 0; b < 8; ++b) {
    const uint8x16_t shifted = vshlq_u8(w, vdupq_n_s8(static_cast<int8_t>(-b)));
    bits[b] = vreinterpretq_s8_u8(vandq_u8(shifted, vdupq_n_u8(1)));
  }
}

// Products with x = 256 * xh + xl from the products with its two bytes.
inline int32x4_t join_x(int32x4_t big, int32x4_t small) {
  return vaddq_s32(vshlq_n_s32(big, 8), small);
}

// --- floats ----------------------------------------------------------------------------------

// a > b ? a : b. The instruction fmax differs from that when one of them is NaN.
inline float32x4_t larger(float32x4_t a, float32x4_t b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }

// Sixteen floats, as attention.h describes V. Two queries against the 32 positions of a block, or
// four against 16 elements of a value, take 16 of the 32 registers for sums, and 8 or 4 for what
// they share. They are four names and no array, which gcc 12 would keep in memory.
struct Lanes {
  float32x4_t a, b, c, d;

  static constexpr int kScoreQueries = 2;
  static constexpr int kValueQueries = 4;
  static constexpr int kValueVectors = 1;

  static Lanes zero() { return set1(0); }
  static Lanes set1(float x) {
    const float32x4_t v = vdupq_n_f32(x);
    return {v, v, v, v};
  }
  static Lanes load(const float* p) {
    return {vld1q_f32(p), vld1q_f32(p + 4), vld1q_f32(p + 8), vld1q_f32(p + 12)};
  }
  static Lanes load_f16(const uint16_t* p) {
    const float16x8_t low = vreinterpretq_f16_u16(vld1q_u16(p));
    const float16x8_t high = vreinterpretq_f16_u16(vld1q_u16(p + 8));
    return {vcvt_f32_f16(vget_low_f16(low)), vcvt_high_f32_f16(low),
            vcvt_f32_f16(vget_low_f16(high)), vcvt_high_f32_f16(high)};
  }
  static Lanes load_i8(const int8_t* p) {
    const int8x16_t bytes = vld1q_s8(p);
    const int16x8_t low = vmovl_s8(vget_low_s8(bytes));
    const int16x8_t high = vmovl_s8(vget_high_s8(bytes));
    return {vcvtq_f32_s32(vmovl_s16(vget_low_s16(low))),
            vcvtq_f32_s32(vmovl_s16(vget_high_s16(low))),
            vcvtq_f32_s32(vmovl_s16(vget_low_s16(high))),
            vcvtq_f32_s32(vmovl_s16(vget_high_s16(high)))};
  }
  static Lanes load_i32(const int32_t* p) {
    return {vcvtq_f32_s32(vld1q_s32(p)), vcvtq_f32_s32(vld1q_s32(p + 4)),
            vcvtq_f32_s32(vld1q_s32(p + 8)), vcvtq_f32_s32(vld1q_s32(p + 12))};
  }
  static void store(float* p, Lanes x) {
    vst1q_f32(p, x.a);
    vst1q_f32(p + 4, x.b);
    vst1q_f32(p + 8, x.c);
    vst1q_f32(p + 12, x.d);
  }
  static Lanes add(Lanes x, Lanes y) {
    return {vaddq_f32(x.a, y.a), vaddq_f32(x.b, y.b), vaddq_f32(x.c, y.c), vaddq_f32(x.d, y.d)};
  }
  static Lanes mul(Lanes x, Lanes y) {
    return {vmulq_f32(x.a, y.a), vmulq_f32(x.b, y.b), vmulq_f32(x.c, y.c), vmulq_f32(x.d, y.d)};
  }
  static Lanes div(Lanes x, Lanes y) {
    return {vdivq_f32(x.a, y.a), vdivq_f32(x.b, y.b), vdivq_f32(x.c, y.c), vdivq_f32(x.d, y.d)};
  }
  static Lanes where_negative(Lanes x, Lanes y, Lanes z) {
    return {negative(x.a, y.a, z.a), negative(x.b, y.b, z.b), negative(x.c, y.c, z.c),
            negative(x.d, y.d, z.d)};
  }
  static Lanes fma(Lanes x, Lanes y, Lanes z) {
    return {vfmaq_f32(z.a, x.a, y.a), vfmaq_f32(z.b, x.b, y.b), vfmaq_f32(z.c, x.c, y.c),
            vfmaq_f32(z.d, x.d, y.d)};
  }
  static Lanes max(Lanes x, Lanes y) {
    return {larger(x.a, y.a), larger(x.b, y.b), larger(x.c, y.c), larger(x.d, y.d)};
  }
  static Lanes abs(Lanes x) {
    return {vabsq_f32(x.a), vabsq_f32(x.b), vabsq_f32(x.c), vabsq_f32(x.d)};
  }
  static Lanes scale_by_power(Lanes p, Lanes z) {
    return {scale(p.a, z.a), scale(p.b, z.b), scale(p.c, z.c), scale(p.d, z.d)};
  }
  // Sixteen sums folded by halves.
  static float fold_add(Lanes x) {
    const float32x4_t s4 = vaddq_f32(vaddq_f32(x.a, x.c), vaddq_f32(x.b, x.d));
    const float32x2_t s2 = vadd_f32(vget_low_f32(s4), vget_high_f32(s4));
    return vget_lane_f32(s2, 0) + vget_lane_f32(s2, 1);
  }
  static float fold_max(Lanes x) {
    const float32x4_t s4 = larger(larger(x.a, x.c), larger(x.b, x.d));
    const float32x4_t s2 = larger(s4, vextq_f32(s4, s4, 2));
    return vgetq_lane_f32(larger(s2, vextq_f32(s2, s2, 1)), 0);
  }

 private:
  static float32x4_t negative(float32x4_t x, float32x4_t y, float32x4_t z) {
    return vbslq_f32(vcltq_f32(x, vdupq_n_f32(0)), y, z);
  }
  static float32x4_t scale(float32x4_t p, float32x4_t z) {
    const int32x4_t power = vshlq_n_s32(vreinterpretq_s32_f32(z), 23);
    return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(p), power));
  }
};

// R rows of length k times one x.
template <int R>
inline void f16_dots(const uint16_t* w, int k, const float* x, float* out) {
  Lanes sums[R];
  for (int r = 0; r < R; ++r) sums[r] = Lanes::zero();
  const int body = k & ~15;
  for (int i = 0; i < body; i += 16) {
    const Lanes xs = Lanes::load(x + i);
    for (int r = 0; r < R; ++r) {
      const Lanes ws = Lanes::load_f16(w + static_cast<size_t>(r) * k + i);
      sums[r] = Lanes::add(sums[r], Lanes::mul(xs, ws));
    }
  }
  for (int r = 0; r < R; ++r) {
    if (body < k) {  // the tail is padded with zeros, and adding +0 does not change a sum
      float xt[16] = {};
      uint16_t wt[16] = {};
      for (int i = body; i < k; ++i) {
        xt[i - body] = x[i];
        wt[i - body] = w[static_cast<size_t>(r) * k + i];
      }
      sums[r] = Lanes::add(sums[r], Lanes::mul(Lanes::load(xt), Lanes::load_f16(wt)));
    }
    out[r] = Lanes::fold_add(sums[r]);
  }
}

void f16_dot_rows(const uint16_t* w, int k, int row_begin, int row_end, const float* x,
                  float* out) {
  int row = row_begin;
  for (; row + 2 <= row_end; row += 2) {
    f16_dots<2>(w + static_cast<size_t>(row) * k, k, x, out + row);
  }
  if (row < row_end) f16_dots<1>(w + static_cast<size_t>(row) * k, k, x, out + row);
}

float sum_squares(const float* x, int n) {
  Lanes sums = Lanes::zero();
  const auto add = [&](const float* p) {
    const Lanes v = Lanes::load(p);
    sums = Lanes::add(sums, Lanes::mul(v, v));
  };
  const int body = n & ~15;
  for (int i = 0; i < body; i += 16) add(x + i);
  if (body < n) {
    float tail[16] = {};
    for (int i = body; i < n; ++i) tail[i - body] = x[i];
    add(tail);
  }
  return Lanes::fold_add(sums);
}

float absmax(const float* x, int n) {
  Lanes largest = Lanes::zero();
  const int body = n & ~15;
  for (int i = 0; i < body; i += 16) {
    largest = Lanes::max(Lanes::abs(Lanes::load(x + i)), largest);
  }
  float result = Lanes::fold_max(largest);
  for (int i = body; i < n; ++i) {
    const float magnitude = x[i] < 0 ? -x[i] : x[i];
    if (magnitude > result) result = magnitude;
  }
  return result;
}

int32_t quantise(const float* x, int n, int padded, float s, int8_t* q, size_t stride) {
  const float32x4_t scale = vdupq_n_f32(s);
  int32x4_t sum = vdupq_n_s32(0);
  for (int i = 0; i < padded; i += 4) {
    float32x4_t v;
    if (i + 4 <= n) {
      v = vmulq_f32(vld1q_f32(x + i), scale);
    } else {
      float tail[4] = {};
      for (int j = i; j < n; ++j) tail[j - i] = x[j] * s;
      v = vld1q_f32(tail);
    }
    // Of a number and a quiet NaN (products only give quiet ones), "maxnm" takes the number.
    v = vmaxnmq_f32(v, vdupq_n_f32(-128));
    const int32x4_t rounded = vcvtnq_s32_f32(vminnmq_f32(v, vdupq_n_f32(127)));  // half to even
    sum = vaddq_s32(sum, rounded);
    const int16x4_t narrow = vmovn_s32(rounded);
    const int8x8_t bytes = vmovn_s16(vcombine_s16(narrow, narrow));
    const int32_t dword = vget_lane_s32(vreinterpret_s32_s8(bytes), 0);
    __builtin_memcpy(q + static_cast<size_t>(i >> 2) * stride, &dword, 4);
  }
  return vaddvq_s32(sum);
}

void to_f16(const float* x, uint16_t* out, int n) {
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    vst1_u16(out + i, vreinterpret_u16_f16(vcvt_f16_f32(vld1q_f32(x + i))));
  }
  for (; i < n; ++i) out[i] = f32_to_f16(x[i]);
}

// What both sets share. The functions on single elements are those of the scalar set, because every
// aarch64 compiler vectorises its plain loops.
inline KernelSet shared_kernels(const char* name) {
  KernelSet s = scalar_kernels();
  s.name = name;
  s.f16_dot_rows = f16_dot_rows;
  s.add_group = add_group<Lanes>;
  s.binary_layout = TernaryLayout::kB1;
  s.table_tokens = INT32_MAX;
  s.b1_tables = b1_tables;
  s.b1_grouped = b1_grouped<Lanes>;
  s.attend = attend_segment<Lanes>;
  s.silu = silu<Lanes>;
  s.sum_squares = sum_squares;
  s.absmax = absmax;
  s.quantise = quantise;
  s.to_f16 = to_f16;
  return s;
}

}  // namespace
}  // namespace sterna
