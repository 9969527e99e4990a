// The output matrix where it is ternary with a scale per group. It is read once for one token or
// for several together, like the matrices of the body.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "kernels/kernels.h"
#include "model/weights.h"
#include "runtime/product_input.h"
#include "runtime/thread_pool.h"

namespace sterna {

class TernaryHead {
 public:
  // `max_tokens`: the most tokens of one call.
  TernaryHead(const Weights& weights, const KernelSet& kernels, ThreadPool& pool, int max_tokens);

  // Both functions ask `cancelled`, from any thread, many times. When it says yes they return
  // false, and what is in `out` has no meaning.

  // The logits [vocab] of one hidden state [hidden].
  bool logits(const float* hidden, std::span<float> out, const std::function<bool()>& cancelled);
  // For each of the hidden states [tokens][hidden]: the token with the largest logit, the first one
  // where several are equal.
  bool greedy(const float* hidden, int tokens, int32_t* out,
              const std::function<bool()>& cancelled);

 private:
  bool scan(const float* hidden, int tokens, const std::function<bool()>& cancelled);
  void quantise(const float* hidden, int tokens);
  void multiply(int item, int tokens, int thread);
  void note_best(int item, int token);

  const Weights& weights_;
  const TernaryMatrix& matrix_;
  const KernelSet& kernels_;
  ThreadPool& pool_;
  WorkItems work_items_;  // ranges of row tiles
  size_t ld_;             // number of rows, padded
  Memory memory_;
  ProductInput input_{};       // [max_tokens][hidden]
  float* scores_ = nullptr;    // [max_tokens][ld]
  std::vector<int32_t> best_;  // [tokens][work items]
  struct ThreadBuffers {
    int32_t* sums;    // [max_tokens][32] sums of a group
    uint8_t* kernel;  // scratch memory of the kernels
  };
  std::vector<ThreadBuffers> threads_;
  void take_buffers(Arena& arena, int max_tokens);
};

}  // namespace sterna
