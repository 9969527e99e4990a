#include "runtime/transformer.h"

#include <algorithm>
#include <cmath>

#include "kernels/f16.h"

namespace sterna {
namespace {

size_t round_up(size_t n, size_t to) { return (n + to - 1) / to * to; }

size_t padded_rows(const TernaryMatrix& w) { return static_cast<size_t>(w.row_tiles) * kTileRows; }

}  // namespace

Transformer::Transformer(const Weights& weights, const KernelSet& kernels, ThreadPool& pool,
                         int context_length)
    : weights_(weights), config_(weights.config()), kernels_(kernels), pool_(pool) {
  const ModelConfig& c = config_;
  ld_in_ = round_up(static_cast<size_t>(std::max({c.hidden_size, c.q_size(), c.ffn_size})), 64);
  const LayerWeights& first = weights.layers().front();
  ld_out_ = std::max({padded_rows(first.qkv), padded_rows(first.attn_output),
                      padded_rows(first.gate_up), padded_rows(first.ffn_down)});
  constexpr size_t kBatch = kMaxBatch;
  x_.resize(kBatch * c.hidden_size);
  wide_.resize(kBatch * ld_out_);
  heads_.resize(kBatch * c.q_size());
  scratch_.resize(kBatch * ld_in_);
  quantized_.resize(kBatch * ld_in_);
  inverse_scale_.resize(kBatch);
  input_sums_.resize(kBatch);
  sums_.resize(kBatch * ld_out_);
  scores_.resize(static_cast<size_t>(pool.size()) * context_length);
  last_.resize(static_cast<size_t>(c.hidden_size));
  last_i16_.resize(static_cast<size_t>(c.hidden_size));
  if (weights.head_kind() == HeadKind::kInt8) head_sums_.resize(static_cast<size_t>(c.vocab_size));

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

bool Transformer::forward(std::span<const int32_t> tokens, KvSlot& slot, Activations activations,
                          const std::function<bool()>& cancelled) {
  const ModelConfig& c = config_;
  const int m = static_cast<int>(tokens.size());
  const size_t hidden = static_cast<size_t>(c.hidden_size);
  activations_ = activations;
  start_ = static_cast<int>(slot.tokens().size());
  bool stop = false;  // written by thread 0 before a barrier, read by all behind it

  pool_.run([&](int thread) {
    PhaseClock clock(thread == 0 ? &phases_ : nullptr);
    embed(tokens, thread);
    pool_.barrier();
    for (int i = 0; i < c.layer_count; ++i) {
      const LayerWeights& layer = weights_.layers()[static_cast<size_t>(i)];

      normalize(x_.data(), hidden, layer.attn_norm, c.hidden_size, layer.qkv.k_steps * kTileCols, m,
                thread);
      if (thread == 0) stop = cancelled();
      pool_.barrier();
      if (stop) return;
      clock.lap(&PhaseTimes::other);
      multiply(layer.qkv, m, wide_.data(), ld_out_, false, thread);
      pool_.barrier();
      clock.lap(&PhaseTimes::body);
      store_keys(i, slot, m, thread);
      pool_.barrier();
      clock.lap(&PhaseTimes::other);
      attend(i, slot, m, thread);
      if (thread == 0) stop = cancelled();
      pool_.barrier();
      if (stop) return;
      clock.lap(&PhaseTimes::attention);
      normalize(heads_.data(), static_cast<size_t>(c.q_size()), layer.attn_sub_norm, c.q_size(),
                layer.attn_output.k_steps * kTileCols, m, thread);
      pool_.barrier();
      clock.lap(&PhaseTimes::other);
      multiply(layer.attn_output, m, x_.data(), hidden, true, thread);
      pool_.barrier();
      clock.lap(&PhaseTimes::body);

      normalize(x_.data(), hidden, layer.ffn_norm, c.hidden_size, layer.gate_up.k_steps * kTileCols,
                m, thread);
      pool_.barrier();
      clock.lap(&PhaseTimes::other);
      multiply(layer.gate_up, m, wide_.data(), ld_out_, false, thread);
      if (thread == 0) stop = cancelled();
      pool_.barrier();
      if (stop) return;
      clock.lap(&PhaseTimes::body);
      activate(layer, m, thread);
      pool_.barrier();
      clock.lap(&PhaseTimes::other);
      multiply(layer.ffn_down, m, x_.data(), hidden, true, thread);
      pool_.barrier();
      clock.lap(&PhaseTimes::body);
    }
  });
  if (stop) return false;
  slot.append(tokens);
  return true;
}

void Transformer::embed(std::span<const int32_t> tokens, int thread) {
  const size_t hidden = static_cast<size_t>(config_.hidden_size);
  for (size_t i = static_cast<size_t>(thread); i < tokens.size(); i += pool_.size()) {
    const uint16_t* row = weights_.embedding() + static_cast<size_t>(tokens[i]) * hidden;
    for (size_t k = 0; k < hidden; ++k) x_[i * hidden + k] = f16_to_f32(row[k]);
  }
}

// RMSNorm (when there is a norm) and quantisation of row i; the columns behind n are zeroed up to
// `padded`.
void Transformer::prepare_row(const float* in, const float* norm, int n, int padded, int i) {
  float* out = &scratch_[static_cast<size_t>(i) * ld_in_];
  if (norm) {
    const float mean = kernels_.sum_squares(in, n) / static_cast<float>(n);
    const float inverse = 1.0f / std::sqrt(mean + config_.rms_epsilon);
    for (int k = 0; k < n; ++k) out[k] = in[k] * inverse * norm[k];
  } else if (in != out) {
    std::copy(in, in + n, out);
  }
  if (activations_ == Activations::kFloat) return;
  const float largest = std::max(kernels_.absmax(out, n), 1e-5f);
  int8_t* q = &quantized_[static_cast<size_t>(i) * ld_in_];
  input_sums_[static_cast<size_t>(i)] = kernels_.quantize(out, n, 127.0f / largest, q);
  inverse_scale_[static_cast<size_t>(i)] = largest / 127.0f;
  std::fill(q + n, q + padded, int8_t{0});
}

void Transformer::normalize(const float* in, size_t ld, const float* norm, int n, int padded, int m,
                            int thread) {
  for (int i = thread; i < m; i += pool_.size()) {
    prepare_row(in + static_cast<size_t>(i) * ld, norm, n, padded, i);
  }
}

Transformer::Rows Transformer::rows_of(const TernaryMatrix& w, int thread) const {
  const int64_t tiles = w.row_tiles;
  return {static_cast<int>(tiles * thread / pool_.size()),
          static_cast<int>(tiles * (thread + 1) / pool_.size())};
}

// out[i][row] = (or +=) dot / s * scale[row], for the rows of this thread.
void Transformer::multiply(const TernaryMatrix& w, int m, float* out, size_t ld, bool add,
                           int thread) {
  const Rows rows = rows_of(w, thread);
  if (rows.begin == rows.end) return;
  const int first = rows.begin * kTileRows;
  const int last = std::min(rows.end * kTileRows, w.rows);
  const bool is_float = activations_ == Activations::kFloat;
  auto* sums_f = reinterpret_cast<float*>(sums_.data());  // the float mode's products; same size
  if (is_float) {
    ternary_matmul_float(w.tiles, w.k_steps, rows.begin, rows.end, scratch_.data(), ld_in_, w.cols,
                         m, sums_f, ld_out_);
  } else {
    kernels_.ternary_matmul(w.tiles, w.k_steps, rows.begin, rows.end, quantized_.data(), ld_in_,
                            input_sums_.data(), m, sums_.data(), ld_out_);
  }
  for (int i = 0; i < m; ++i) {
    const int32_t* sums = &sums_[static_cast<size_t>(i) * ld_out_];
    const float* floats = sums_f + static_cast<size_t>(i) * ld_out_;
    const float inverse = is_float ? 1.0f : inverse_scale_[static_cast<size_t>(i)];
    float* o = out + static_cast<size_t>(i) * ld;
    for (int r = first; r < last; ++r) {
      const float dot = is_float ? floats[r] : static_cast<float>(sums[r]);
      const float y = dot * inverse * w.scales[r];
      o[r] = add ? o[r] + y : y;
    }
  }
}

// Rotates q (in place, with the attention's scale in it) and k, and stores k and v.
void Transformer::store_keys(int layer, KvSlot& slot, int m, int thread) {
  const ModelConfig& c = config_;
  const int half = c.rope_dim / 2;
  const float scale = 1.0f / std::sqrt(static_cast<float>(c.head_dim));
  const bool adjacent = c.rope_pairing == RopePairing::kAdjacent;
  for (int i = thread; i < m; i += pool_.size()) {
    const int position = start_ + i;
    const float* cosine = &rope_cos_[static_cast<size_t>(position) * half];
    const float* sine = &rope_sin_[static_cast<size_t>(position) * half];
    float* row = &wide_[static_cast<size_t>(i) * ld_out_];
    for (int h = 0; h < c.head_count + c.kv_head_count; ++h) {  // q heads, then k heads
      float* head = row + static_cast<size_t>(h) * c.head_dim;
      for (int k = 0; k < half; ++k) {
        float& a = head[adjacent ? 2 * k : k];
        float& b = head[adjacent ? 2 * k + 1 : k + half];
        const float rotated_a = a * cosine[k] - b * sine[k];
        const float rotated_b = a * sine[k] + b * cosine[k];
        a = rotated_a;
        b = rotated_b;
      }
      if (h < c.head_count) {
        for (int k = 0; k < c.head_dim; ++k) head[k] *= scale;
      }
    }
    const float* keys = row + c.q_size();
    const float* values = keys + c.kv_size();
    for (int h = 0; h < c.kv_head_count; ++h) {
      uint16_t* key = slot.key(layer, h, position);
      uint16_t* value = slot.value(layer, h, position);
      for (int k = 0; k < c.head_dim; ++k) {
        key[k] = f32_to_f16(keys[h * c.head_dim + k]);
        value[k] = f32_to_f16(values[h * c.head_dim + k]);
      }
    }
  }
}

// Causal grouped-query attention. One thread does one head of one token, positions in ascending
// order.
void Transformer::attend(int layer, KvSlot& slot, int m, int thread) {
  const ModelConfig& c = config_;
  const int group = c.head_count / c.kv_head_count;
  float* scores = &scores_[static_cast<size_t>(thread) * (scores_.size() / pool_.size())];
  for (int item = thread; item < m * c.head_count; item += pool_.size()) {
    const int i = item / c.head_count;
    const int h = item % c.head_count;
    const int length = start_ + i + 1;
    const float* q = &wide_[static_cast<size_t>(i) * ld_out_ + static_cast<size_t>(h) * c.head_dim];
    const uint16_t* keys = slot.key(layer, h / group, 0);
    const uint16_t* values = slot.value(layer, h / group, 0);
    float largest = -INFINITY;
    for (int p = 0; p < length; ++p) {
      scores[p] = kernels_.dot_f16(q, keys + static_cast<size_t>(p) * c.head_dim, c.head_dim);
      largest = std::max(largest, scores[p]);
    }
    float sum = 0;
    for (int p = 0; p < length; ++p) {
      scores[p] = std::exp(scores[p] - largest);
      sum += scores[p];
    }
    const float inverse = 1.0f / sum;
    float* out = &heads_[(static_cast<size_t>(i) * c.head_count + h) * c.head_dim];
    std::fill(out, out + c.head_dim, 0.0f);
    for (int p = 0; p < length; ++p) {
      kernels_.axpy_f16(scores[p] * inverse, values + static_cast<size_t>(p) * c.head_dim, out,
                        c.head_dim);
    }
  }
}

// ReLU(gate)^2 * up, or SiLU(gate) * up; then the sub-norm and the quantisation for ffn_down.
void Transformer::activate(const LayerWeights& layer, int m, int thread) {
  const int n = config_.ffn_size;
  for (int i = thread; i < m; i += pool_.size()) {
    const float* gate = &wide_[static_cast<size_t>(i) * ld_out_];
    const float* up = gate + n;
    float* a = &scratch_[static_cast<size_t>(i) * ld_in_];
    if (config_.relu_squared()) {
      for (int k = 0; k < n; ++k) {
        const float g = gate[k] > 0 ? gate[k] : 0;
        a[k] = g * g * up[k];
      }
    } else {
      for (int k = 0; k < n; ++k) a[k] = gate[k] / (1.0f + std::exp(-gate[k])) * up[k];
    }
    prepare_row(a, layer.ffn_sub_norm, n, layer.ffn_down.k_steps * kTileCols, i);
  }
}

void Transformer::logits(int row, std::span<float> out) {
  PhaseClock clock(&phases_);
  const ModelConfig& c = config_;
  const int n = c.hidden_size;
  const float* x = &x_[static_cast<size_t>(row) * n];
  const float mean = kernels_.sum_squares(x, n) / static_cast<float>(n);
  const float inverse = 1.0f / std::sqrt(mean + c.rms_epsilon);
  for (int k = 0; k < n; ++k) last_[k] = x[k] * inverse * weights_.output_norm()[k];

  // The int8 head multiplies by activations of up to 16 bits: as many as an exact int32 sum allows
  // (6,605 steps each way for 2,560 columns), so that only the weights' rounding is left.
  float step = 0;
  if (weights_.head_kind() == HeadKind::kInt8) {
    const float largest = std::max(kernels_.absmax(last_.data(), n), 1e-5f);
    const float limit = static_cast<float>(int8_head_limit(n));
    step = largest / limit;
    for (int k = 0; k < n; ++k) {
      const float scaled = std::clamp(last_[k] * (limit / largest), -limit, limit);
      last_i16_[k] = static_cast<int16_t>(std::lrint(scaled));
    }
  }
  pool_.run([&](int thread) {
    const int begin = static_cast<int>(int64_t{c.vocab_size} * thread / pool_.size());
    const int end = static_cast<int>(int64_t{c.vocab_size} * (thread + 1) / pool_.size());
    if (weights_.head_kind() == HeadKind::kF16) {
      kernels_.f16_dot_rows(weights_.head_f16(), n, begin, end, last_.data(), out.data());
      return;
    }
    kernels_.int8_dot_rows(weights_.head_i8(), n, begin, end, last_i16_.data(), head_sums_.data());
    for (int r = begin; r < end; ++r) {
      out[static_cast<size_t>(r)] = static_cast<float>(head_sums_[static_cast<size_t>(r)]) *
                                    (step * weights_.head_scales()[r]);
    }
  });
  clock.lap(&PhaseTimes::head);
  phases_.head_bytes += static_cast<double>(weights_.head_bytes());
}

}  // namespace sterna
