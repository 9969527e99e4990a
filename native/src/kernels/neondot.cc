// NEON with dot products (ARMv8.2, which most ARM computers have). Compiled for a CPU with these
// instructions, so the warnings of avx2.cc apply.
#include "kernels/kernels.h"

#if defined(__aarch64__)

#include "kernels/neon.h"

namespace sterna {
namespace {

// 12 tokens x 2 vectors of rows are 24 of the 32 registers. More would leave too few for the
// weights and the activations, of which a register holds those of four tokens (see dot_lane).
constexpr int kMaxBlock = 12;
// From this many tokens on a row tile is first unpacked to one byte per weight. With a single block
// it is cheaper to unpack in registers.
constexpr int kUnpackFrom = kMaxBlock + 1;

// acc += products with the four bytes of dword kLane; the instruction broadcasts them.
template <int kLane>
inline void dot_lane(int32x4_t& acc, int8x16_t w, int8x16_t x) {
  acc = vdotq_laneq_s32(acc, w, x, kLane);
}

inline int8x16_t broadcast4(const int8_t* x) {
  int32_t dword;
  __builtin_memcpy(&dword, x, sizeof dword);
  return vreinterpretq_s8_s32(vdupq_n_s32(dword));
}

template <int V, int T>
inline void clear(int32x4_t (&a)[V][T]) {
  for (int v = 0; v < V; ++v) {
    for (int t = 0; t < T; ++t) a[v][t] = vdupq_n_s32(0);
  }
}

template <int V, int T>
inline void store(const int32x4_t (&a)[V][T], const int32_t* x_sums, int32_t* out, size_t ldo) {
  for (int t = 0; t < T; ++t) {
    const int32x4_t sum = vdupq_n_s32(x_sums[t]);
    for (int v = 0; v < V; ++v) vst1q_s32(out + t * ldo + 4 * v, vsubq_s32(a[v][t], sum));
  }
}

// V vectors of T2 for T tokens, one instruction per plane. Planes 0 and 3 are shifted to the low
// bits. Planes 1 and 2 are not, so their products carry the factors 4 and 16, which are divided out
// exactly at the end. (Plane 3 in its place would be 128, which no signed byte holds.)
template <int V, int T>
inline void t2_unshifted(const uint8_t* w, int k_steps, const int8_t* x, const int32_t* x_sums,
                         int32_t* out, size_t ldo) {
  const uint8x16_t mask0 = vdupq_n_u8(0x03);
  const uint8x16_t mask1 = vdupq_n_u8(0x0c);
  const uint8x16_t mask2 = vdupq_n_u8(0x30);
  int32x4_t a1[V][T], a4[V][T], a16[V][T];
  clear(a1);
  clear(a4);
  clear(a16);
  for (int step = 0; step < k_steps; ++step) {
    int8x16_t xs[T];  // T dwords of each plane p, token t at p * T + t
    for (int i = 0; i < T; ++i) xs[i] = vld1q_s8(x + 16 * i);
    repeat<V>([&]<int v>() {
      const uint8x16_t b = vld1q_u8(w + 16 * v);
      const int8x16_t p0 = vreinterpretq_s8_u8(vandq_u8(b, mask0));
      const int8x16_t p1 = vreinterpretq_s8_u8(vandq_u8(b, mask1));
      const int8x16_t p2 = vreinterpretq_s8_u8(vandq_u8(b, mask2));
      const int8x16_t p3 = vreinterpretq_s8_u8(vshrq_n_u8(b, 6));
      repeat<T>([&]<int t>() {
        dot_lane<t % 4>(a1[v][t], p0, xs[t / 4]);
        dot_lane<(T + t) % 4>(a4[v][t], p1, xs[(T + t) / 4]);
        dot_lane<(2 * T + t) % 4>(a16[v][t], p2, xs[(2 * T + t) / 4]);
        dot_lane<(3 * T + t) % 4>(a1[v][t], p3, xs[(3 * T + t) / 4]);
      });
    });
    w += kTileBytes;
    x += 16 * T;
  }
  for (int v = 0; v < V; ++v) {
    for (int t = 0; t < T; ++t) {
      a1[v][t] = vsraq_n_s32(vsraq_n_s32(a1[v][t], a4[v][t], 2), a16[v][t], 4);
    }
  }
  store(a1, x_sums, out, ldo);
}

// V vectors of T2 for T tokens, with one accumulator each.
template <int V, int T>
inline void t2_shifted(const uint8_t* w, int k_steps, const int8_t* x, const int32_t* x_sums,
                       int32_t* out, size_t ldo) {
  const uint8x16_t mask = vdupq_n_u8(3);
  int32x4_t a[V][T];
  clear(a);
  for (int step = 0; step < k_steps; ++step) {
    uint8x16_t b[V];
    for (int v = 0; v < V; ++v) b[v] = vld1q_u8(w + 16 * v);
    repeat<4>([&]<int p>() {
      int8x16_t codes[V];
      repeat<V>([&]<int v>() {
        if constexpr (p == 0) {
          codes[v] = vreinterpretq_s8_u8(vandq_u8(b[v], mask));
        } else if constexpr (p == 3) {
          codes[v] = vreinterpretq_s8_u8(vshrq_n_u8(b[v], 6));
        } else {
          codes[v] = vreinterpretq_s8_u8(vandq_u8(vshrq_n_u8(b[v], 2 * p), mask));
        }
      });
      repeat<T>([&]<int t>() {
        constexpr int kDword = p * T + t;
        const int8x16_t xs = vld1q_s8(x + 16 * (kDword / 4));
        repeat<V>([&]<int v>() { dot_lane<kDword % 4>(a[v][t], codes[v], xs); });
      });
    });
    w += kTileBytes;
    x += 16 * T;
  }
  store(a, x_sums, out, ldo);
}

// A packed row tile of T2. The fewer tokens there are, the more vectors of rows are processed
// together.
template <int T>
inline void t2_block(const uint8_t* tile, int k_steps, const int8_t* x, const int32_t* x_sums,
                     int32_t* out, size_t ldo) {
  constexpr int V = T == 1 ? 8 : T <= 5 ? 4 : 2;
  for (int v = 0; v < kTileVectors; v += V) {
    if constexpr (T <= 2) {
      t2_unshifted<V, T>(tile + 16 * v, k_steps, x, x_sums, out + 4 * v, ldo);
    } else {
      t2_shifted<V, T>(tile + 16 * v, k_steps, x, x_sums, out + 4 * v, ldo);
    }
  }
}

// One token of T16. The tables leave registers for four vectors of rows.
inline void t16_one(const T16Source& source, const uint8_t* tile, int k_steps, const int8_t* x,
                    const int32_t* x_sums, int32_t* out) {
  for (int half = 0; half < 2; ++half) {
    const uint8_t* w = tile;
    const int8_t* xs = x;
    int32x4_t a[4][1];
    clear(a);
    for (int step = 0; step < k_steps; ++step) {
      const int8x16_t x0 = vld1q_s8(xs);
      const int8x16_t x4 = broadcast4(xs + 16);
      repeat<4>([&]<int v>() {
        int8x16_t planes[5];
        source(w, half * 4 + v, planes);
        repeat<4>([&]<int p>() { dot_lane<p>(a[v][0], planes[p], x0); });
        a[v][0] = vdotq_s32(a[v][0], planes[4], x4);
      });
      w += kTileBytes;
      xs += kT16Cols;
    }
    store(a, x_sums, out + 16 * half, 0);
  }
}

// T tokens times a row tile of bytes, k4 columns in units of four; two vectors of rows at a time.
template <int T>
inline void bytes_block(const uint8_t* w, int k4, const int8_t* tokens, const int32_t* x_sums,
                        int32_t* out, size_t ldo) {
  for (int pair = 0; pair < kTileVectors / 2; ++pair) {
    const int8_t* x = tokens;
    int32x4_t a[2][T];
    clear(a);
    int k = 0;
    for (; k + 4 <= k4; k += 4) {
      repeat<4>([&]<int p>() {
        const int8x16_t w0 = load_s8(w + 32 * p);
        const int8x16_t w1 = load_s8(w + 32 * p + 16);
        repeat<T>([&]<int t>() {
          constexpr int kDword = p * T + t;
          const int8x16_t xs = vld1q_s8(x + 16 * (kDword / 4));
          dot_lane<kDword % 4>(a[0][t], w0, xs);
          dot_lane<kDword % 4>(a[1][t], w1, xs);
        });
      });
      w += 128;
      x += 16 * T;
    }
    for (; k < k4; ++k) {  // T16 has five units of four columns in a step
      const int8x16_t w0 = load_s8(w);
      const int8x16_t w1 = load_s8(w + 16);
      for (int t = 0; t < T; ++t) {
        const int8x16_t xs = broadcast4(x + 4 * t);
        a[0][t] = vdotq_s32(a[0][t], w0, xs);
        a[1][t] = vdotq_s32(a[1][t], w1, xs);
      }
      w += 32;
      x += 4 * T;
    }
    store(a, x_sums, out + 8 * pair, ldo);
  }
}

void t2_product(const TernaryProduct& a, int tile_begin, int tile_end) {
  ternary_product<kMaxBlock, kUnpackFrom>(
      a, tile_begin, tile_end, T2Source(),
      [&]<int T>(const uint8_t* tile, const int8_t* x, const int32_t* x_sums, int32_t* out) {
        t2_block<T>(tile, a.k_steps, x, x_sums, out, a.ldo);
      },
      [&]<int T>(const uint8_t* bytes, const int8_t* x, const int32_t* x_sums, int32_t* out) {
        bytes_block<T>(bytes, a.k_steps * 4, x, x_sums, out, a.ldo);
      });
}

void t16_product(const TernaryProduct& a, int tile_begin, int tile_end) {
  const T16Source source;
  ternary_product<kMaxBlock, 2>(
      a, tile_begin, tile_end, source,
      [&]<int T>(const uint8_t* tile, const int8_t* x, const int32_t* x_sums, int32_t* out) {
        t16_one(source, tile, a.k_steps, x, x_sums, out);
      },
      [&]<int T>(const uint8_t* bytes, const int8_t* x, const int32_t* x_sums, int32_t* out) {
        bytes_block<T>(bytes, a.k_steps * 5, x, x_sums, out, a.ldo);
      });
}

// --- the head --------------------------------------------------------------------------------

// One group of 16 rows for T tokens, with 8 T accumulators.
template <int T>
inline void high_group(const uint8_t* w, int k_steps, const int8_t* xh, const int8_t* xl,
                       size_t ldx, int32_t* out, size_t ldo) {
  int32x4_t big[T][4], small[T][4];
  clear(big);
  clear(small);
  for (int step = 0; step < k_steps; ++step) {
    int8x8_t h[T], l[T];
    for (int t = 0; t < T; ++t) {
      h[t] = vld1_s8(xh + t * ldx);
      l[t] = vld1_s8(xl + t * ldx);
    }
    repeat<4>([&]<int v>() {
      int8x16_t nibbles[2];
      split_nibbles(vld1q_u8(w + 16 * v), nibbles);
      repeat<T>([&]<int t>() {
        big[t][v] = vdotq_lane_s32(big[t][v], nibbles[0], h[t], 0);
        small[t][v] = vdotq_lane_s32(small[t][v], nibbles[0], l[t], 0);
        big[t][v] = vdotq_lane_s32(big[t][v], nibbles[1], h[t], 1);
        small[t][v] = vdotq_lane_s32(small[t][v], nibbles[1], l[t], 1);
      });
    });
    w += 64;
    xh += 8;
    xl += 8;
  }
  for (int t = 0; t < T; ++t) {
    for (int v = 0; v < 4; ++v) vst1q_s32(out + t * ldo + 4 * v, join_x(big[t][v], small[t][v]));
  }
}

constexpr int kHeadTokens = 3;

void head_high(const HeadHighProduct& p, int group_begin, int group_end) {
  for (int g = group_begin; g < group_end; ++g) {
    const uint8_t* group = p.high + static_cast<size_t>(g) * p.k_steps * 64;
    int32_t* o = p.out + static_cast<size_t>(g) * 16;
    for (int i = 0; i < p.m; i += kHeadTokens) {
      with_width<kHeadTokens>(p.m - i, [&]<int T>() {
        high_group<T>(group, p.k_steps, p.xh + i * p.ldx, p.xl + i * p.ldx, p.ldx, o + i * p.ldo,
                      p.ldo);
      });
    }
  }
}

int32_t head_middle(const uint8_t* bits, int chunks, const int8_t* x) {
  int32x4_t sums[2] = {vdupq_n_s32(0), vdupq_n_s32(0)};
  for (int c = 0; c < chunks; ++c) {
    for (int v = 0; v < 4; ++v) {
      int8x16_t planes[8];
      split_bits(vld1q_u8(bits + 16 * v), planes);
      for (int b = 0; b < 8; ++b) {
        sums[b % 2] = vdotq_s32(sums[b % 2], planes[b], vld1q_s8(x + 64 * b + 16 * v));
      }
    }
    bits += 64;
    x += 512;
  }
  return vaddvq_s32(vaddq_s32(sums[0], sums[1]));
}

int32_t head_low(const uint8_t* low, int chunks, const int8_t* xh, const int8_t* xl) {
  int32x4_t big[4][1], small[4][1];
  clear(big);
  clear(small);
  for (int c = 0; c < chunks; ++c) {
    for (int v = 0; v < 4; ++v) {
      int8x16_t nibbles[2];
      split_nibbles(vld1q_u8(low + 16 * v), nibbles);
      for (int n = 0; n < 2; ++n) {
        big[v][0] = vdotq_s32(big[v][0], nibbles[n], vld1q_s8(xh + 64 * n + 16 * v));
        small[v][0] = vdotq_s32(small[v][0], nibbles[n], vld1q_s8(xl + 64 * n + 16 * v));
      }
    }
    low += 64;
    xh += 128;
    xl += 128;
  }
  const auto total = [](const int32x4_t(&a)[4][1]) {
    return vaddq_s32(vaddq_s32(a[0][0], a[1][0]), vaddq_s32(a[2][0], a[3][0]));
  };
  return vaddvq_s32(join_x(total(big), total(small)));
}

}  // namespace

const KernelSet* neondot_kernels() {
  static const KernelSet set = [] {
    KernelSet s = shared_kernels("neondot");
    s.layout = TernaryLayout::kT2;
    s.max_block = kMaxBlock;
    s.t2_product = t2_product;
    s.t16_product = t16_product;
    // More tokens are computed faster by way of T2, with the instruction for sums of four products.
    s.table_tokens = 4;
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
const KernelSet* neondot_kernels() { return nullptr; }
}  // namespace sterna

#endif
