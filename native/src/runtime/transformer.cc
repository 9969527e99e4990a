#include "runtime/transformer.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <new>

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
  size_t bytes = 0;
  const auto reserve = [&bytes](size_t size) {
    const size_t at = bytes;
    bytes += round_up(size, 64);
    return at;
  };
  const size_t x = reserve(sizeof(float) * kBatch * c.hidden_size);
  const size_t wide = reserve(sizeof(float) * kBatch * ld_out_);
  const size_t heads = reserve(sizeof(float) * kBatch * c.q_size());
  const size_t rows = reserve(sizeof(float) * kBatch * ld_in_);
  const size_t scales = reserve(sizeof(float) * kBatch);
  const size_t sums = reserve(sizeof(int32_t) * kBatch);
  const size_t quantized = reserve(kBatch * ld_in_);
  const size_t partial = reserve(sizeof(float) * segment_count(context_length) * kBatch *
                                 c.head_count * partial_size_);
  buffers_ = Memory(bytes);
  if (!buffers_.data()) throw std::bad_alloc();
  const auto floats = [this](size_t at) { return reinterpret_cast<float*>(buffers_.data() + at); };
  x_ = floats(x);
  wide_ = floats(wide);
  heads_ = floats(heads);
  input_ = {floats(rows), reinterpret_cast<int8_t*>(buffers_.data() + quantized), floats(scales),
            reinterpret_cast<int32_t*>(buffers_.data() + sums)};
  partial_ = floats(partial);
  const size_t scratch =
      std::max(scratch_bytes(columns), attention_scratch(c.head_dim) * sizeof(float));
  for (int i = 0; i < pool.size(); ++i) {
    Memory row(ld_in_ * (sizeof(float) + kPanelTokens) + 64);
    auto* values = reinterpret_cast<float*>(row.data());
    auto* sum = reinterpret_cast<int32_t*>(values + ld_in_);
    auto* scale_of = reinterpret_cast<float*>(sum + 1);
    const Input input = {values, reinterpret_cast<int8_t*>(sum) + 64, scale_of, sum};
    thread_scratch_.push_back({Memory(scratch), Memory(kSumsPerThread * sizeof(int32_t)),
                               std::move(row), input,
                               std::vector<uint16_t>(static_cast<size_t>(c.hidden_size))});
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
                          Activations activations, const std::function<PassSignal()>& signal,
                          std::optional<PausedPass>& paused) {
  const ModelConfig& c = config_;
  const int m = static_cast<int>(tokens.size());
  const size_t hidden = static_cast<size_t>(c.hidden_size);
  activations_ = activations;
  start_ = static_cast<int>(sequence.tokens().size());
  const int halves = 2 * c.layer_count;
  const int first = paused ? paused->halves : 0;
  int reached = first;  // written by thread 0
  if (paused) std::ranges::copy(paused->x, x_);
  paused.reset();
  // The residual stream is whole until a product adds to it: that one is not paused.
  const std::function<bool()> stopped = [&] { return signal() != PassSignal::kContinue; };
  const std::function<bool()> cancelled = [&] { return signal() == PassSignal::kCancel; };
  const auto residual = [&](int i, float*) { return &x_[static_cast<size_t>(i) * hidden]; };
  const auto attended = [&](int i, float*) { return &heads_[static_cast<size_t>(i) * c.q_size()]; };

  pool_.run([&](int thread) {
    PhaseClock clock(thread == 0 ? &phases_ : nullptr);
    if (first == 0) {
      embed(tokens, thread);
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
      prepare(residual, layer.attn_norm, c.hidden_size, layer.qkv.padded_cols(), m, thread);
      clock.lap(&PhaseTimes::other);
      if (multiply(layer.qkv, qkv_pieces_, m, wide_, ld_out_, false, thread, stopped)) {
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
      prepare(attended, layer.attn_sub_norm, c.q_size(), layer.attn_output.padded_cols(), m,
              thread);
      clock.lap(&PhaseTimes::other);
      if (multiply(layer.attn_output, output_pieces_, m, x_, hidden, true, thread, cancelled)) {
        return;
      }
      clock.lap(&PhaseTimes::body);
    }
    if (thread == 0) reached = halves;
  });
  if (reached == halves) {
    release_low_rows(m);
    sequence.append(tokens);
    return true;
  }
  if (!cancelled()) paused = {reached, {x_, x_ + m * hidden}};
  return false;
}

// Sampled tokens touch the head's low nibbles, whose pages cost a microsecond each to get back, and
// milliseconds together to give: not in a pass that was stopped, because somebody waits then.
void Transformer::release_low_rows(int tokens) {
  constexpr int kTokensBetweenReleases = 128;
  unreleased_ += tokens;
  if (unreleased_ < kTokensBetweenReleases) return;
  weights_.release_low();
  unreleased_ = 0;
}

PausedPass Transformer::finished(int tokens) const {
  return {2 * config_.layer_count, {x_, x_ + static_cast<size_t>(tokens) * config_.hidden_size}};
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
  prepare(residual, layer.ffn_norm, c.hidden_size, layer.gate_up.padded_cols(), m, thread);
  clock.lap(&PhaseTimes::other);
  if (multiply(layer.gate_up, gate_up_pieces_, m, wide_, ld_out_, false, thread, stopped)) {
    return true;
  }
  clock.lap(&PhaseTimes::body);
  prepare(activated, layer.ffn_sub_norm, c.ffn_size, layer.ffn_down.padded_cols(), m, thread);
  clock.lap(&PhaseTimes::other);
  if (multiply(layer.ffn_down, down_pieces_, m, x_, hidden, true, thread, cancelled)) {
    return true;
  }
  clock.lap(&PhaseTimes::body);
  return false;
}

void Transformer::embed(std::span<const int32_t> tokens, int thread) {
  const size_t hidden = static_cast<size_t>(config_.hidden_size);
  std::vector<uint16_t>& buffer = thread_scratch_[static_cast<size_t>(thread)].embedding;
  for (size_t i; (i = static_cast<size_t>(pool_.take())) < tokens.size();) {
    const uint16_t* row = weights_.embedding_row(tokens[i], buffer.data());
    for (size_t k = 0; k < hidden; ++k) x_[i * hidden + k] = f16_to_f32(row[k]);
  }
}

// The input of a product: RMSNorm (when there is a norm) of rows [m][ld], then quantisation,
// packed. `fill(i, row)` may compute row i first and says where it is. Ends with a barrier, but for
// one token: every thread computes that for itself.
//
// Rows are shared out by tokens. In blocks the packed tokens lie side by side, and two threads that
// write to one cache line take it from each other (measured: 0.9 ms a token of prefill): there the
// packing is shared out by columns, in a second phase.
template <class Fill>
void Transformer::prepare(const Fill& fill, const float* norm, int n, int padded, int m,
                          int thread) {
  const bool quantizes = activations_ != Activations::kFloat;
  const bool by_token = m == 1 || max_block(kernels_, m) == 0;
  const Input& input = this->input(m, thread);
  const auto one = [&](int i) {
    float* row = input.rows + static_cast<size_t>(i) * ld_in_;
    normalise(fill(i, row), norm, n, row);
    if (!quantizes) return;
    input.scales[i] = std::max(kernels_.absmax(row, n), 1e-5f);
    input.sums[i] = by_token ? pack(input, i, 0, padded, n, padded, m) : 0;
  };
  if (m == 1) return one(0);
  for (int i; (i = pool_.take()) < m;) one(i);
  pool_.barrier();
  if (by_token || !quantizes) return;
  const int columns =
      static_cast<int>(round_up((padded + pool_.size() * 2 - 1) / (pool_.size() * 2), 64));
  for (int begin; (begin = pool_.take() * columns) < padded;) {
    const int end = std::min(begin + columns, padded);
    for (int i = 0; i < m; ++i) {
      std::atomic_ref(input.sums[i])
          .fetch_add(pack(input, i, begin, end, n, padded, m), std::memory_order_relaxed);
    }
  }
  pool_.barrier();
}

void Transformer::normalise(const float* in, const float* norm, int n, float* row) {
  if (norm) {
    const float mean = kernels_.sum_squares(in, n) / static_cast<float>(n);
    const float inverse = 1.0f / std::sqrt(mean + config_.rms_epsilon);
    kernels_.scale_norm(in, inverse, norm, row, n);
  } else if (in != row) {
    std::copy(in, in + n, row);
  }
}

// Quantises columns [begin, end) of row i into their places; returns their sum.
int32_t Transformer::pack(const Input& input, int i, int begin, int end, int n, int padded, int m) {
  const Packing packing = {max_block(kernels_, m), m, padded};
  const float* row = input.rows + static_cast<size_t>(i) * ld_in_;
  // Columns that lie one stride apart.
  const int run = packing.max_block == 0 ? kPanelColumns : end - begin;
  int32_t sum = 0;
  for (int column = begin; column < end; column += run) {
    const int width = std::min(run, end - column);
    sum += kernels_.quantize(row + column, std::clamp(n - column, 0, width), width,
                             127.0f / input.scales[i], input.quantized + packing.at(i, column),
                             packing.stride(i));
  }
  return sum;
}

// out[i][row] = (or +=) dot / s * scale[row]; ends with a barrier and says whether the pass was
// cancelled.
bool Transformer::multiply(const TernaryMatrix& w, const Pieces& pieces, int m, float* out,
                           size_t ld, bool add, int thread,
                           const std::function<bool()>& cancelled) {
  const bool is_float = activations_ == Activations::kFloat;
  Scratch& own = thread_scratch_[static_cast<size_t>(thread)];
  const Input& input = this->input(m, thread);
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
        ternary_product_float(w.layout, tiles, w.k_steps, 0, count, input.rows, ld_in_, w.cols, m,
                              sums_f, ld_sums);
      } else {
        multiply_rows({tiles, w.k_steps, max_block(kernels_, m), input.quantized, input.sums, m,
                       sums, ld_sums, own.kernel.data()},
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
          kernels_.rescale(sums + i * ld_sums, input.scales[i] / 127.0f, scales, add, o, rows);
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
