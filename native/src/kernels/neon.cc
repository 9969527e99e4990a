// NEON, which every aarch64 processor has: products of bytes, added in pairs.
#include "kernels/kernels.h"

#if defined(__aarch64__)

#include "kernels/neon.h"

namespace sterna {
namespace {

constexpr int kMaxBlock = 4;

// The sums of four rows, two sums per row: first those of rows 0 and 1, then of rows 2 and 3.
struct Sums {
  int32x4_t low, high;
};

inline int8x16_t broadcast4(const int8_t* x) {
  int32_t dword;
  __builtin_memcpy(&dword, x, sizeof dword);
  return vreinterpretq_s8_s32(vdupq_n_s32(dword));
}

// sums += the products of P vectors of codes with P vectors of activations. They are added in int16
// first: with codes up to 2 a lane reaches P * 256, with nibbles P * 1,920.
template <int P>
inline void multiply_add(Sums& sums, const int8x16_t* w, const int8x16_t* x) {
  int16x8_t low = vmull_s8(vget_low_s8(w[0]), vget_low_s8(x[0]));
  int16x8_t high = vmull_high_s8(w[0], x[0]);
  for (int p = 1; p < P; ++p) {
    low = vmlal_s8(low, vget_low_s8(w[p]), vget_low_s8(x[p]));
    high = vmlal_high_s8(high, w[p], x[p]);
  }
  sums.low = vpadalq_s16(sums.low, low);
  sums.high = vpadalq_s16(sums.high, high);
}

inline int32x4_t rows_of(const Sums& sums) { return vpaddq_s32(sums.low, sums.high); }

// The same with weights that `unpack` has written. Here P counts columns in units of four.
template <int P>
struct ByteSource {
  static constexpr int kPlanes = P;
  static constexpr size_t kStepBytes = 32 * P;

  inline void operator()(const uint8_t* bytes, int v, int8x16_t* planes) const {
    for (int p = 0; p < P; ++p) planes[p] = load_s8(bytes + 32 * p + 16 * v);
  }
};

// V vectors of rows for T tokens.
template <int V, int T, class Source>
inline void some_rows(const Source& source, const uint8_t* w, int k_steps, const int8_t* x,
                      const int32_t* x_sums, int32_t* out, size_t ldo) {
  constexpr int kPlanes = Source::kPlanes;
  Sums sums[V][T];
  for (int v = 0; v < V; ++v) {
    for (int t = 0; t < T; ++t) sums[v][t] = {vdupq_n_s32(0), vdupq_n_s32(0)};
  }
  for (int step = 0; step < k_steps; ++step) {
    if constexpr (T == 1) {  // the activations stay in registers
      int8x16_t xs[kPlanes];
      for (int p = 0; p < kPlanes; ++p) xs[p] = broadcast4(x + 4 * p);
      repeat<V>([&]<int v>() {
        int8x16_t planes[kPlanes];
        source(w, v, planes);
        multiply_add<kPlanes>(sums[v][0], planes, xs);
      });
    } else {  // the weights stay in registers
      int8x16_t planes[V][kPlanes];
      for (int v = 0; v < V; ++v) source(w, v, planes[v]);
      repeat<T>([&]<int t>() {
        int8x16_t xs[kPlanes];
        for (int p = 0; p < kPlanes; ++p) xs[p] = broadcast4(x + 4 * (p * T + t));
        repeat<V>([&]<int v>() { multiply_add<kPlanes>(sums[v][t], planes[v], xs); });
      });
    }
    w += Source::kStepBytes;
    x += 4 * kPlanes * T;
  }
  for (int t = 0; t < T; ++t) {
    const int32x4_t sum = vdupq_n_s32(x_sums[t]);
    for (int v = 0; v < V; ++v) {
      vst1q_s32(out + t * ldo + 4 * v, vsubq_s32(rows_of(sums[v][t]), sum));
    }
  }
}

// A packed row tile in registers, V vectors of rows at a time.
template <int V, int T, class Source>
inline void packed_block(const Source& source, const uint8_t* tile, int k_steps, const int8_t* x,
                         const int32_t* x_sums, int32_t* out, size_t ldo) {
  for (int v = 0; v < kTileVectors; v += V) {
    some_rows<V, T>(source, tile + 16 * v, k_steps, x, x_sums, out + 4 * v, ldo);
  }
}

// An unpacked row tile for T tokens.
template <int T, class Source>
inline void bytes_block(const uint8_t* bytes, int k_steps, const int8_t* x, const int32_t* x_sums,
                        int32_t* out, size_t ldo) {
  const ByteSource<Source::kPlanes> source;
  for (int pair = 0; pair < kTileVectors / 2; ++pair) {
    some_rows<2, T>(source, bytes, k_steps, x, x_sums, out + 8 * pair, ldo);
    bytes += static_cast<size_t>(k_steps) * source.kStepBytes;
  }
}

// kOne is the number of vectors of rows processed together for one token.
template <class Source, int kOne, int kUnpackFrom>
inline void product(const TernaryProduct& a, int tile_begin, int tile_end) {
  const Source source;
  ternary_product<kMaxBlock, kUnpackFrom>(
      a, tile_begin, tile_end, source,
      [&]<int T>(const uint8_t* tile, const int8_t* x, const int32_t* x_sums, int32_t* out) {
        packed_block<T == 1 ? kOne : 2, T>(source, tile, a.k_steps, x, x_sums, out, a.ldo);
      },
      [&]<int T>(const uint8_t* bytes, const int8_t* x, const int32_t* x_sums, int32_t* out) {
        bytes_block<T, Source>(bytes, a.k_steps, x, x_sums, out, a.ldo);
      });
}

// T2 is always unpacked in registers: the shifts and masks are hidden behind the products, of which
// there are four times as many.
void t2_product(const TernaryProduct& a, int tile_begin, int tile_end) {
  product<T2Source, 4, kMaxTokens + 1>(a, tile_begin, tile_end);
}

// The tables leave room for two vectors of rows. From two tokens on it pays to keep what was looked
// up.
void t16_product(const TernaryProduct& a, int tile_begin, int tile_end) {
  product<T16Source, 2, 2>(a, tile_begin, tile_end);
}

// --- the head --------------------------------------------------------------------------------

void head_high(const HeadHighProduct& p, int group_begin, int group_end) {
  for (int g = group_begin; g < group_end; ++g) {
    for (int i = 0; i < p.m; ++i) {
      const uint8_t* w = p.high + static_cast<size_t>(g) * p.k_steps * 64;
      const int8_t* h = p.xh + i * p.ldx;
      const int8_t* l = p.xl + i * p.ldx;
      Sums big[4], small[4];
      for (int v = 0; v < 4; ++v) big[v] = small[v] = {vdupq_n_s32(0), vdupq_n_s32(0)};
      for (int step = 0; step < p.k_steps; ++step) {
        const int8x16_t hs[2] = {broadcast4(h), broadcast4(h + 4)};
        const int8x16_t ls[2] = {broadcast4(l), broadcast4(l + 4)};
        for (int v = 0; v < 4; ++v) {
          int8x16_t nibbles[2];
          split_nibbles(vld1q_u8(w + 16 * v), nibbles);
          multiply_add<2>(big[v], nibbles, hs);
          multiply_add<2>(small[v], nibbles, ls);
        }
        w += 64;
        h += 8;
        l += 8;
      }
      int32_t* o = p.out + i * p.ldo + static_cast<size_t>(g) * 16;
      for (int v = 0; v < 4; ++v) vst1q_s32(o + 4 * v, join_x(rows_of(big[v]), rows_of(small[v])));
    }
  }
}

int32_t head_middle(const uint8_t* bits, int chunks, const int8_t* x) {
  Sums sums = {vdupq_n_s32(0), vdupq_n_s32(0)};
  for (int c = 0; c < chunks; ++c) {
    for (int v = 0; v < 4; ++v) {
      int8x16_t planes[8], xs[8];
      split_bits(vld1q_u8(bits + 16 * v), planes);
      for (int b = 0; b < 8; ++b) xs[b] = vld1q_s8(x + 64 * b + 16 * v);
      multiply_add<8>(sums, planes, xs);
    }
    bits += 64;
    x += 512;
  }
  return vaddvq_s32(rows_of(sums));
}

int32_t head_low(const uint8_t* low, int chunks, const int8_t* xh, const int8_t* xl) {
  Sums big = {vdupq_n_s32(0), vdupq_n_s32(0)};
  Sums small = big;
  for (int c = 0; c < chunks; ++c) {
    for (int v = 0; v < 4; ++v) {
      const size_t k = static_cast<size_t>(c) * 128 + 16 * v;
      int8x16_t nibbles[2];
      split_nibbles(vld1q_u8(low + static_cast<size_t>(c) * 64 + 16 * v), nibbles);
      const int8x16_t hs[2] = {vld1q_s8(xh + k), vld1q_s8(xh + k + 64)};
      const int8x16_t ls[2] = {vld1q_s8(xl + k), vld1q_s8(xl + k + 64)};
      multiply_add<2>(big, nibbles, hs);
      multiply_add<2>(small, nibbles, ls);
    }
  }
  return vaddvq_s32(join_x(rows_of(big), rows_of(small)));
}

}  // namespace

const KernelSet* neon_kernels() {
  static const KernelSet set = [] {
    KernelSet s = shared_kernels("neon");
    s.layout = TernaryLayout::kT2;
    s.max_block = kMaxBlock;
    s.t2_product = t2_product;
    s.t16_product = t16_product;
    s.head_high = head_high;
    s.head_middle = head_middle;
    s.head_low = head_low;
    return s;
  }();
  return &set;
}

}  // namespace sterna

#else

namespace sterna {
const KernelSet* neon_kernels() { return nullptr; }
}  // namespace sterna

#endif
