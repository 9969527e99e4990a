// The attention of the forward pass: keys and values go into the cache, then scores and weighted
// values are computed.
#include <algorithm>
#include <cmath>

#include "kernels/fused.h"
#include "runtime/kv_store.h"
#include "runtime/transformer.h"
#include "runtime/transformer_sizes.h"

namespace sterna {

// Rotates a head [head_dim] at a position and multiplies it by `factor`.
void Transformer::rotate(float* head, int position, float factor) const {
  const int pairs = config_.rope_dim / 2;
  const float* cosine = rope_.cosine(position);
  const float* sine = rope_.sine(position);
  if (config_.rope_pairing == RopePairing::kAdjacent) {
    for (int k = 0; k < pairs; ++k) {
      const float a = head[2 * k];
      const float b = head[2 * k + 1];
      head[2 * k] = (a * cosine[k] - b * sine[k]) * factor;
      head[2 * k + 1] = (a * sine[k] + b * cosine[k]) * factor;
    }
  } else {
    kernels_.rotate(head, cosine, sine, factor, pairs);
  }
  for (int k = config_.rope_dim; k < config_.head_dim; ++k) head[k] *= factor;
}

// Normalises the heads of q and k if the model has norms for them, rotates q (scaled for the
// attention) and k, and stores k and v. One work item is a KV head with its group of query heads,
// over the tokens of one block of the cache, so that no two threads write to the same cache line.
void Transformer::store_keys(const Pass& pass, int index) {
  const ModelConfig& c = config_;
  const LayerWeights& layer = weights_.layers()[static_cast<size_t>(index)];
  const int group = c.head_count / c.kv_head_count;
  const float scale = 1.0f / std::sqrt(static_cast<float>(c.head_dim));
  const int first_block = pass.start / kKvBlock;
  const int last = pass.start + pass.m;
  const int blocks = (last - 1) / kKvBlock - first_block + 1;
  for (int item; (item = pool_.take()) < blocks * c.kv_head_count;) {
    const int kv_head = item % c.kv_head_count;
    const int block_index = first_block + item / c.kv_head_count;
    uint8_t* block = pass.sequence.block(index, kv_head, block_index);
    const int begin = std::max(block_index * kKvBlock, pass.start);
    const int end = std::min((block_index + 1) * kKvBlock, last);
    for (int position = begin; position < end; ++position) {
      float* row = &wide_[static_cast<size_t>(position - pass.start) * ld_out_];
      for (int g = 0; g < group; ++g) {
        float* query = row + static_cast<size_t>(kv_head * group + g) * c.head_dim;
        normalise(query, layer.query_norm, c.head_dim, query);
        rotate(query, position, scale);
      }
      float* key = row + c.q_size() + static_cast<size_t>(kv_head) * c.head_dim;
      normalise(key, layer.key_norm, c.head_dim, key);
      rotate(key, position, 1.0f);
      store_position(kernels_, pass.sequence.format(),
                     {.key = key,
                      .value = key + c.kv_size(),
                      .head_dim = c.head_dim,
                      .column = position % kKvBlock},
                     block);
    }
  }
}

// The sums of one KV head's queries for one token over a segment: [queries][partial_size].
float* Transformer::partial(int segment, int kv_head, int token) const {
  const size_t group = static_cast<size_t>(config_.head_count / config_.kv_head_count);
  const size_t heads = static_cast<size_t>(config_.kv_head_count);
  const size_t row =
      (static_cast<size_t>(segment) * heads + static_cast<size_t>(kv_head)) * kMaxBatch +
      static_cast<size_t>(token);
  return &partial_[row * group * partial_size_];
}

// Causal grouped-query attention. The sums of each segment of positions are kept separately, so
// that threads can share a long context and the sums are still added in one fixed order. Ends with
// a barrier. Returns false when the pass was stopped.
bool Transformer::attend(const Pass& pass, int layer, int thread) {
  const int heads = config_.kv_head_count;
  const int segments = segment_count(pass.start + pass.m);
  // The tokens of one work item. Keys and values are widened once for all of them, so there should
  // be many, but there must be work items for all threads.
  const int chunk = std::clamp(pass.m * heads / (4 * pool_.size()), 16, 64);
  const int chunks = (pass.m + chunk - 1) / chunk;
  auto* scratch = reinterpret_cast<float*>(threads_[static_cast<size_t>(thread)].kernel);
  bool stop = false;
  for (int item; (item = pool_.take()) < chunks * segments * heads;) {
    stop = stop || pass.stopped();
    if (stop) continue;
    const int token = item / heads / segments * chunk;
    attend_item(pass, layer,
                {.head = item % heads,
                 .segment = item / heads % segments,
                 .token = token,
                 .tokens = std::min(chunk, pass.m - token)},
                scratch);
  }
  return !pool_.barrier(stop);
}

void Transformer::attend_item(const Pass& pass, int layer, const AttentionItem& item,
                              float* scratch) {
  const int group = config_.head_count / config_.kv_head_count;
  const int begin = item.segment * kSegmentPositions;
  const int seen = std::min(pass.start + item.token + item.tokens - begin, kSegmentPositions);
  const int blocks = seen <= 0 ? 0 : (seen + kKvBlock - 1) / kKvBlock;
  const uint8_t* pointers[kKvSegment] = {};
  for (int b = 0; b < blocks; ++b) {
    pointers[b] = pass.sequence.block(layer, item.head, item.segment * kKvSegment + b);
  }
  kernels_.attend({.q = &wide_[static_cast<size_t>(item.token) * ld_out_ +
                               static_cast<size_t>(item.head) * group * config_.head_dim],
                   .ldq = ld_out_,
                   .group = group,
                   .head_dim = config_.head_dim,
                   .tokens = item.tokens,
                   .first = pass.start + item.token,
                   .begin = begin,
                   .blocks = pointers,
                   .block_count = blocks,
                   .partial = partial(item.segment, item.head, item.token),
                   .scratch = scratch,
                   .format = pass.sequence.format()});
}

// Joins the segments of each query in order and divides by the sum of weights.
void Transformer::join_segments(const Pass& pass) {
  const ModelConfig& c = config_;
  const int group = c.head_count / c.kv_head_count;
  const size_t width = partial_size_ - 2;
  for (int item; (item = pool_.take()) < pass.m * c.kv_head_count;) {
    const int token = item / c.kv_head_count;
    const int head = item % c.kv_head_count;
    const int seen = segment_count(pass.start + token + 1);
    for (int g = 0; g < group; ++g) {
      const size_t at = static_cast<size_t>(g) * partial_size_;
      float* first = partial(0, head, token) + at;
      float largest = first[width];
      float sum = first[width + 1];
      for (int s = 1; s < seen; ++s) {
        const float* next = partial(s, head, token) + at;
        const float joined = next[width] > largest ? next[width] : largest;
        const float keep = exp_weight(largest - joined);
        const float weight = exp_weight(next[width] - joined);
        for (int k = 0; k < c.head_dim; ++k) first[k] = first[k] * keep + next[k] * weight;
        sum = sum * keep + next[width + 1] * weight;
        largest = joined;
      }
      const float inverse = 1.0f / sum;
      float* out =
          &heads_[(static_cast<size_t>(token) * c.head_count + head * group + g) * c.head_dim];
      for (int k = 0; k < c.head_dim; ++k) out[k] = first[k] * inverse;
    }
  }
}

}  // namespace sterna
