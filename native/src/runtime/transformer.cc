#include "runtime/transformer.h"

#include <algorithm>
#include <cmath>
#include <new>

#include "runtime/transformer_sizes.h"

namespace sterna {
namespace {

size_t round_up(size_t n, size_t to) { return (n + to - 1) / to * to; }

size_t padded_rows(const TernaryMatrix& w) { return static_cast<size_t>(w.row_tiles) * kTileRows; }

size_t most_columns(const LayerWeights& layer) {
  return static_cast<size_t>(std::max(
      {layer.qkv.padded_cols(), layer.attn_output.padded_cols(), layer.ffn_down.padded_cols()}));
}

}  // namespace

Transformer::Transformer(const Weights& weights, const KernelSet& kernels, ThreadPool& pool,
                         int context_length)
    : weights_(weights),
      config_(weights.config()),
      kernels_(kernels),
      pool_(pool),
      rope_(weights.config(), context_length, weights.rope_factors()),
      qkv_items_(weights.layers().front().qkv.row_tiles, pool.size()),
      output_items_(weights.layers().front().attn_output.row_tiles, pool.size()),
      gate_up_items_(weights.layers().front().gate_up.row_tiles, pool.size()),
      down_items_(weights.layers().front().ffn_down.row_tiles, pool.size()),
      threads_(static_cast<size_t>(pool.size())) {
  const LayerWeights& first = weights.layers().front();
  ld_in_ = round_up(most_columns(first), 64);
  ld_out_ = std::max({padded_rows(first.qkv), padded_rows(first.attn_output),
                      padded_rows(first.gate_up), padded_rows(first.ffn_down)});
  partial_size_ = static_cast<size_t>(padded_dim(config_.head_dim)) + 2;
  Arena measured;
  take_buffers(measured, context_length);
  memory_ = Memory(measured.bytes());
  if (!memory_.data()) throw std::bad_alloc();
  Arena arena(memory_.data());
  take_buffers(arena, context_length);
}

void Transformer::take_buffers(Arena& arena, int context_length) {
  constexpr size_t kBatch = kMaxBatch;
  const LayerWeights& first = weights_.layers().front();
  const int groups = std::max({first.qkv.groups, first.attn_output.groups, first.ffn_down.groups});
  x_ = arena.take<float>(kBatch * static_cast<size_t>(config_.hidden_size));
  wide_ = arena.take<float>(kBatch * ld_out_);
  heads_ = arena.take<float>(kBatch * static_cast<size_t>(config_.q_size()));
  const TernaryLayout layout = first.qkv.layout;
  input_ = ProductInput::take(arena, kernels_, layout, max_batch(), ld_in_, groups);
  const size_t kernel_bytes = std::max(scratch_bytes(static_cast<int>(most_columns(first))),
                                       attention_scratch(config_.head_dim) * sizeof(float));
  for (ThreadBuffers& thread : threads_) {
    thread.kernel = arena.take<uint8_t>(kernel_bytes);
    thread.sums = arena.take<int32_t>(kSumsPerThread);
    thread.group_sums = arena.take<int32_t>(kBatch * kTileRows);
    thread.input = ProductInput::take(arena, kernels_, layout, 1, ld_in_, groups);
  }
  // It comes last, because most of it is never touched: only long contexts have many segments.
  partial_ = arena.take<float>(static_cast<size_t>(segment_count(context_length)) * kBatch *
                               static_cast<size_t>(config_.head_count) * partial_size_);
}

int Transformer::max_batch() const {
  const TernaryLayout layout = weights_.layers().front().qkv.layout;
  return takes_tables(kernels_, layout, kMaxBatch) ? kMaxBatchOfTables : kMaxBatch;
}

bool Transformer::forward(std::span<const int32_t> tokens, KvSequence& sequence,
                          Activations activations, const std::function<PassSignal()>& signal,
                          std::optional<PausedPass>& paused) {
  const Pass pass = {.tokens = tokens,
                     .sequence = sequence,
                     .activations = activations,
                     .m = static_cast<int>(tokens.size()),
                     .start = static_cast<int>(sequence.tokens().size()),
                     .stopped = [&] { return signal() != PassSignal::kContinue; },
                     .cancelled = [&] { return signal() == PassSignal::kCancel; }};
  const int blocks = 2 * config_.layer_count;
  const int first = paused ? paused->blocks : 0;
  int reached = first;  // the number of blocks that are done; written by thread 0
  if (paused) std::ranges::copy(paused->x, x_);
  paused.reset();

  pool_.run([&](int thread) {
    PhaseClock clock(thread == 0 ? &phases_ : nullptr);
    if (first == 0) {
      embed(pass, thread);
      pool_.barrier();
    }
    for (int block = first; block < blocks; ++block) {
      if (thread == 0) reached = block;
      const int layer = block / 2;
      const bool is_done = block % 2 == 0 ? attention_block(pass, layer, thread, clock)
                                          : feed_forward_block(pass, layer, thread, clock);
      if (!is_done) return;
    }
    if (thread == 0) reached = blocks;
  });
  if (reached == blocks) {
    sequence.append(tokens);
    return true;
  }
  if (!pass.cancelled()) {
    paused = {reached, {x_, x_ + tokens.size() * static_cast<size_t>(config_.hidden_size)}};
  }
  return false;
}

// x [m][hidden] = the tokens' rows of the embedding.
void Transformer::embed(const Pass& pass, int thread) {
  const size_t hidden = static_cast<size_t>(config_.hidden_size);
  std::vector<uint8_t>& scratch = threads_[static_cast<size_t>(thread)].embedding;
  for (size_t i; (i = static_cast<size_t>(pool_.take())) < pass.tokens.size();) {
    weights_.embedding_row(pass.tokens[i], scratch, x_ + i * hidden);
  }
}

// x [m][hidden] += output(attention(qkv(norm(x)))).
bool Transformer::attention_block(const Pass& pass, int index, int thread, PhaseClock& clock) {
  const LayerWeights& layer = weights_.layers()[static_cast<size_t>(index)];
  const size_t hidden = static_cast<size_t>(config_.hidden_size);
  const size_t q_size = static_cast<size_t>(config_.q_size());
  const auto residual = [&](int i, float*) { return &x_[static_cast<size_t>(i) * hidden]; };
  const auto attended = [&](int i, float*) { return &heads_[static_cast<size_t>(i) * q_size]; };

  // input [m][hidden] = norm(x)
  prepare(pass, residual, layer.attn_norm, layer.qkv, thread);
  clock.lap(&PhaseTimes::other);
  // wide [m][heads + 2 kv_heads][head_dim] = q, k, v
  const Product qkv = {layer.qkv, qkv_items_, wide_, ld_out_, false};
  if (!multiply(pass, qkv, thread, pass.stopped)) return false;
  clock.lap(&PhaseTimes::body);
  // q [m][heads][head_dim] rotated in place; k [kv_heads][head_dim] rotated and v into the cache
  store_keys(pass, index);
  pool_.barrier();
  clock.lap(&PhaseTimes::other);
  // partial [segment][kv_head][m][its heads][partial_size], then heads [m][heads][head_dim]
  if (!attend(pass, index, thread)) return false;
  join_segments(pass);
  pool_.barrier();
  clock.lap(&PhaseTimes::attention);
  // input [m][heads * head_dim] = norm(heads), where the model has a norm there
  prepare(pass, attended, layer.attn_sub_norm, layer.attn_output, thread);
  clock.lap(&PhaseTimes::other);
  // x [m][hidden] += output(input)
  const Product output = {layer.attn_output, output_items_, x_, hidden, true};
  if (!multiply(pass, output, thread, pass.cancelled)) return false;
  clock.lap(&PhaseTimes::body);
  return true;
}

// x [m][hidden] += down(f(gate(norm(x))) * up(norm(x))).
bool Transformer::feed_forward_block(const Pass& pass, int index, int thread, PhaseClock& clock) {
  const LayerWeights& layer = weights_.layers()[static_cast<size_t>(index)];
  const size_t hidden = static_cast<size_t>(config_.hidden_size);
  const auto residual = [&](int i, float*) { return &x_[static_cast<size_t>(i) * hidden]; };
  const auto activated = [&](int i, float* row) {
    activate(&wide_[static_cast<size_t>(i) * ld_out_], row);
    return row;
  };

  // input [m][hidden] = norm(x)
  prepare(pass, residual, layer.ffn_norm, layer.gate_up, thread);
  clock.lap(&PhaseTimes::other);
  // wide [m][2][ffn] = gate, up
  const Product gate_up = {layer.gate_up, gate_up_items_, wide_, ld_out_, false};
  if (!multiply(pass, gate_up, thread, pass.stopped)) return false;
  clock.lap(&PhaseTimes::body);
  // input [m][ffn] = norm(f(gate) * up), where the model has a norm there
  prepare(pass, activated, layer.ffn_sub_norm, layer.ffn_down, thread);
  clock.lap(&PhaseTimes::other);
  // x [m][hidden] += down(input)
  const Product down = {layer.ffn_down, down_items_, x_, hidden, true};
  if (!multiply(pass, down, thread, pass.cancelled)) return false;
  clock.lap(&PhaseTimes::body);
  return true;
}

// out [ffn] = f(gate) * up, where gate_up [2][ffn] has both.
void Transformer::activate(const float* gate_up, float* out) const {
  const int n = config_.ffn_size;
  const float* gate = gate_up;
  const float* up = gate_up + n;
  switch (config_.activation) {
    case Activation::kReluSquared:
      return kernels_.relu_squared(gate, up, out, n);
    case Activation::kPortableSilu:
      return kernels_.silu(gate, up, out, n);
    case Activation::kSilu:
      for (int k = 0; k < n; ++k) out[k] = gate[k] / (1.0f + std::exp(-gate[k])) * up[k];
  }
}

// Makes the input of a product with `w`: rows [m][columns of w], normalised if there is a norm, in
// float and, unless the job computes in float, in int8. With a single token every thread makes its
// own copy; otherwise the threads share the work, with barriers.
template <class Source>
void Transformer::prepare(const Pass& pass, const Source& source, const float* norm,
                          const TernaryMatrix& w, int thread) {
  const ProductInput& input = this->input(pass.m, thread);
  const auto make_row = [&](int i) {
    float* row = input.rows + static_cast<size_t>(i) * input.ld;
    normalise(source(i, row), norm, w.cols, row);
  };
  if (pass.m == 1) {
    make_row(0);
    if (pass.activations == Activations::kInt8) quantise_row(pass, input, w, 0);
    return;
  }
  const bool by_token = w.groups == 0 && max_block(kernels_, pass.m) == 0;
  for (int i; (i = pool_.take()) < pass.m;) {
    make_row(i);
    if (pass.activations == Activations::kFloat || w.groups > 0) continue;
    if (by_token) {
      quantise_row(pass, input, w, i);
    } else {
      input.scales[i] = largest_of_row(kernels_, input, i, w.cols);
      input.sums[i] = 0;
    }
  }
  pool_.barrier();
  if (by_token || pass.activations == Activations::kFloat) return;
  quantise_rows(pass, input, w);
  pool_.barrier();
}

PausedPass Transformer::state_after_forward(int tokens) const {
  return {2 * config_.layer_count,
          {x_, x_ + static_cast<size_t>(tokens) * static_cast<size_t>(config_.hidden_size)}};
}

void Transformer::hidden(int row, int count, float* out) const {
  const size_t n = static_cast<size_t>(config_.hidden_size);
  for (int i = 0; i < count; ++i) {
    normalise(&x_[static_cast<size_t>(row + i) * n], weights_.output_norm(), config_.hidden_size,
              out + static_cast<size_t>(i) * n);
  }
}

// RMSNorm. Where there is no norm it copies `in` to `out`, unless they are the same row.
void Transformer::normalise(const float* in, const float* norm, int n, float* out) const {
  if (norm) {
    const float mean = kernels_.sum_squares(in, n) / static_cast<float>(n);
    const float inverse = 1.0f / std::sqrt(mean + config_.rms_epsilon);
    kernels_.scale_norm(in, inverse, norm, out, n);
  } else if (in != out) {
    std::copy(in, in + n, out);
  }
}

}  // namespace sterna
