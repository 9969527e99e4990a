// Compares the attention of every kernel set with the scalar one, bit for bit, and the scalar one
// with arithmetic in double.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "check.h"
#include "kernels/f16.h"
#include "kernels/kernels.h"
#include "runtime/kv_store.h"
#include "sets_under_test.h"

namespace sterna {
namespace {

// Keys, values and queries, and the attention computed in double from its definition.
struct AttentionCase {
  static constexpr int kGroup = 4;

  AttentionCase(KvFormat kept, int head_dim, int count, int last, std::mt19937& rng)
      : format(kept),
        dim(head_dim),
        tokens(count),
        first(last - tokens),
        blocks((last + kKvBlock - 1) / kKvBlock),
        size(kv_block_bytes(format, dim)),
        width(static_cast<size_t>(padded_dim(dim)) + 2),
        ldq(static_cast<size_t>(kGroup) * dim + 8),
        // What follows the last position must not matter. It is filled with bytes that are no f16
        // number, and floats that are too large.
        cache(static_cast<size_t>(blocks) * size, 0x7e),
        keys(static_cast<size_t>(last) * dim),
        values(static_cast<size_t>(last) * dim),
        q(static_cast<size_t>(tokens) * ldq) {
    std::normal_distribution<float> normal(0, 1);
    for (int b = 0; b < blocks; ++b) pointers.push_back(&cache[static_cast<size_t>(b) * size]);
    for (float& v : keys) v = normal(rng);
    for (float& v : values) v = normal(rng);
    for (int p = 0; p < last; ++p) store(p);
    for (float& v : q) v = normal(rng) * 0.3f;
  }
  AttentionCase(const AttentionCase&) = delete;  // it has pointers into its own cache

  uint8_t* block(int p) { return &cache[static_cast<size_t>(p / kKvBlock) * size]; }

  void store(int p) {
    const size_t at = static_cast<size_t>(p) * dim;
    const KvPosition position = {&keys[at], &values[at], dim, p % kKvBlock};
    store_position(scalar_kernels(), format, position, block(p));
    // The padding is zero, as in a page of the cache.
    for (int d = dim; d < padded_dim(dim); ++d) {
      const size_t bytes = (size - (format == KvFormat::kInt8 ? 256 : 0)) / kv_block_size(dim);
      const size_t element = static_cast<size_t>(kKvBlock) * dim +
                             static_cast<size_t>(p % kKvBlock) * padded_dim(dim) + d;
      std::memset(block(p) + element * bytes, 0, bytes);
    }
  }

  // The value as it is stored.
  double kept(const std::vector<float>& all, int p, int d) const {
    const float* head = &all[static_cast<size_t>(p) * dim];
    if (format == KvFormat::kF32) return head[d];
    if (format == KvFormat::kF16) return f16_to_f32(f32_to_f16(head[d]));
    float largest = 0;
    for (int i = 0; i < dim; ++i) largest = std::max(largest, std::fabs(head[i]));
    if (largest == 0) return 0;
    return std::nearbyint(double{head[d]} * 127 / largest) * (double{largest} / 127);
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
              .scratch = reinterpret_cast<float*>(scratch.get()),
              .format = format});
    return partial;
  }

  // The largest difference between a query's result `got` [width] and the result in double.
  double error(int token, int head, const float* got) const {
    std::vector<double> weights;
    double largest = -1e300, sum = 0, worst = 0;
    for (int p = 0; p <= first + token; ++p) {
      double score = 0;
      for (int d = 0; d < dim; ++d) {
        score += double{q[token * ldq + static_cast<size_t>(head) * dim + d]} * kept(keys, p, d);
      }
      weights.push_back(score);
      largest = std::max(largest, score);
    }
    for (double& w : weights) sum += w = std::exp(w - largest);
    for (int d = 0; d < dim; ++d) {
      double out = 0;
      for (size_t p = 0; p < weights.size(); ++p) {
        out += weights[p] / sum * kept(values, static_cast<int>(p), d);
      }
      worst = std::max(worst, std::fabs(got[d] / got[width - 1] - out));
    }
    return worst;
  }

  KvFormat format;
  int dim, tokens, first, blocks;
  size_t size, width, ldq;
  std::vector<uint8_t> cache;
  std::vector<float> keys, values, q;
  std::vector<const uint8_t*> pointers;
};

void check_attention(KvFormat format, int dim, int tokens, int last, std::mt19937& rng) {
  const AttentionCase attention(format, dim, tokens, last, rng);
  const std::vector<float> want = attention.attend(scalar_kernels());
  double worst = 0;
  for (int i = 0; i < tokens; i += 7) {
    for (int g = 0; g < AttentionCase::kGroup; ++g) {
      const size_t at = static_cast<size_t>(i * AttentionCase::kGroup + g) * attention.width;
      worst = std::max(worst, attention.error(i, g, &want[at]));
    }
  }
  // A score is a sum of dim floats of size 0.3, with an error of about 1e-6, which changes the
  // weights of the values. An element of kInt8 may be rounded the other way in float: an error of
  // 1/127 of the largest element.
  CHECK(worst < (format == KvFormat::kInt8 ? 2e-2 : 1e-5));
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
      // The positions that the last token sees.
      for (const int last : {1, 31, 32, 33, 100, 512}) {
        for (const KvFormat format : {KvFormat::kF16, KvFormat::kF32, KvFormat::kInt8}) {
          if (last >= tokens) check_attention(format, dim, tokens, last, rng);
        }
      }
    }
  }
}

TEST(keys_and_values_of_8_bits_are_within_half_a_step) {
  std::mt19937 rng(7);
  std::normal_distribution<float> normal(0, 3);
  constexpr int kDim = 20;
  std::vector<uint8_t> block(kv_block_bytes(KvFormat::kInt8, kDim));
  for (int column = 0; column < kKvBlock; ++column) {
    std::vector<float> key(kDim), value(kDim);
    for (float& v : key) v = normal(rng);
    if (column != 5) {  // a head of zeros
      for (float& v : value) v = normal(rng);
    }
    store_position(scalar_kernels(), KvFormat::kInt8, {key.data(), value.data(), kDim, column},
                   block.data());
    const auto* elements = reinterpret_cast<const int8_t*>(block.data());
    const auto* scales = reinterpret_cast<const float*>(&block[kv_block_size(kDim)]);
    for (int d = 0; d < kDim; ++d) {
      const float key_scale = scales[column];
      const float value_scale = scales[kKvBlock + column];
      const float k = elements[d * kKvBlock + column] * key_scale;
      const float v = elements[kKvBlock * kDim + column * padded_dim(kDim) + d] * value_scale;
      CHECK(std::fabs(k - key[static_cast<size_t>(d)]) <= key_scale * 0.5001f);
      CHECK(std::fabs(v - value[static_cast<size_t>(d)]) <= value_scale * 0.5001f);
    }
  }
}

TEST(keys_and_values_that_are_no_numbers_are_kept_as_zeros_in_8_bits) {
  constexpr int kDim = 4;
  const float infinite = std::numeric_limits<float>::infinity();
  const float nothing = std::numeric_limits<float>::quiet_NaN();
  const float tiny = std::numeric_limits<float>::denorm_min();
  const float heads[][kDim] = {
      {nothing, nothing, nothing, nothing}, {infinite, 1, -infinite, 0}, {tiny, 0, -tiny, 0}};
  for (const auto& head : heads) {
    std::vector<uint8_t> block(kv_block_bytes(KvFormat::kInt8, kDim), 0xff);
    store_position(scalar_kernels(), KvFormat::kInt8, {head, head, kDim, 3}, block.data());
    const auto* elements = reinterpret_cast<const int8_t*>(block.data());
    for (int d = 0; d < kDim; ++d) {
      CHECK(elements[d * kKvBlock + 3] == 0);
      CHECK(elements[kKvBlock * kDim + 3 * padded_dim(kDim) + d] == 0);
    }
  }
}

TEST(one_key_that_is_no_number_leaves_the_others_of_its_head) {
  constexpr int kDim = 3;
  const float head[kDim] = {2, std::numeric_limits<float>::quiet_NaN(), -1};
  std::vector<uint8_t> block(kv_block_bytes(KvFormat::kInt8, kDim));
  store_position(scalar_kernels(), KvFormat::kInt8, {head, head, kDim, 0}, block.data());
  const auto* elements = reinterpret_cast<const int8_t*>(block.data());
  CHECK(elements[0] == 127);
  CHECK(elements[kKvBlock] == 0);
  CHECK(elements[2 * kKvBlock] == -64);
}

}  // namespace
}  // namespace sterna
