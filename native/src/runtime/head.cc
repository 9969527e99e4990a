#include "runtime/head.h"

#include <algorithm>
#include <atomic>
#include <cmath>

namespace sterna {
namespace {

// Covers the rounding of the bounds' own float arithmetic: a few operations with an error of at
// most 2^-24 each.
constexpr float kSlack = 1.0f + 1e-6f * 8;

constexpr int kRowsPerGroup = 16;

// The rows that remain after the high plane are scattered, so their middle bits are prefetched this
// many bytes ahead.
constexpr size_t kBytesAhead = 4096;

// Low nibbles are read in runs of rows. A run may include this many adjacent rows that are not
// wanted, because reading them costs less than another system call, and so many bytes in all, which
// stay in the core's cache.
constexpr int kRunGap = 3;
constexpr size_t kRunBytes = 64 << 10;

// The number of rows among which a good first guess is looked for: a better guess leaves fewer rows
// whose middle bits have to be read (docs/measurements/kernels.md).
constexpr size_t kGuesses = 8;

// A work item is at most one part in this many of the matrix. It is still finished after a
// cancellation, and so takes only a fraction of a millisecond (docs/measurements/kernels.md).
constexpr int kMinItems = 48;

}  // namespace

Head::Head(const Weights& weights, const KernelSet& kernels, ThreadPool& pool)
    : weights_(weights),
      kernels_(kernels),
      pool_(pool),
      rows_(weights.config().vocab_size),
      cols_(weights.config().hidden_size),
      sum_rounding_error_((cols_ / 16 + 6) * 0x1p-24),
      groups_((rows_ + kRowsPerGroup - 1) / kRowsPerGroup),
      work_items_(groups_, pool.size(), std::max(1, groups_ / kMinItems)),
      threads_(static_cast<size_t>(pool.size())) {
  if (is_ternary(weights.head_kind())) ternary_.emplace(weights, kernels, pool, kMaxTokens);
  if (weights.head_kind() != HeadKind::kInt8) return;
  ld_x_ = static_cast<size_t>(weights.head().middle_chunks) * 512;
  ld_out_ = static_cast<size_t>(groups_) * kRowsPerGroup;
  inputs_.resize(kMaxTokens);
  exact_row_.resize(static_cast<size_t>(cols_));
  x_high_.resize(kMaxTokens * ld_x_);
  x_low_.resize(kMaxTokens * ld_x_);
  high_.resize(ld_out_);
  upper_.resize(ld_out_);
  const size_t row_bytes = static_cast<size_t>(weights.head().low_chunks) * 64;
  run_rows_ = static_cast<int>(std::max<size_t>(1, kRunBytes / row_bytes));
  for (PerThread& thread : threads_) thread.low.resize(static_cast<size_t>(run_rows_) * row_bytes);
}

// Logits read the low nibbles. To read a released page again takes a microsecond, so the pages are
// released only from time to time.
void Head::release_pages(int tokens) {
  constexpr int kTokensBetweenReleases = 128;
  unreleased_ += tokens;
  if (unreleased_ < kTokensBetweenReleases) return;
  weights_.release_low();
  unreleased_ = 0;
}

void Head::round(const float* hidden, int token) {
  Input& x = inputs_[static_cast<size_t>(token)];
  int8_t* high = &x_high_[static_cast<size_t>(token) * ld_x_];
  int8_t* low = &x_low_[static_cast<size_t>(token) * ld_x_];
  const float largest = std::max(kernels_.absmax(hidden, cols_), 1e-5f);
  const float limit = static_cast<float>(int8_head_limit(cols_));
  x = {};
  x.step = largest / limit;
  double norm = 0, rounded_norm = 0, low_norm = 0, error_norm = 0;
  for (int k = 0; k < cols_; ++k) {
    const float scaled = std::clamp(hidden[k] * (limit / largest), -limit, limit);
    const int value = static_cast<int>(std::lrint(scaled));
    const int h = (value + 128) >> 8;  // value = 256 h + l, with l in -128..127
    high[k] = static_cast<int8_t>(h);
    low[k] = static_cast<int8_t>(value - 256 * h);
    x.sum += value;
    x.low_sum += low[k];
    low_norm += static_cast<double>(low[k]) * low[k];
    const double error = static_cast<double>(hidden[k]) - static_cast<double>(x.step) * value;
    norm += static_cast<double>(hidden[k]) * hidden[k];
    rounded_norm += static_cast<double>(value) * value;
    error_norm += error * error;
  }
  x.norm = std::sqrt(norm);
  x.rounded_norm = std::sqrt(rounded_norm);
  x.low_norm = std::sqrt(low_norm);
  x.error_norm = std::sqrt(error_norm);
}

HeadHighProduct Head::high_product(int tokens) {
  const HeadPlanes& head = weights_.head();
  return {.high = head.high,
          .k_steps = head.high_steps,
          .xh = x_high_.data(),
          .xl = x_low_.data(),
          .ldx = ld_x_,
          .m = tokens,
          .out = high_.data(),
          .ldo = ld_out_};
}

// The largest error of a row's sum, from the rounding of weights and activations and from the order
// of the f16 head's additions.
float Head::rounding_bound(const Input& x, int row) const {
  const HeadPlanes& head = weights_.head();
  return (head.error_norms[row] * static_cast<float>(x.step * x.rounded_norm) +
          head.norms[row] * static_cast<float>(x.error_norm + sum_rounding_error_ * x.norm)) *
         kSlack;
}

bool Head::logits(const float* hidden, std::span<float> out, PhaseTimes& times,
                  const std::function<bool()>& cancelled) {
  PhaseClock clock(&times);
  std::atomic<bool> stop{false};
  if (ternary_) {
    const bool is_done = ternary_->logits(hidden, out, cancelled);
    times.head_bytes += static_cast<double>(weights_.head_bytes());
    clock.lap(&PhaseTimes::head);
    return is_done;
  }
  if (weights_.head_kind() == HeadKind::kF16) {
    pool_.run([&](int) {
      for (int item; (item = pool_.take()) < work_items_.size();) {
        if (stop || (cancelled() && (stop = true))) continue;
        const int begin = work_items_.begin(item) * kRowsPerGroup;
        const int end = std::min(work_items_.end(item) * kRowsPerGroup, rows_);
        kernels_.f16_dot_rows(weights_.head_f16(), cols_, begin, end, hidden, out.data());
      }
    });
    times.head_bytes += static_cast<double>(rows_) * cols_ * 2;
  } else {
    const HeadPlanes& head = weights_.head();
    round(hidden, 0);
    const Input& x = inputs_.front();
    pool_.run([&](int) {
      for (int item; (item = pool_.take()) < work_items_.size();) {
        if (stop || (cancelled() && (stop = true))) continue;
        kernels_.head_high(high_product(1), work_items_.begin(item), work_items_.end(item));
        const int begin = work_items_.begin(item) * kRowsPerGroup;
        const int end = std::min(work_items_.end(item) * kRowsPerGroup, rows_);
        for (int row = begin; row < end; ++row) {
          const int32_t low = kernels_.head_low(head.low_plane_row(row), head.low_chunks,
                                                x_high_.data(), x_low_.data());
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
  if (ternary_) {
    const bool is_done = ternary_->greedy(hidden, tokens, out, cancelled);
    times.head_bytes += static_cast<double>(weights_.head_bytes());
    clock.lap(&PhaseTimes::head);
    return is_done;
  }
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
  guesses_.resize(static_cast<size_t>(tokens * work_items_.size()));
  for (int i = 0; i < tokens; ++i) round(hidden + static_cast<size_t>(i) * cols_, i);
  pool_.run([&](int) {
    for (int item; (item = pool_.take()) < work_items_.size();) {
      if (stop || (cancelled() && (stop = true))) continue;
      kernels_.head_high(high_product(tokens), work_items_.begin(item), work_items_.end(item));
      for (int i = 0; i < tokens; ++i) bound_rows(item, i);
    }
  });
  times.head_bytes += static_cast<double>(groups_) * head.high_steps * 64;
  for (int i = 0; i < tokens && !stop; ++i) {
    out[i] = resolve(hidden + static_cast<size_t>(i) * cols_, i, times, stop, cancelled);
  }
  clock.lap(&PhaseTimes::head);
  return !stop;
}

// Computes the upper bounds of a work item's rows, after the scan of their high nibbles and while
// the sums are in the core's cache. The row with the highest bound becomes the work item's guess,
// because all rows are about equally far from their bounds.
void Head::bound_rows(int item, int token) {
  const HeadPlanes& head = weights_.head();
  const Input& x = inputs_[static_cast<size_t>(token)];
  const int32_t* high = &high_[static_cast<size_t>(token) * ld_out_];
  float* upper = &upper_[static_cast<size_t>(token) * ld_out_];
  const float step = x.step;
  // The codes are 128 above the weights, and the mean of a low nibble, which was not read, is 7.5.
  const float offset = 120.5f * static_cast<float>(x.sum);
  const float rounded_norm = static_cast<float>(x.rounded_norm);
  const float rounded_length = static_cast<float>(x.step * x.rounded_norm);
  const float loss = static_cast<float>(x.error_norm + sum_rounding_error_ * x.norm);
  const int begin = work_items_.begin(item) * kRowsPerGroup;
  const int end = std::min(work_items_.end(item) * kRowsPerGroup, rows_);
  for (int row = begin; row < end; ++row) {
    const float scale = head.scales[row] * step;
    const float sum = 16.0f * static_cast<float>(high[row]);
    // The sums are floats here, so 2^-23 of each is allowed for.
    const float slack = (std::fabs(sum) + std::fabs(offset)) * scale * 0x1p-22f;
    const float bound = (scale * head.low_norms[row] * rounded_norm +
                         head.error_norms[row] * rounded_length + head.norms[row] * loss) *
                            kSlack +
                        slack;
    upper[row] = (sum - offset) * scale + bound;
  }
  guesses_[static_cast<size_t>(token * work_items_.size() + item)] =
      static_cast<int>(std::max_element(upper + begin, upper + end) - upper);
}

// What is known of a row whose sum, before it is scaled, differs from `known` + `guessed` by at
// most `unknown`. `known` is exact.
Head::Candidate Head::candidate(int row, const Input& x, int64_t known, float guessed,
                                float unknown) const {
  const float sum = static_cast<float>(known);
  const float scale = x.step * weights_.head().scales[row];
  // The sums are floats here, so 2^-23 of each is allowed for, and as much for the product.
  const float slack = (std::fabs(sum) + std::fabs(guessed)) * scale * 0x1p-21f;
  return {row, (sum + guessed) * scale, scale * unknown * kSlack + rounding_bound(x, row) + slack};
}

// Reads the middle bits of the work item's rows whose upper bounds reach `least`, and adds those
// that still reach it to the thread's candidates. Raises `least` to the best lower bound.
//
// The bits are multiplied with the high bytes of the input only, which is half the work: the low
// bytes could change the bound by no more than a hundredth.
void Head::read_middle(int item, int token, float& least, PerThread& thread) const {
  const HeadPlanes& head = weights_.head();
  const Input& x = inputs_[static_cast<size_t>(token)];
  const int8_t* x_high = &x_high_[static_cast<size_t>(token) * ld_x_];
  const int32_t* high = &high_[static_cast<size_t>(token) * ld_out_];
  const float* upper = &upper_[static_cast<size_t>(token) * ld_out_];
  const int begin = work_items_.begin(item) * kRowsPerGroup;
  const int end = std::min(work_items_.end(item) * kRowsPerGroup, rows_);
  // There is no branch here, because it would often be mispredicted.
  std::vector<int>& rows = thread.rows;
  rows.resize(static_cast<size_t>(end - begin));
  size_t count = 0;
  for (int row = begin; row < end; ++row) {
    rows[count] = row;
    count += upper[row] >= least;
  }
  // The mean of what has not been read: 3.5 for the lowest three bits of each weight, and half of 8
  // for its middle bit, which was not multiplied with the low bytes.
  const float guessed = 3.5f * static_cast<float>(x.sum) + 4.0f * static_cast<float>(x.low_sum);
  const float low_unknown = static_cast<float>(4 * std::sqrt(cols_) * x.low_norm);
  const float rounded_norm = static_cast<float>(x.rounded_norm);
  const size_t size = static_cast<size_t>(head.middle_chunks) * 64;
  const size_t ahead = 1 + kBytesAhead / size;
  for (size_t i = 0; i < count; ++i) {
    if (i + ahead < count) {
      const uint8_t* from = head.middle_plane_row(rows[i + ahead]);
      for (size_t line = 0; line < size; line += 64) __builtin_prefetch(from + line);
    }
    const int row = rows[i];
    const int64_t middle =
        kernels_.head_middle(head.middle_plane_row(row), head.middle_chunks, x_high);
    const Candidate known =
        candidate(row, x, INT64_C(16) * high[row] + 8 * 256 * middle - 128 * x.sum, guessed,
                  head.rest_norms[row] * rounded_norm + low_unknown);
    least = std::max(least, known.value - known.bound);
    if (known.value + known.bound >= least) thread.candidates.push_back(known);
  }
  thread.bytes += static_cast<double>(count * size);
}

Head::Candidate Head::low_candidate(int row, int token, const uint8_t* low) const {
  const Input& x = inputs_[static_cast<size_t>(token)];
  const size_t from = static_cast<size_t>(token) * ld_x_;
  const int64_t high = high_[static_cast<size_t>(token) * ld_out_ + static_cast<size_t>(row)];
  const int32_t sum =
      kernels_.head_low(low, weights_.head().low_chunks, &x_high_[from], &x_low_[from]);
  return candidate(row, x, 16 * high + sum - 128 * x.sum, 0, 0);
}

// Reads the low nibbles of the thread's candidates that reach `least`, and leaves those that still
// do. The candidates are in ascending order of their rows.
void Head::read_low(int token, float least, PerThread& thread,
                    const std::function<bool()>& stopped) const {
  const size_t size = static_cast<size_t>(weights_.head().low_chunks) * 64;
  std::vector<Candidate>& all = thread.candidates;
  const auto reaches = [&](const Candidate& c) { return c.value + c.bound >= least; };
  std::erase_if(all, [&](const Candidate& c) { return !reaches(c); });
  size_t kept = 0;
  for (size_t begin = 0, end; begin < all.size() && !stopped(); begin = end) {
    const int first = all[begin].row;
    for (end = begin + 1; end < all.size(); ++end) {
      if (all[end].row - all[end - 1].row > kRunGap + 1 || all[end].row - first >= run_rows_) break;
    }
    const int count = all[end - 1].row - first + 1;
    const uint8_t* low = weights_.head_low_plane_rows(first, count, thread.low.data());
    thread.bytes += static_cast<double>(count) * static_cast<double>(size);
    for (size_t i = begin; i < end; ++i) {
      const int row = all[i].row;
      const Candidate known =
          low_candidate(row, token, low + static_cast<size_t>(row - first) * size);
      least = std::max(least, known.value - known.bound);
      if (reaches(known)) all[kept++] = known;
    }
  }
  all.resize(kept);
}

// The best of a few guesses. The larger its f16 logit, the fewer other rows remain candidates.
Head::Candidate Head::best_guess(int token) {
  const float* upper = &upper_[static_cast<size_t>(token) * ld_out_];
  const std::span guesses(&guesses_[static_cast<size_t>(token * work_items_.size())],
                          static_cast<size_t>(work_items_.size()));
  const size_t few = std::min(kGuesses, guesses.size());
  std::partial_sort(guesses.begin(), guesses.begin() + static_cast<ptrdiff_t>(few), guesses.end(),
                    [&](int a, int b) { return upper[a] > upper[b]; });
  Candidate best{};
  for (size_t i = 0; i < few; ++i) {
    const int row = guesses[i];
    const uint8_t* low = weights_.head_low_plane_rows(row, 1, threads_.front().low.data());
    const Candidate known = low_candidate(row, token, low);
    if (i == 0 || known.value > best.value) best = known;
  }
  return best;
}

// When it is cancelled it sets `stop` and returns an arbitrary row.
int32_t Head::resolve(const float* hidden, int token, PhaseTimes& times, std::atomic<bool>& stop,
                      const std::function<bool()>& cancelled) {
  const auto exact = [&](int row) {
    float value;
    kernels_.f16_dot_rows(weights_.head_f16_row(row, exact_row_.data()), cols_, 0, 1, hidden,
                          &value);
    return value;
  };
  Candidate guess = best_guess(token);
  float least = exact(guess.row);  // the best row's f16 logit is at least this
  const std::function<bool()> stopped = [&] { return stop || (cancelled() && (stop = true)); };
  pool_.run([&](int thread) {
    PerThread& mine = threads_[static_cast<size_t>(thread)];
    mine.bytes = 0;
    mine.candidates.clear();
    float lower_bound = least;
    for (int item; (item = pool_.take()) < work_items_.size();) {
      if (!stopped()) read_middle(item, token, lower_bound, mine);
    }
  });
  // With the middle bits known, the highest value is nearly always the best row.
  for (const PerThread& thread : threads_) {
    for (const Candidate& c : thread.candidates) {
      if (c.value > guess.value) guess = c;
    }
  }
  least = std::max(least, exact(guess.row));
  pool_.run(
      [&](int thread) { read_low(token, least, threads_[static_cast<size_t>(thread)], stopped); });
  if (stop) return 0;
  float lower_bound = least;
  for (const PerThread& thread : threads_) {
    for (const Candidate& c : thread.candidates) {
      lower_bound = std::max(lower_bound, c.value - c.bound);
    }
  }
  int32_t best_row = -1;
  float best = 0;
  for (const PerThread& thread : threads_) {
    times.head_bytes += thread.bytes;
    for (const Candidate& c : thread.candidates) {
      if (c.value + c.bound < lower_bound) continue;
      const float value = exact(c.row);
      times.head_bytes += cols_ * 2.0;
      if (best_row < 0 || value > best || (value == best && c.row < best_row)) {
        best = value;
        best_row = c.row;
      }
    }
  }
  // When every logit is NaN it is 0, as a scan for the largest one would give.
  return std::max(best_row, 0);
}

}  // namespace sterna
