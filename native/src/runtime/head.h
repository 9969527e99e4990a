// The output matrix: it turns hidden states into logits, or into the most likely token.
//
// The int8 head is stored as planes of its bits. Greedy decoding scans only the high nibbles. The
// Cauchy-Schwarz inequality bounds what the low nibbles and the rounding of weights and activations
// can add, which rules out most rows. For the others the fifth bits are read, which halves the
// bound and rules out nearly all of them. Then the low nibbles of the remaining rows are read. The
// last few rows are computed from the f16 weights exactly as the f16 head does, so the token is
// always the one that the f16 head finds. Where the model is unsure more rows are read, at worst
// all.
//
// Ternary matrices are handled by ternary_head.h.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "kernels/kernels.h"
#include "model/weights.h"
#include "runtime/phase_times.h"
#include "runtime/ternary_head.h"
#include "runtime/thread_pool.h"

namespace sterna {

class Head {
 public:
  // The number of tokens that share one scan of the matrix.
  static constexpr int kMaxTokens = 8;

  Head(const Weights& weights, const KernelSet& kernels, ThreadPool& pool);

  int rows() const { return rows_; }
  int cols() const { return cols_; }

  // Both functions ask `cancelled`, from any thread, many times. When it says yes they return
  // false, and what is in `out` has no meaning.

  // The logits [vocab] of one hidden state [hidden]: int8 weights with activations of 13 to 15
  // bits, or f16 weights.
  bool logits(const float* hidden, std::span<float> out, PhaseTimes& times,
              const std::function<bool()>& cancelled);

  // For each of the hidden states [tokens][hidden], tokens <= kMaxTokens: the token with the
  // largest f16 logit (the first one where several are equal).
  bool greedy(const float* hidden, int tokens, int32_t* out, PhaseTimes& times,
              const std::function<bool()>& cancelled);

  // Called after each finished pass, with its number of tokens. From time to time it gives the
  // pages of the low nibbles back to the system. That takes milliseconds, so it is not done after a
  // pass that was stopped, because then somebody is waiting.
  void release_pages(int tokens);

 private:
  // A hidden state, rounded to `step` * (256 high + low), and the norms that the bounds need.
  struct Input {
    float step = 0;
    int64_t sum = 0;          // sum of the rounded values
    int64_t low_sum = 0;      // sum of their low bytes
    double norm = 0;          // Euclidean norm of the hidden state
    double rounded_norm = 0;  // norm of the rounded values, without the step
    double low_norm = 0;      // norm of their low bytes
    double error_norm = 0;    // norm of the hidden state - step * rounded values
  };
  // What is known of a row: value - bound <= f16 logit <= value + bound.
  struct Candidate {
    int row;
    float value;
    float bound;
  };
  struct PerThread;
  void round(const float* hidden, int token);
  // Scans the high nibbles for the first `tokens` inputs, into high_.
  HeadHighProduct high_product(int tokens);
  void bound_rows(int item, int token);
  void read_middle(int item, int token, float& least, PerThread& thread) const;
  void read_low(int token, float least, PerThread& thread,
                const std::function<bool()>& stopped) const;
  Candidate candidate(int row, const Input& x, int64_t known, float guessed, float unknown) const;
  Candidate low_candidate(int row, int token, const uint8_t* low) const;
  float rounding_bound(const Input& x, int row) const;
  Candidate best_guess(int token);
  int32_t resolve(const float* hidden, int token, PhaseTimes& times, std::atomic<bool>& stop,
                  const std::function<bool()>& cancelled);

  const Weights& weights_;
  const KernelSet& kernels_;
  ThreadPool& pool_;
  const int rows_;
  const int cols_;
  // A bound on the relative rounding error of the f16 head's own float sums: cols / 16 additions in
  // each of 16 running sums, one multiplication, and four additions to fold them.
  const double sum_rounding_error_;
  std::optional<TernaryHead> ternary_;
  int unreleased_ = 0;  // tokens since pages were last given back
  int groups_ = 0;      // groups of 16 rows
  size_t ld_x_ = 0;
  size_t ld_out_ = 0;
  int run_rows_ = 0;  // the most rows of low nibbles that are read at once
  WorkItems work_items_;
  std::vector<Input> inputs_;
  std::vector<int8_t> x_high_, x_low_;  // [tokens][ld_x]
  std::vector<int32_t> high_;           // [tokens][ld_out] sums of the high plane
  std::vector<float> upper_;            // [tokens][ld_out] no f16 logit is larger
  std::vector<int> guesses_;            // [tokens][work items] the likeliest row of each
  std::vector<uint16_t> exact_row_;     // [cols] of the f16 matrix
  struct alignas(64) PerThread {
    double bytes = 0;                   // bytes read of the middle and the low plane
    std::vector<int> rows;              // rows of the present work item that the high plane leaves
    std::vector<Candidate> candidates;  // rows that are not ruled out so far
    std::vector<uint8_t> low;           // low nibbles of some rows
  };
  std::vector<PerThread> threads_;
};

}  // namespace sterna
