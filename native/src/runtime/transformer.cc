#include "runtime/transformer.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "kernels/f16.h"
#include "kernels/fused.h"

namespace sterna {
namespace {

// Sums that a thread holds at once: 64 KB. One tile of a whole batch must fit.
constexpr int kSumsPerThread = 16384;
static_assert(Transformer::kMaxBatch * kTileRows <= kSumsPerThread);

constexpr int kMaxHeadDim = 1024;  // the pack's limit is lower

constexpr int kSegmentPositions = kKvBlock * kKvSegment;

size_t round_up(size_t n, size_t to) { return (n + to - 1) / to * to; }

size_t padded_rows(const TernaryMatrix& w) { return static_cast<size_t>(w.row_tiles) * kTileRows; }

int segment_count(int positions) { return (positions + kSegmentPositions - 1) / kSegmentPositions; }

}  // namespace

Transformer::Transformer(const Weights& weights, const KernelSet& kernels, ThreadPool& pool,
                         int context_length)
    : weights_(weights),
      config_(weights.config()),
      kernels_(kernels),
      pool_(pool),
      qkv_pieces_(weights.layers().front().qkv.row_tiles, pool.size()),
      output_pieces_(weights.layers().front().attn_output.row_tiles, pool.size()),
      gate_up_pieces_(weights.layers().front().gate_up.row_tiles, pool.size()),
      down_pieces_(weights.layers().front().ffn_down.row_tiles, pool.size()) {
  const ModelConfig& c = config_;
  const LayerWeights& first = weights.layers().front();
  const int columns = std::max(
      {first.qkv.padded_cols(), first.attn_output.padded_cols(), first.ffn_down.padded_cols()});
  ld_in_ = round_up(static_cast<size_t>(columns), 64);
  ld_out_ = std::max({padded_rows(first.qkv), padded_rows(first.attn_output),
                      padded_rows(first.gate_up), padded_rows(first.ffn_down)});
  partial_size_ = static_cast<size_t>(padded_dim(c.head_dim)) + 2;
  constexpr size_t kBatch = kMaxBatch;
  x_.resize(kBatch * c.hidden_size);
  wide_.resize(kBatch * ld_out_);
  heads_.resize(kBatch * c.q_size());
  scratch_.resize(kBatch * ld_in_);
  quantized_.resize((kBatch + 16) * ld_in_);  // products may read behind the last token
  scale_.resize(kBatch);
  input_sums_.resize(kBatch);
  partial_.resize(segment_count(context_length) * kBatch * c.head_count * partial_size_);
  const size_t scratch =
      std::max(scratch_bytes(columns), attention_scratch(c.head_dim) * sizeof(float));
  for (int i = 0; i < pool.size(); ++i) {
    thread_scratch_.push_back({Memory(scratch), Memory(kSumsPerThread * sizeof(int32_t))});
  }

  const int half = c.rope_dim / 2;
  rope_cos_.resize(static_cast<size_t>(context_length) * half);
  rope_sin_.resize(rope_cos_.size());
  for (int i = 0; i < half; ++i) {
    const double frequency = std::pow(static_cast<double>(c.rope_theta), -2.0 * i / c.rope_dim);
    for (int position = 0; position < context_length; ++position) {
      rope_cos_[static_cast<size_t>(position) * half + i] =
          static_cast<float>(std::cos(position * frequency));
      rope_sin_[static_cast<size_t>(position) * half + i] =
          static_cast<float>(std::sin(position * frequency));
    }
  }
}

bool Transformer::forward(std::span<const int32_t> tokens, KvSequence& sequence,
                          Activations activations, const std::function<Wish()>& wish,
                          std::optional<PausedPass>& paused) {
  const ModelConfig& c = config_;
  const int m = static_cast<int>(tokens.size());
  const size_t hidden = static_cast<size_t>(c.hidden_size);
  activations_ = activations;
  start_ = static_cast<int>(sequence.tokens().size());
  const int halves = 2 * c.layer_count;
  const int first = paused ? paused->halves : 0;
  int reached = first;  // written by thread 0
  if (paused) std::ranges::copy(paused->x, x_.begin());
  paused.reset();
  // The residual stream is whole until a product adds to it: that one is not paused.
  const std::function<bool()> stopped = [&] { return wish() != Wish::kGoOn; };
  const std::function<bool()> cancelled = [&] { return wish() == Wish::kStop; };
  const auto residual = [&](int i, float*) { return &x_[static_cast<size_t>(i) * hidden]; };
  const auto attended = [&](int i, float*) { return &heads_[static_cast<size_t>(i) * c.q_size()]; };

  pool_.run([&](int thread) {
    PhaseClock clock(thread == 0 ? &phases_ : nullptr);
    if (first == 0) {
      embed(tokens);
      pool_.barrier();
    }
    for (int half = first; half < halves; ++half) {
      const int i = half / 2;
      const LayerWeights& layer = weights_.layers()[static_cast<size_t>(i)];
      if (thread == 0) reached = half;
      if (half % 2 == 1) {
        if (feed_forward(layer, m, thread, clock, stopped, cancelled)) return;
        continue;
      }
      prepare(residual, layer.attn_norm, c.hidden_size, layer.qkv.padded_cols(), m);
      clock.lap(&PhaseTimes::other);
      if (multiply(layer.qkv, qkv_pieces_, m, wide_.data(), ld_out_, false, thread, stopped)) {
        return;
      }
      clock.lap(&PhaseTimes::body);
      store_keys(i, sequence, m);
      pool_.barrier();
      clock.lap(&PhaseTimes::other);
      if (attend(i, sequence, m, thread, stopped)) return;
      join_segments(m);
      pool_.barrier();
      clock.lap(&PhaseTimes::attention);
      prepare(attended, layer.attn_sub_norm, c.q_size(), layer.attn_output.padded_cols(), m);
      clock.lap(&PhaseTimes::other);
      if (multiply(layer.attn_output, output_pieces_, m, x_.data(), hidden, true, thread,
                   cancelled)) {
        return;
      }
      clock.lap(&PhaseTimes::body);
    }
    if (thread == 0) reached = halves;
  });
  // A pass of many tokens touches megabytes of the embedding, one of a few tokens kilobytes, and
  // some of the head's low nibbles, whose pages cost a microsecond each to get back.
  constexpr int kTokensBetweenReleases = 128;
  unreleased_ += m;
  if (unreleased_ >= kTokensBetweenReleases) {
    weights_.release_rows();
    unreleased_ = 0;
  }
  if (reached == halves) {
    sequence.append(tokens);
    return true;
  }
  if (!cancelled())
    paused = {reached, {x_.begin(), x_.begin() + static_cast<std::ptrdiff_t>(m * hidden)}};
  return false;
}

PausedPass Transformer::finished(int tokens) const {
  const auto end = x_.begin() + static_cast<std::ptrdiff_t>(tokens) * config_.hidden_size;
  return {2 * config_.layer_count, {x_.begin(), end}};
}

// Half a layer; says whether the pass was stopped.
bool Transformer::feed_forward(const LayerWeights& layer, int m, int thread, PhaseClock& clock,
                               const std::function<bool()>& stopped,
                               const std::function<bool()>& cancelled) {
  const ModelConfig& c = config_;
  const size_t hidden = static_cast<size_t>(c.hidden_size);
  const auto residual = [&](int i, float*) { return &x_[static_cast<size_t>(i) * hidden]; };
  const auto activated = [&](int i, float* row) {
    activate(i, row);
    return row;
  };
  prepare(residual, layer.ffn_norm, c.hidden_size, layer.gate_up.padded_cols(), m);
  clock.lap(&PhaseTimes::other);
  if (multiply(layer.gate_up, gate_up_pieces_, m, wide_.data(), ld_out_, false, thread, stopped)) {
    return true;
  }
  clock.lap(&PhaseTimes::body);
  prepare(activated, layer.ffn_sub_norm, c.ffn_size, layer.ffn_down.padded_cols(), m);
  clock.lap(&PhaseTimes::other);
  if (multiply(layer.ffn_down, down_pieces_, m, x_.data(), hidden, true, thread, cancelled)) {
    return true;
  }
  clock.lap(&PhaseTimes::body);
  return false;
}

void Transformer::embed(std::span<const int32_t> tokens) {
  const size_t hidden = static_cast<size_t>(config_.hidden_size);
  for (size_t i; (i = static_cast<size_t>(pool_.take())) < tokens.size();) {
    const uint16_t* row = weights_.embedding() + static_cast<size_t>(tokens[i]) * hidden;
    for (size_t k = 0; k < hidden; ++k) x_[i * hidden + k] = f16_to_f32(row[k]);
  }
}

// The input of a product: RMSNorm (when there is a norm) of rows [m][ld], then quantisation,
// packed. `fill(i, row)` may compute row i first and says where it is. Ends with a barrier.
//
// Rows are shared out by tokens for the norm, by columns for the packing: tokens lie side by side
// there, and two threads that write to one cache line take it from each other (measured: 0.9 ms a
// token of prefill).
template <class Fill>
void Transformer::prepare(const Fill& fill, const float* norm, int n, int padded, int m) {
  const bool quantizes = activations_ != Activations::kFloat;
  for (int i; (i = pool_.take()) < m;) {
    float* row = &scratch_[static_cast<size_t>(i) * ld_in_];
    const float* in = fill(i, row);
    if (norm) {
      const float mean = kernels_.sum_squares(in, n) / static_cast<float>(n);
      const float inverse = 1.0f / std::sqrt(mean + config_.rms_epsilon);
      kernels_.scale_norm(in, inverse, norm, row, n);
    } else if (in != row) {
      std::copy(in, in + n, row);
    }
    if (!quantizes) continue;
    scale_[static_cast<size_t>(i)] = std::max(kernels_.absmax(row, n), 1e-5f);
    input_sums_[static_cast<size_t>(i)] = 0;
    if (m == 1) pack(0, padded, n, padded, 1);
  }
  pool_.barrier();
  if (m == 1 || !quantizes) return;
  const int columns =
      static_cast<int>(round_up((padded + pool_.size() * 2 - 1) / (pool_.size() * 2), 64));
  for (int piece; (piece = pool_.take() * columns) < padded;) {
    pack(piece, std::min(piece + columns, padded), n, padded, m);
  }
  pool_.barrier();
}

// Quantises columns [begin, end) of all rows of scratch_ into their places.
void Transformer::pack(int begin, int end, int n, int padded, int m) {
  const int blocks = block_count(m, max_block(kernels_, m));
  for (int b = 0; b < blocks; ++b) {
    const int first = block_begin(b, m, blocks);
    const int width = block_begin(b + 1, m, blocks) - first;
    for (int i = first; i < first + width; ++i) {
      const float* row = &scratch_[static_cast<size_t>(i) * ld_in_];
      int8_t* q = &quantized_[static_cast<size_t>(first) * padded +
                              (static_cast<size_t>(begin) / 4 * width + (i - first)) * 4];
      const int32_t sum = kernels_.quantize(row + begin, std::clamp(n - begin, 0, end - begin),
                                            end - begin, 127.0f / scale_[static_cast<size_t>(i)], q,
                                            static_cast<size_t>(width) * 4);
      std::atomic_ref(input_sums_[static_cast<size_t>(i)])
          .fetch_add(sum, std::memory_order_relaxed);
    }
  }
}

// out[i][row] = (or +=) dot / s * scale[row]; ends with a barrier and says whether the pass was
// cancelled.
bool Transformer::multiply(const TernaryMatrix& w, const Pieces& pieces, int m, float* out,
                           size_t ld, bool add, int thread,
                           const std::function<bool()>& cancelled) {
  const bool is_float = activations_ == Activations::kFloat;
  Scratch& own = thread_scratch_[static_cast<size_t>(thread)];
  const auto multiply_rows =
      w.layout == TernaryLayout::kT16 ? kernels_.t16_product : kernels_.t2_product;
  // Row tiles at a time: their sums stay in L2 until they are scaled.
  const int at_once = std::max(1, kSumsPerThread / (m * kTileRows));
  const size_t ld_sums = static_cast<size_t>(std::min(at_once, w.row_tiles)) * kTileRows;
  auto* sums = reinterpret_cast<int32_t*>(own.sums.data());
  auto* sums_f = reinterpret_cast<float*>(own.sums.data());  // the float mode's products
  const size_t tile_size = static_cast<size_t>(w.k_steps) * kTileBytes;
  bool stop = false;
  for (int piece; (piece = pool_.take()) < pieces.size();) {
    for (int begin = pieces.begin(piece); begin < pieces.end(piece); begin += at_once) {
      stop = stop || cancelled();
      if (stop) break;
      const int count = std::min(at_once, pieces.end(piece) - begin);
      const uint8_t* tiles = w.tiles + static_cast<size_t>(begin) * tile_size;
      if (is_float) {
        ternary_product_float(w.layout, tiles, w.k_steps, 0, count, scratch_.data(), ld_in_, w.cols,
                              m, sums_f, ld_sums);
      } else {
        multiply_rows({tiles, w.k_steps, max_block(kernels_, m), quantized_.data(),
                       input_sums_.data(), m, sums, ld_sums, own.kernel.data()},
                      0, count);
      }
      const int first = begin * kTileRows;
      const int rows = std::min(count * kTileRows, w.rows - first);
      for (int i = 0; i < m && rows > 0; ++i) {
        float* o = out + static_cast<size_t>(i) * ld + first;
        const float* scales = w.scales + first;
        if (is_float) {
          for (int r = 0; r < rows; ++r) {
            const float y = sums_f[i * ld_sums + r] * scales[r];
            o[r] = add ? o[r] + y : y;
          }
        } else {
          kernels_.rescale(sums + i * ld_sums, scale_[static_cast<size_t>(i)] / 127.0f, scales, add,
                           o, rows);
        }
      }
    }
  }
  return pool_.barrier(stop);
}

// Rotates q (with the attention's scale) and k, and stores k and v. One piece is a KV head with its
// group of query heads and the tokens of one block of the cache, whose lines no two threads share.
void Transformer::store_keys(int layer, KvSequence& sequence, int m) {
  const ModelConfig& c = config_;
  const int group = c.head_count / c.kv_head_count;
  const int half = c.rope_dim / 2;
  const float scale = 1.0f / std::sqrt(static_cast<float>(c.head_dim));
  const bool adjacent = c.rope_pairing == RopePairing::kAdjacent;
  const auto rotate = [&](float* head, int position, float factor) {
    const float* cosine = &rope_cos_[static_cast<size_t>(position) * half];
    const float* sine = &rope_sin_[static_cast<size_t>(position) * half];
    if (adjacent) {
      for (int k = 0; k < half; ++k) {
        const float a = head[2 * k];
        const float b = head[2 * k + 1];
        head[2 * k] = (a * cosine[k] - b * sine[k]) * factor;
        head[2 * k + 1] = (a * sine[k] + b * cosine[k]) * factor;
      }
    } else {
      kernels_.rotate(head, cosine, sine, factor, half);
    }
    for (int k = c.rope_dim; k < c.head_dim; ++k) head[k] *= factor;
  };
  const int first_block = start_ / kKvBlock;
  const int blocks = (start_ + m - 1) / kKvBlock - first_block + 1;
  uint16_t halves[kMaxHeadDim];
  for (int item; (item = pool_.take()) < blocks * c.kv_head_count;) {
    const int h = item % c.kv_head_count;
    const int block_index = first_block + item / c.kv_head_count;
    uint16_t* block = sequence.block(layer, h, block_index);
    const int begin = std::max(block_index * kKvBlock, start_);
    const int end = std::min((block_index + 1) * kKvBlock, start_ + m);
    for (int position = begin; position < end; ++position) {
      float* row = &wide_[static_cast<size_t>(position - start_) * ld_out_];
      for (int g = 0; g < group; ++g) {
        rotate(row + static_cast<size_t>(h * group + g) * c.head_dim, position, scale);
      }
      float* key = row + c.q_size() + static_cast<size_t>(h) * c.head_dim;
      rotate(key, position, 1.0f);
      const int column = position % kKvBlock;
      kernels_.to_f16(key, halves, c.head_dim);
      for (int k = 0; k < c.head_dim; ++k) block[k * kKvBlock + column] = halves[k];
      kernels_.to_f16(key + c.kv_size(),
                      block + static_cast<size_t>(kKvBlock) * c.head_dim +
                          static_cast<size_t>(column) * padded_dim(c.head_dim),
                      c.head_dim);
    }
  }
}

// Causal grouped-query attention, the sums of each segment for itself. Ends with a barrier and says
// whether the pass was cancelled.
bool Transformer::attend(int layer, KvSequence& sequence, int m, int thread,
                         const std::function<bool()>& cancelled) {
  const ModelConfig& c = config_;
  const int group = c.head_count / c.kv_head_count;
  const int segments = segment_count(start_ + m);
  // Tokens of one piece: many share the widening of keys and values, but all threads want some.
  const int chunk = std::clamp(m * c.kv_head_count / (4 * pool_.size()), 16, 64);
  const int chunks = (m + chunk - 1) / chunk;
  bool stop = false;
  for (int item; (item = pool_.take()) < chunks * segments * c.kv_head_count;) {
    stop = stop || cancelled();
    if (stop) continue;
    const int head = item % c.kv_head_count;
    const int segment = item / c.kv_head_count % segments;
    const int token = item / c.kv_head_count / segments * chunk;
    const int tokens = std::min(chunk, m - token);
    const int begin = segment * kSegmentPositions;
    const int seen = std::min(start_ + token + tokens - begin, kSegmentPositions);
    const int blocks = seen <= 0 ? 0 : (seen + kKvBlock - 1) / kKvBlock;
    const uint16_t* pointers[kKvSegment] = {};
    for (int b = 0; b < blocks; ++b) {
      pointers[b] = sequence.block(layer, head, segment * kKvSegment + b);
    }
    kernels_.attend(
        {&wide_[static_cast<size_t>(token) * ld_out_ +
                static_cast<size_t>(head) * group * c.head_dim],
         ld_out_, group, c.head_dim, tokens, start_ + token, begin, pointers, blocks,
         &partial_[((static_cast<size_t>(segment) * c.kv_head_count + head) * kMaxBatch + token) *
                   group * partial_size_],
         reinterpret_cast<float*>(thread_scratch_[static_cast<size_t>(thread)].kernel.data())});
  }
  return pool_.barrier(stop);
}

// Joins the segments of each query, in order, and divides by the sum of weights.
void Transformer::join_segments(int m) {
  const ModelConfig& c = config_;
  const int group = c.head_count / c.kv_head_count;
  const size_t width = partial_size_ - 2;
  for (int item; (item = pool_.take()) < m * c.kv_head_count;) {
    const int i = item / c.kv_head_count;
    const int head = item % c.kv_head_count;
    const int own = segment_count(start_ + i + 1);  // segments that the token sees
    for (int g = 0; g < group; ++g) {
      const auto at = [&](int segment) {
        return &partial_
            [(((static_cast<size_t>(segment) * c.kv_head_count + head) * kMaxBatch + i) * group +
              g) *
             partial_size_];
      };
      float* out = &heads_[(static_cast<size_t>(i) * c.head_count + head * group + g) * c.head_dim];
      float* first = at(0);
      float largest = first[width];
      float sum = first[width + 1];
      for (int s = 1; s < own; ++s) {
        const float* next = at(s);
        const float joined = next[width] > largest ? next[width] : largest;
        const float keep = exp_weight(largest - joined);
        const float weight = exp_weight(next[width] - joined);
        for (int k = 0; k < c.head_dim; ++k) first[k] = first[k] * keep + next[k] * weight;
        sum = sum * keep + next[width + 1] * weight;
        largest = joined;
      }
      const float inverse = 1.0f / sum;
      for (int k = 0; k < c.head_dim; ++k) out[k] = first[k] * inverse;
    }
  }
}

// ReLU(gate)^2 * up, or SiLU(gate) * up, of row i.
void Transformer::activate(int i, float* out) {
  const int n = config_.ffn_size;
  const float* gate = &wide_[static_cast<size_t>(i) * ld_out_];
  const float* up = gate + n;
  if (config_.relu_squared()) return kernels_.relu_squared(gate, up, out, n);
  for (int k = 0; k < n; ++k) out[k] = gate[k] / (1.0f + std::exp(-gate[k])) * up[k];
}

void Transformer::hidden(int row, int count, float* out) const {
  const int n = config_.hidden_size;
  for (int i = 0; i < count; ++i) {
    const float* x = &x_[static_cast<size_t>(row + i) * n];
    const float mean = kernels_.sum_squares(x, n) / static_cast<float>(n);
    const float inverse = 1.0f / std::sqrt(mean + config_.rms_epsilon);
    kernels_.scale_norm(x, inverse, weights_.output_norm(), out + static_cast<size_t>(i) * n, n);
  }
}

}  // namespace sterna
