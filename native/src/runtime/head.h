// The output matrix: hidden states in, logits or the most likely token out.
//
// The int8 head lies in two nibble planes. Greedy decoding scans only the high one: with the
// Cauchy-Schwarz bound of what the low nibbles and the rounding of weights and activations can add,
// most rows are proved to be no candidate. The low nibbles of the others are read, which proves
// more of them out, and the last few are computed from the f16 weights, exactly as the f16 head
// does. The token is therefore always that of the f16 head. Where the model is unsure, more rows
// are read, at worst all.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "kernels/kernels.h"
#include "model/weights.h"
#include "runtime/phase_times.h"
#include "runtime/thread_pool.h"

namespace sterna {

class Head {
 public:
  // Tokens that share one scan of the matrix.
  static constexpr int kMaxTokens = 8;

  Head(const Weights& weights, const KernelSet& kernels, ThreadPool& pool);

  int rows() const { return rows_; }
  int cols() const { return cols_; }

  // Both ask `cancelled` from any thread, many times; when it says yes, the result is false and
  // what is in `out` means nothing.

  // Logits [vocab] of one hidden state [hidden]: int8 weights with activations of 13 to 15 bits, or
  // f16 weights.
  bool logits(const float* hidden, std::span<float> out, PhaseTimes& times,
              const std::function<bool()>& cancelled);

  // For each of the hidden states [tokens][hidden], tokens <= kMaxTokens: the token with the
  // largest f16 logit (the first one where several are equal).
  bool greedy(const float* hidden, int tokens, int32_t* out, PhaseTimes& times,
              const std::function<bool()>& cancelled);

 private:
  // The low nibbles of a row are read in stages, and a row is left as soon as it is proved out.
  static constexpr int kStages = 3;
  struct Rest {
    int64_t sum = 0;
    double norm = 0;
  };
  // A hidden state rounded to `step` * (256 high + low), and what bounds need to know of it.
  struct Input {
    float step = 0;
    int64_t sum = 0;          // of the rounded values
    double norm = 0;          // |x|
    double rounded_norm = 0;  // |rounded values|, without the step
    double error_norm = 0;    // |x - step * rounded values|
    // Of the rounded values that the stage's columns leave, the last stage leaves none.
    std::array<Rest, kStages> rest;
  };
  // What is known of a row: value - bound <= f16 logit <= value + bound.
  struct Candidate {
    int row;
    float value;
    float bound;
  };
  // A row whose low nibbles are being read.
  struct Partial {
    int row;
    int32_t low;  // sum over the stages so far
  };
  void round(const float* hidden, int token);
  double read_low(int token, float& least, std::vector<Partial>& rows,
                  std::vector<Candidate>& candidates) const;
  void bound_rows(int piece, int token);
  int32_t low_sum(int row, int token, size_t stage) const;
  Candidate candidate(int row, int token, size_t stage, int32_t low) const;
  float rounding_bound(const Input& x, int row) const;
  int32_t resolve(const float* hidden, int token, PhaseTimes& times, std::atomic<bool>& stop,
                  const std::function<bool()>& cancelled);

  const Weights& weights_;
  const KernelSet& kernels_;
  ThreadPool& pool_;
  const int rows_;
  const int cols_;
  // Rounding of the f16 head's own sums: cols / 16 additions in each of its running sums, one
  // multiplication, four additions to fold.
  const double order_;
  int groups_ = 0;  // of 16 rows
  size_t ld_x_ = 0;
  size_t ld_out_ = 0;
  Pieces pieces_;
  std::array<int, kStages + 1>
      cuts_{};  // first chunk of each stage of a row's low nibbles, and the end
  std::vector<Input> inputs_;
  std::vector<int8_t> x_high_, x_low_;  // [tokens][ld_x]
  std::vector<int32_t> high_;           // [tokens][ld_out] sums of the high plane
  std::vector<float> upper_;            // [tokens][ld_out] no f16 logit is larger
  std::vector<int> guesses_;  // [tokens][pieces] rows that are likely the best of their piece
  std::vector<uint16_t> exact_row_;  // [cols] of the f16 matrix
  struct alignas(64) PerThread {
    double low_bytes = 0;
    std::vector<Partial> rows;  // of the present piece, whose low nibbles are wanted
    std::vector<Candidate> candidates;
  };
  std::vector<PerThread> threads_;
};

}  // namespace sterna
