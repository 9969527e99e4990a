// Chooses the next token from the logits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace sterna {

// The defaults mean greedy decoding.
struct SamplingOptions {
  float temperature = 0;  // 0: greedy; of the other options only the repetition penalty applies
  int top_k = 0;          // keep the k likeliest; 0: off
  float top_p = 1;        // keep the likeliest that make up this probability; 1: off
  float min_p = 0;        // keep those of at least this share of the likeliest; 0: off
  float repetition_penalty = 1;  // 1: off
  int repetition_window = 64;    // how many of the last tokens are penalised
  uint32_t seed = 0;
};

// The filters, in this order:
//
//   1. repetition penalty  positive logits of recent tokens are divided by it, others multiplied
//   2. greedy              at temperature 0 the first token of the highest logit is the result
//   3. top-k
//   4. min-p               over probabilities at temperature 1
//   5. temperature
//   6. top-p               the shortest head of the list that reaches the probability
//   7. one random draw
//
// Equal logits are ordered by id, the lower first. The same options, logits and history give the
// same tokens on every platform, because neither the random numbers nor exp() come from the
// standard library. NaN and minus infinity are never chosen while there is another logit; plus
// infinity counts as the largest float.
class Sampler {
 public:
  // Empty when the options make sense, else a clause that names the option and its range.
  static std::string validate(const SamplingOptions& options);

  // validate(options) must be empty.
  explicit Sampler(const SamplingOptions& options) : options_(options), state_(options.seed) {}

  // Whether pick() without `allowed` always takes the first of the highest logits.
  bool takes_likeliest() const {
    return options_.temperature == 0 && options_.repetition_penalty == 1;
  }

  // Returns an index into `logits` (vocabulary size): 0 when none is usable, -1 when there are none
  // at all. `history` has the tokens so far, oldest first; ids outside the logits are ignored. At a
  // temperature above 0 every call advances the random numbers by one. `allowed` has the ids to
  // choose from, each inside the logits; empty means all. When none of them has a usable logit, the
  // first is chosen.
  int pick(std::span<const float> logits, std::span<const int32_t> history,
           std::span<const int32_t> allowed = {});

 private:
  struct Candidate {
    float logit;
    int32_t id;
    double weight;  // not normalised; the likeliest has 1
  };
  static bool before(const Candidate& a, const Candidate& b);

  void restrict_to(std::span<const int32_t> allowed);
  void penalise(std::span<const int32_t> history);
  int greedy() const;
  void filter();
  int draw();
  // Uniform in [0, 1).
  double uniform();

  SamplingOptions options_;
  uint64_t state_;
  // Kept between calls to reuse their memory.
  std::vector<float> logits_;
  std::vector<float> kept_;
  std::vector<int32_t> recent_;
  std::vector<Candidate> candidates_;
};

}  // namespace sterna
