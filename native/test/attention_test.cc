// Attention of every kernel set against the scalar one, bit for bit, and the scalar one against
// double.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>
#include <vector>

#include "check.h"
#include "kernels/f16.h"
#include "kernels/kernels.h"
#include "sets_under_test.h"

namespace sterna {
namespace {

// Keys, values and queries, and attention in double, written from its definition.
struct AttentionCase {
  static constexpr int kGroup = 4;

  AttentionCase(int head_dim, int count, int last, std::mt19937& rng)
      : dim(head_dim),
        tokens(count),
        first(last - tokens),
        blocks((last + kKvBlock - 1) / kKvBlock),
        size(kv_block_size(dim)),
        width(static_cast<size_t>(padded_dim(dim)) + 2),
        ldq(static_cast<size_t>(kGroup) * dim + 8),
        // What lies behind the last position must not matter.
        cache(static_cast<size_t>(blocks) * size, 0x7e00),
        q(static_cast<size_t>(tokens) * ldq) {
    std::normal_distribution<float> normal(0, 1);
    for (int b = 0; b < blocks; ++b) pointers.push_back(&cache[static_cast<size_t>(b) * size]);
    for (int p = 0; p < last; ++p) {
      for (int d = 0; d < dim; ++d) cache[key(p, d)] = f32_to_f16(normal(rng));
      for (int d = 0; d < padded_dim(dim); ++d) {
        cache[value(p, d)] = d < dim ? f32_to_f16(normal(rng)) : 0;
      }
    }
    for (float& v : q) v = normal(rng) * 0.3f;
  }
  AttentionCase(const AttentionCase&) = delete;  // pointers point into the cache

  size_t key(int p, int d) const {
    return static_cast<size_t>(p / kKvBlock) * size + static_cast<size_t>(d) * kKvBlock +
           static_cast<size_t>(p % kKvBlock);
  }
  size_t value(int p, int d) const {
    return static_cast<size_t>(p / kKvBlock) * size + static_cast<size_t>(kKvBlock) * dim +
           static_cast<size_t>(p % kKvBlock) * padded_dim(dim) + static_cast<size_t>(d);
  }

  std::vector<float> attend(const KernelSet& k) const {
    std::vector<float> partial(static_cast<size_t>(tokens) * kGroup * width, -1);
    Scratch scratch(attention_scratch(dim) * sizeof(float));
    k.attend({.q = q.data(),
              .ldq = ldq,
              .group = kGroup,
              .head_dim = dim,
              .tokens = tokens,
              .first = first,
              .begin = 0,
              .blocks = pointers.data(),
              .block_count = blocks,
              .partial = partial.data(),
              .scratch = reinterpret_cast<float*>(scratch.get())});
    return partial;
  }

  // The largest difference of a query's result, `got` [width], from that in double.
  double error(int token, int head, const float* got) const {
    std::vector<double> weights;
    double largest = -1e300, sum = 0, worst = 0;
    for (int p = 0; p <= first + token; ++p) {
      double score = 0;
      for (int d = 0; d < dim; ++d) {
        score += double{q[token * ldq + static_cast<size_t>(head) * dim + d]} *
                 f16_to_f32(cache[key(p, d)]);
      }
      weights.push_back(score);
      largest = std::max(largest, score);
    }
    for (double& w : weights) sum += w = std::exp(w - largest);
    for (int d = 0; d < dim; ++d) {
      double out = 0;
      for (size_t p = 0; p < weights.size(); ++p) {
        out += weights[p] / sum * f16_to_f32(cache[value(static_cast<int>(p), d)]);
      }
      worst = std::max(worst, std::fabs(got[d] / got[width - 1] - out));
    }
    return worst;
  }

  int dim, tokens, first, blocks;
  size_t size, width, ldq;
  std::vector<uint16_t> cache;
  std::vector<float> q;
  std::vector<const uint16_t*> pointers;
};

void check_attention(int dim, int tokens, int last, std::mt19937& rng) {
  const AttentionCase attention(dim, tokens, last, rng);
  const std::vector<float> want = attention.attend(scalar_kernels());
  double worst = 0;
  for (int i = 0; i < tokens; i += 7) {
    for (int g = 0; g < AttentionCase::kGroup; ++g) {
      const size_t at = static_cast<size_t>(i * AttentionCase::kGroup + g) * attention.width;
      worst = std::max(worst, attention.error(i, g, &want[at]));
    }
  }
  // A score is a sum of dim floats of size 0.3: off by some 1e-6, which weighs the values.
  CHECK(worst < 1e-5);
  for (const KernelSet* k : sets_under_test()) {
    const std::vector<float> got = attention.attend(*k);
    const bool equal = std::memcmp(got.data(), want.data(), got.size() * sizeof(float)) == 0;
    if (!equal) std::printf("  %s: dim %d, %d of %d\n", k->name, dim, tokens, last);
    CHECK(equal);
  }
}

TEST(attention_agrees_bit_for_bit_and_is_right) {
  std::mt19937 rng(6);
  for (const int dim : {16, 20, 100, 128}) {
    for (const int tokens : {1, 2, 5, 40}) {
      // Positions that the last token sees.
      for (const int last : {1, 31, 32, 33, 100, 512}) {
        if (last >= tokens) check_attention(dim, tokens, last, rng);
      }
    }
  }
}

}  // namespace
}  // namespace sterna
