// Attention for one KV head and one segment of positions, written once for all instruction sets.
//
// Each instruction set brings a type V of sixteen floats with these members:
//   V::kScoreQueries   queries whose scores of one block fit the registers (two V each)
//   V::kValueQueries   queries whose weighted sums over V::kValueVectors vectors fit the registers
//   zero, set1, load, store, load_f16, load_i8, add, mul, fma (a * b + c), max (a > b ? a : b),
//   scale_by_power (p times two to the power of the integer in z's low bits), fold_max, fold_add
// All names stay local to the including file: nothing is shared with files compiled for other CPUs.
#pragma once

#include "kernels/fused.h"
#include "kernels/kernels.h"

namespace sterna {
namespace {

template <class V>
inline V exp_weights(V x) {
  const V t = V::max(x, V::set1(kExpLowest));
  const V z = V::fma(t, V::set1(kLog2E), V::set1(kRoundMagic));
  const V n = V::add(z, V::set1(-kRoundMagic));
  V r = V::fma(n, V::set1(-kLn2High), t);
  r = V::fma(n, V::set1(-kLn2Low), r);
  V p = V::set1(kExpTerms[0]);
  for (int i = 1; i < 7; ++i) p = V::fma(p, r, V::set1(kExpTerms[i]));
  return V::scale_by_power(p, z);
}

template <class V>
inline V load_element(const uint16_t* p) {
  return V::load_f16(p);
}
template <class V>
inline V load_element(const float* p) {
  return V::load(p);
}
template <class V>
inline V load_element(const int8_t* p) {
  return V::load_i8(p);
}

// Rows of keys or values that are processed between two prefetches of the next block.
constexpr int kFetchEvery = 8;

// The block after the present one. It is prefetched evenly while the present one is worked on,
// because a burst of prefetches would hold up the loads (docs/measurements/kernels.md).
struct Ahead {
  const uint8_t* at = nullptr;
  int lines = 0;  // cache lines of 64 bytes that are not prefetched yet
  int each = 0;   // cache lines prefetched at a time

  void fetch() {
    const int n = each < lines ? each : lines;
    for (int i = 0; i < n; ++i) __builtin_prefetch(at + 64 * i, 0, 2);
    at += 64 * n;
    lines -= n;
  }
};

// Divides the prefetches over the work for `queries` queries on the present block.
template <class V>
inline Ahead ahead_of(const uint8_t* next, KvFormat format, int head_dim, int queries) {
  const int width = padded_dim(head_dim);
  const int scored = (queries + V::kScoreQueries - 1) / V::kScoreQueries;
  const int summed = (queries + V::kValueQueries - 1) / V::kValueQueries;
  const int times = scored * ((head_dim + kFetchEvery - 1) / kFetchEvery) +
                    summed * (width / (16 * V::kValueVectors)) * (kKvBlock / kFetchEvery);
  const int lines = static_cast<int>(kv_block_bytes(format, head_dim) / 64);
  return {next, lines, (lines + times - 1) / times};
}

// scores[q][position] of Q queries for a block of keys.
template <class V, int Q, class Element>
inline void block_scores(const float* const* q, const Element* keys, int head_dim, float* scores,
                         Ahead& ahead) {
  V sums[Q][2];
#pragma GCC unroll 16
  for (int i = 0; i < Q; ++i) sums[i][0] = sums[i][1] = V::zero();
  for (int d = 0; d < head_dim; ++d) {
    if (d % kFetchEvery == 0) ahead.fetch();
    const V k0 = load_element<V>(keys + static_cast<size_t>(d) * kKvBlock);
    const V k1 = load_element<V>(keys + static_cast<size_t>(d) * kKvBlock + 16);
#pragma GCC unroll 16
    for (int i = 0; i < Q; ++i) {
      const V element = V::set1(q[i][d]);
      sums[i][0] = V::fma(element, k0, sums[i][0]);
      sums[i][1] = V::fma(element, k1, sums[i][1]);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < Q; ++i) {
    V::store(scores + i * kKvBlock, sums[i][0]);
    V::store(scores + i * kKvBlock + 16, sums[i][1]);
  }
}

// sum[q][0 .. 16 C) += weights[q][position] * values[position][...] for Q queries.
template <class V, int Q, int C, class Element>
inline void block_values(const float* weights, const Element* values, int stride, int count,
                         float* const* sum, Ahead& ahead) {
  V a[Q][C];
#pragma GCC unroll 16
  for (int i = 0; i < Q; ++i) {
#pragma GCC unroll 16
    for (int c = 0; c < C; ++c) a[i][c] = V::load(sum[i] + 16 * c);
  }
  for (int p = 0; p < count; ++p) {
    if (p % kFetchEvery == 0) ahead.fetch();
    V v[C];
#pragma GCC unroll 16
    for (int c = 0; c < C; ++c) {
      v[c] = load_element<V>(values + static_cast<size_t>(p) * stride + 16 * c);
    }
#pragma GCC unroll 16
    for (int i = 0; i < Q; ++i) {
      const V w = V::set1(weights[i * kKvBlock + p]);
#pragma GCC unroll 16
      for (int c = 0; c < C; ++c) a[i][c] = V::fma(w, v[c], a[i][c]);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < Q; ++i) {
#pragma GCC unroll 16
    for (int c = 0; c < C; ++c) V::store(sum[i] + 16 * c, a[i][c]);
  }
}

template <class V, int Q, class Element>
inline void all_values(const float* weights, const Element* values, int stride, int count,
                       float* const* partial, Ahead& ahead) {
  float* sum[Q];
  int c = 0;
  for (; c + 16 * V::kValueVectors <= stride; c += 16 * V::kValueVectors) {
#pragma GCC unroll 16
    for (int i = 0; i < Q; ++i) sum[i] = partial[i] + c;
    block_values<V, Q, V::kValueVectors>(weights, values + c, stride, count, sum, ahead);
  }
  for (; c < stride; c += 16) {
#pragma GCC unroll 16
    for (int i = 0; i < Q; ++i) sum[i] = partial[i] + c;
    block_values<V, Q, 1>(weights, values + c, stride, count, sum, ahead);
  }
}

// Turns the scores of one query into weights. `count` positions of the block are seen. The partial
// sums are rescaled to the new maximum.
template <class V>
inline void block_softmax(float* scores, int count, float* partial, int width) {
  for (int p = count; p < kKvBlock; ++p) scores[p] = -INFINITY;
  const V s0 = V::load(scores);
  const V s1 = V::load(scores + 16);
  const float before = partial[width];
  const float block = V::fold_max(V::max(s0, s1));
  const float largest = block > before ? block : before;
  const V shift = V::set1(-largest);
  V::store(scores, exp_weights(V::add(s0, shift)));
  V::store(scores + 16, exp_weights(V::add(s1, shift)));
  for (int p = count; p < kKvBlock; ++p) scores[p] = 0;
  const float sum = V::fold_add(V::add(V::load(scores), V::load(scores + 16)));
  if (largest > before) {
    const float keep = exp_weight(before - largest);
    partial[width + 1] *= keep;
    const V factor = V::set1(keep);
    for (int c = 0; c < width; c += 16) V::store(partial + c, V::mul(V::load(partial + c), factor));
  }
  partial[width] = largest;
  partial[width + 1] += sum;
}

constexpr int kAtOnce = 48;  // queries whose scores fit the scratch memory

// A block of keys [head_dim][32] and values [32][padded_dim], as stored or widened to floats.
template <class Element>
struct Block {
  const Element* keys;
  const Element* values;
  // The scales of the keys [32] and of the values [32], or null. All data of positions that are not
  // seen is garbage.
  const float* key_scales;
  const float* value_scales;
  float* scores;  // room for kAtOnce * 32 floats
};

template <class V>
inline void scale_row(float* row, const float* scales) {
  V::store(row, V::mul(V::load(row), V::load(scales)));
  V::store(row + 16, V::mul(V::load(row + 16), V::load(scales + 16)));
}

// One block for queries [from, to), all of which see `count` of its positions.
template <class V, class Element>
inline void attend_block(const AttentionSegment& s, const Block<Element>& block, int from, int to,
                         int count, Ahead& ahead) {
  const Element* keys = block.keys;
  const Element* values = block.values;
  float* scores = block.scores;
  const int width = padded_dim(s.head_dim);
  for (; from < to; from += kAtOnce) {
    const int n = to - from < kAtOnce ? to - from : kAtOnce;
    const float* q[kAtOnce];
    float* partial[kAtOnce];
    for (int i = 0; i < n; ++i) {
      const int token = (from + i) / s.group;
      q[i] = s.q + static_cast<size_t>(token) * s.ldq +
             static_cast<size_t>((from + i) % s.group) * s.head_dim;
      partial[i] = s.partial + static_cast<size_t>(from + i) * (width + 2);
    }
    int i = 0;
    for (; i + V::kScoreQueries <= n; i += V::kScoreQueries) {
      block_scores<V, V::kScoreQueries>(q + i, keys, s.head_dim, scores + i * kKvBlock, ahead);
    }
    if constexpr (V::kScoreQueries > 4) {
      for (; i + 4 <= n; i += 4) {
        block_scores<V, 4>(q + i, keys, s.head_dim, scores + i * kKvBlock, ahead);
      }
    }
    for (; i < n; ++i) block_scores<V, 1>(q + i, keys, s.head_dim, scores + i * kKvBlock, ahead);
    for (i = 0; i < n; ++i) {
      float* row = scores + i * kKvBlock;
      if (block.key_scales) scale_row<V>(row, block.key_scales);
      block_softmax<V>(row, count, partial[i], width);
      // The sum of weights was computed already, so the scales can be multiplied into the weights
      // here.
      if (block.value_scales) scale_row<V>(row, block.value_scales);
    }
    i = 0;
    for (; i + V::kValueQueries <= n; i += V::kValueQueries) {
      all_values<V, V::kValueQueries>(scores + i * kKvBlock, values, width, count, partial + i,
                                      ahead);
    }
    if constexpr (V::kValueQueries > 4) {
      for (; i + 4 <= n; i += 4) {
        all_values<V, 4>(scores + i * kKvBlock, values, width, count, partial + i, ahead);
      }
    }
    for (; i < n; ++i) {
      all_values<V, 1>(scores + i * kKvBlock, values, width, count, partial + i, ahead);
    }
  }
}

// Widens the keys and values of a block to floats. This pays when very many queries read them;
// otherwise the room that floats take in L1 costs more (docs/measurements/kernels.md).
template <class V, class Element>
inline void widen(const Element* from, float* to, size_t n) {
  for (size_t i = 0; i < n; i += 16) V::store(to + i, load_element<V>(from + i));
}

template <class V, class Element>
inline void attend_blocks(const AttentionSegment& s) {
  const int width = padded_dim(s.head_dim);
  const int queries = s.tokens * s.group;
  for (int i = 0; i < queries; ++i) {
    float* partial = s.partial + static_cast<size_t>(i) * (width + 2);
    for (int c = 0; c < width; ++c) partial[c] = 0;
    partial[width] = -INFINITY;
    partial[width + 1] = 0;
  }
  float* scores = s.scratch;  // [48][32]
  float* wide = s.scratch + 64 * kKvBlock;
  const size_t size = kv_block_size(s.head_dim);
  for (int b = 0; b < s.block_count; ++b) {
    const int position = s.begin + b * kKvBlock;
    // Tokens before `sees_some` see nothing of the block, those from `sees_all` on see all of it.
    int sees_some = position - s.first;
    int sees_all = position + kKvBlock - 1 - s.first;
    sees_some = sees_some < 0 ? 0 : sees_some;
    sees_all = sees_all < 0 ? 0 : sees_all > s.tokens ? s.tokens : sees_all;
    if (sees_some >= s.tokens) break;
    const int seeing = (s.tokens - sees_some) * s.group;
    Ahead ahead;
    if (b + 1 < s.block_count) ahead = ahead_of<V>(s.blocks[b + 1], s.format, s.head_dim, seeing);
    const auto* kept = reinterpret_cast<const Element*>(s.blocks[b]);
    const float* key_scales = nullptr;
    const float* value_scales = nullptr;
    if constexpr (sizeof(Element) == 1) {
      key_scales = reinterpret_cast<const float*>(s.blocks[b] + size);
      value_scales = key_scales + kKvBlock;
    }
    const auto block_at = [&]<class At>(const At* at) {
      return Block<At>{at, at + static_cast<size_t>(kKvBlock) * s.head_dim, key_scales,
                       value_scales, scores};
    };
    const auto all_tokens = [&](const auto& block) {
      for (int i = sees_some; i < sees_all; ++i) {
        attend_block<V>(s, block, i * s.group, (i + 1) * s.group, s.first + i + 1 - position,
                        ahead);
      }
      attend_block<V>(s, block, sees_all * s.group, queries, kKvBlock, ahead);
    };
    if (sizeof(Element) < sizeof(float) && seeing > kAtOnce) {
      widen<V>(kept, wide, size);
      all_tokens(block_at(static_cast<const float*>(wide)));
    } else {
      all_tokens(block_at(kept));
    }
  }
}

template <class V>
void attend_segment(const AttentionSegment& s) {
  switch (s.format) {
    case KvFormat::kF16:
      return attend_blocks<V, uint16_t>(s);
    case KvFormat::kF32:
      return attend_blocks<V, float>(s);
    case KvFormat::kInt8:
      return attend_blocks<V, int8_t>(s);
  }
}

}  // namespace
}  // namespace sterna
