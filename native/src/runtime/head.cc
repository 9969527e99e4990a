#include "runtime/head.h"

#include <algorithm>
#include <atomic>
#include <cmath>

namespace sterna {
namespace {

// Room for the rounding of the bounds' own float arithmetic: a handful of operations of 2^-24 each.
constexpr float kSlack = 1.0f + 1e-6f * 8;

constexpr int kRowsPerGroup = 16;

// The rows that survive the first pass lie scattered: each is called from memory while the ones
// before it are computed, and its address translated earlier still (14.4 ms instead of 15.5 for the
// head of 2B4T on one thread, where 15 % of the rows survive).
constexpr size_t kRowsAhead = 3;
constexpr size_t kPagesAhead = 10;

// While rows[at] is computed: calls a later row from memory, and the pages of one later still.
inline void fetch(const HeadPlanes& head, const std::vector<int>& rows, size_t at) {
  if (at + kPagesAhead < rows.size()) {
    const uint8_t* from = head.low_row(rows[at + kPagesAhead]);
    __builtin_prefetch(from);
    __builtin_prefetch(from + (head.low_chunks - 1) * 64);
  }
  if (at + kRowsAhead < rows.size()) {
    const uint8_t* from = head.low_row(rows[at + kRowsAhead]);
    for (int i = 0; i < head.low_chunks; ++i) __builtin_prefetch(from + i * 64);
  }
}

// A piece is at most this share of the matrix: that much is computed after a cancellation, 0.3 ms
// of 165 MB.
constexpr int kPieces = 48;

}  // namespace

Head::Head(const Weights& weights, const KernelSet& kernels, ThreadPool& pool)
    : weights_(weights),
      kernels_(kernels),
      pool_(pool),
      rows_(weights.config().vocab_size),
      cols_(weights.config().hidden_size),
      order_((cols_ / 16 + 6) * 0x1p-24),
      groups_((rows_ + kRowsPerGroup - 1) / kRowsPerGroup),
      pieces_(groups_, pool.size(), std::max(1, groups_ / kPieces)),
      threads_(static_cast<size_t>(pool.size())) {
  if (weights.head_kind() != HeadKind::kInt8) return;
  ld_x_ = static_cast<size_t>(weights.head().low_chunks) * 128;
  ld_out_ = static_cast<size_t>(groups_) * kRowsPerGroup;
  inputs_.resize(kMaxTokens);
  exact_row_.resize(static_cast<size_t>(cols_));
  x_high_.resize(kMaxTokens * ld_x_);
  x_low_.resize(kMaxTokens * ld_x_);
  high_.resize(ld_out_);
  upper_.resize(ld_out_);
}

void Head::round(const float* hidden, int token) {
  Input& x = inputs_[static_cast<size_t>(token)];
  int8_t* high = &x_high_[static_cast<size_t>(token) * ld_x_];
  int8_t* low = &x_low_[static_cast<size_t>(token) * ld_x_];
  const float largest = std::max(kernels_.absmax(hidden, cols_), 1e-5f);
  const float limit = static_cast<float>(int8_head_limit(cols_));
  x = {};
  x.step = largest / limit;
  double norm = 0, rounded_norm = 0, error_norm = 0;
  for (int k = 0; k < cols_; ++k) {
    const float scaled = std::clamp(hidden[k] * (limit / largest), -limit, limit);
    const int value = static_cast<int>(std::lrint(scaled));
    const int h = (value + 128) >> 8;  // value = 256 h + l with l in -128..127
    high[k] = static_cast<int8_t>(h);
    low[k] = static_cast<int8_t>(value - 256 * h);
    x.sum += value;
    const double error = static_cast<double>(hidden[k]) - static_cast<double>(x.step) * value;
    norm += static_cast<double>(hidden[k]) * hidden[k];
    rounded_norm += static_cast<double>(value) * value;
    error_norm += error * error;
  }
  x.norm = std::sqrt(norm);
  x.rounded_norm = std::sqrt(rounded_norm);
  x.error_norm = std::sqrt(error_norm);
}

// What the rounding of weights and activations and the order of the f16 head's sums can make.
float Head::rounding_bound(const Input& x, int row) const {
  const HeadPlanes& head = weights_.head();
  return (head.error_norms[row] * static_cast<float>(x.step * x.rounded_norm) +
          head.norms[row] * static_cast<float>(x.error_norm + order_ * x.norm)) *
         kSlack;
}

bool Head::logits(const float* hidden, std::span<float> out, PhaseTimes& times,
                  const std::function<bool()>& cancelled) {
  PhaseClock clock(&times);
  std::atomic<bool> stop{false};
  if (weights_.head_kind() == HeadKind::kF16) {
    pool_.run([&](int) {
      for (int piece; (piece = pool_.take()) < pieces_.size();) {
        if (stop || (cancelled() && (stop = true))) continue;
        const int begin = pieces_.begin(piece) * kRowsPerGroup;
        const int end = std::min(pieces_.end(piece) * kRowsPerGroup, rows_);
        kernels_.f16_dot_rows(weights_.head_f16(), cols_, begin, end, hidden, out.data());
      }
    });
    times.head_bytes += static_cast<double>(rows_) * cols_ * 2;
  } else {
    const HeadPlanes& head = weights_.head();
    round(hidden, 0);
    const Input& x = inputs_.front();
    pool_.run([&](int) {
      for (int piece; (piece = pool_.take()) < pieces_.size();) {
        if (stop || (cancelled() && (stop = true))) continue;
        kernels_.head_high(head.high, head.high_steps, pieces_.begin(piece), pieces_.end(piece),
                           x_high_.data(), x_low_.data(), ld_x_, 1, high_.data(), ld_out_);
        const int begin = pieces_.begin(piece) * kRowsPerGroup;
        const int end = std::min(pieces_.end(piece) * kRowsPerGroup, rows_);
        for (int row = begin; row < end; ++row) {
          const int32_t low =
              kernels_.head_low(head.low_row(row), head.low_chunks, x_high_.data(), x_low_.data());
          const int64_t sum = INT64_C(16) * high_[static_cast<size_t>(row)] + low - 128 * x.sum;
          out[static_cast<size_t>(row)] = static_cast<float>(sum) * (x.step * head.scales[row]);
        }
      }
    });
    times.head_bytes += static_cast<double>(rows_) * (head.high_steps * 4 + head.low_chunks * 64);
  }
  clock.lap(&PhaseTimes::head);
  return !stop;
}

bool Head::greedy(const float* hidden, int tokens, int32_t* out, PhaseTimes& times,
                  const std::function<bool()>& cancelled) {
  PhaseClock clock(&times);
  std::atomic<bool> stop{false};
  if (weights_.head_kind() == HeadKind::kF16) {
    upper_.resize(static_cast<size_t>(rows_));
    for (int i = 0; i < tokens; ++i) {
      if (!logits(hidden + static_cast<size_t>(i) * cols_, upper_, times, cancelled)) return false;
      out[i] = static_cast<int32_t>(std::ranges::max_element(upper_) - upper_.begin());
    }
    return true;
  }
  const HeadPlanes& head = weights_.head();
  high_.resize(std::max(high_.size(), static_cast<size_t>(tokens) * ld_out_));
  upper_.resize(high_.size());
  for (int i = 0; i < tokens; ++i) round(hidden + static_cast<size_t>(i) * cols_, i);
  pool_.run([&](int thread) {
    PerThread& mine = threads_[static_cast<size_t>(thread)];
    for (int i = 0; i < tokens; ++i) mine.guesses[i] = {};
    for (int piece; (piece = pool_.take()) < pieces_.size();) {
      if (stop || (cancelled() && (stop = true))) continue;
      kernels_.head_high(head.high, head.high_steps, pieces_.begin(piece), pieces_.end(piece),
                         x_high_.data(), x_low_.data(), ld_x_, tokens, high_.data(), ld_out_);
      for (int i = 0; i < tokens; ++i) bound_rows(piece, i, mine.guesses[i]);
    }
  });
  times.head_bytes += static_cast<double>(groups_) * head.high_steps * 64;
  for (int i = 0; i < tokens && !stop; ++i) {
    out[i] = resolve(hidden + static_cast<size_t>(i) * cols_, i, times, stop, cancelled);
  }
  clock.lap(&PhaseTimes::head);
  return !stop;
}

// The upper bounds of a piece's rows, after the scan of their high nibbles and while its sums are
// in the core's cache. The highest stands for the best guess: bounds are much alike.
void Head::bound_rows(int piece, int token, Guess& guess) {
  const HeadPlanes& head = weights_.head();
  const Input& x = inputs_[static_cast<size_t>(token)];
  const int32_t* high = &high_[static_cast<size_t>(token) * ld_out_];
  float* upper = &upper_[static_cast<size_t>(token) * ld_out_];
  const float step = x.step;
  // 7.5 for each low nibble, and the 128 that the codes are above the weights.
  const float offset = 120.5f * static_cast<float>(x.sum);
  const float rounded_norm = static_cast<float>(x.rounded_norm);
  const float rounded_length = static_cast<float>(x.step * x.rounded_norm);
  const float loss = static_cast<float>(x.error_norm + order_ * x.norm);
  const int begin = pieces_.begin(piece) * kRowsPerGroup;
  const int end = std::min(pieces_.end(piece) * kRowsPerGroup, rows_);
  for (int row = begin; row < end; ++row) {
    const float scale = head.scales[row] * step;
    const float sum = 16.0f * static_cast<float>(high[row]);
    // The sums are floats here: 2^-23 of each is allowed for.
    const float slack = (std::fabs(sum) + std::fabs(offset)) * scale * 0x1p-22f;
    const float bound = (scale * head.low_norms[row] * rounded_norm +
                         head.error_norms[row] * rounded_length + head.norms[row] * loss) *
                            kSlack +
                        slack;
    upper[row] = (sum - offset) * scale + bound;
  }
  const float* best = std::max_element(upper + begin, upper + end);
  if (guess.row < 0 || *best > guess.upper) guess = {static_cast<int>(best - upper), *best};
}

// Sets `stop`, and answers anything, when it is cancelled.
int32_t Head::resolve(const float* hidden, int token, PhaseTimes& times, std::atomic<bool>& stop,
                      const std::function<bool()>& cancelled) {
  const HeadPlanes& head = weights_.head();
  const Input& x = inputs_[static_cast<size_t>(token)];
  const int32_t* high = &high_[static_cast<size_t>(token) * ld_out_];
  const float* upper = &upper_[static_cast<size_t>(token) * ld_out_];
  const int8_t* x_high = &x_high_[static_cast<size_t>(token) * ld_x_];
  const int8_t* x_low = &x_low_[static_cast<size_t>(token) * ld_x_];
  const auto exact = [&](int row) {
    float value;
    kernels_.f16_dot_rows(weights_.head_f16_row(row, exact_row_.data()), cols_, 0, 1, hidden,
                          &value);
    return value;
  };
  Guess guess;
  for (const PerThread& thread : threads_) {
    const Guess& g = thread.guesses[token];
    if (g.row >= 0 && (guess.row < 0 || g.upper > guess.upper)) guess = g;
  }
  const float least = exact(guess.row);  // an f16 logit that the best row has at least
  pool_.run([&](int thread) {
    PerThread& mine = threads_[static_cast<size_t>(thread)];
    mine.low_rows = 0;
    mine.candidates.clear();
    for (int piece; (piece = pool_.take()) < pieces_.size();) {
      if (stop || (cancelled() && (stop = true))) continue;
      const int begin = pieces_.begin(piece) * kRowsPerGroup;
      const int end = std::min(pieces_.end(piece) * kRowsPerGroup, rows_);
      mine.rows.clear();
      for (int row = begin; row < end; ++row) {
        if (upper[row] >= least) mine.rows.push_back(row);
      }
      for (size_t i = 0; i < mine.rows.size(); ++i) {
        fetch(head, mine.rows, i);
        const int row = mine.rows[i];
        const int32_t low = kernels_.head_low(head.low_row(row), head.low_chunks, x_high, x_low);
        const int64_t sum = INT64_C(16) * high[row] + low - 128 * x.sum;
        const float value = static_cast<float>(sum) * (x.step * head.scales[row]);
        const float bound = rounding_bound(x, row) + std::fabs(value) * 0x1p-21f;
        if (value + bound >= least) mine.candidates.push_back({row, value, bound});
      }
      mine.low_rows += static_cast<double>(mine.rows.size());
    }
  });
  if (stop) return 0;
  float floor = least;
  for (const PerThread& thread : threads_) {
    for (const Candidate& c : thread.candidates) floor = std::max(floor, c.value - c.bound);
  }
  int32_t best_row = -1;
  float best = 0;
  for (const PerThread& thread : threads_) {
    times.head_bytes += thread.low_rows * head.low_chunks * 64;
    for (const Candidate& c : thread.candidates) {
      if (c.value + c.bound < floor) continue;
      const float value = exact(c.row);
      times.head_bytes += cols_ * 2.0;
      if (best_row < 0 || value > best || (value == best && c.row < best_row)) {
        best = value;
        best_row = c.row;
      }
    }
  }
  return best_row < 0 ? 0 : best_row;  // every logit NaN: as a scan for the largest ends
}

}  // namespace sterna
