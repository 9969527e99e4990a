// The forward pass: tokens in, logits out, keys and values into a slot.
//
// A token's numbers do not depend on how many tokens are computed with it, on the number of
// threads, or on what was found in the cache: integer products are exact, and every float sum is
// done by one thread in one order.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "cache/kv_slot.h"
#include "kernels/kernels.h"
#include "model/weights.h"
#include "runtime/phase_times.h"
#include "runtime/thread_pool.h"

namespace sterna {

// kInt8: per-token absmax, as the models were trained (W1.58A8). kFloat: not quantised, for
// comparison only.
enum class Activations { kInt8, kFloat };

class Transformer {
 public:
  // Tokens of one forward() call at most. 64 keeps the activations of 2B4T (64 x 13,824 x 4 bytes
  // = 3.5 MB) in L3.
  static constexpr int kMaxBatch = 64;

  Transformer(const Weights& weights, const KernelSet& kernels, ThreadPool& pool,
              int context_length);

  // Computes `tokens` behind the slot's present end and appends them to it. `cancelled` is asked
  // three times a layer; when it says yes, the slot is left as it was and the result is false.
  bool forward(std::span<const int32_t> tokens, KvSlot& slot, Activations activations,
               const std::function<bool()>& cancelled);

  // Logits [vocab] of token `row` of the last forward().
  void logits(int row, std::span<float> out);

  // Where the time went since the last call.
  PhaseTimes take_phases() { return std::exchange(phases_, {}); }

 private:
  // A ternary matrix times the quantised (or float) input; rows of one thread.
  struct Rows {
    int begin, end;  // tiles
  };
  Rows rows_of(const TernaryMatrix& w, int thread) const;
  void embed(std::span<const int32_t> tokens, int thread);
  void normalize(const float* in, size_t ld, const float* norm, int n, int padded, int m,
                 int thread);
  void prepare_row(const float* in, const float* norm, int n, int padded, int i);
  void multiply(const TernaryMatrix& w, int m, float* out, size_t ld, bool add, int thread);
  void store_keys(int layer, KvSlot& slot, int m, int thread);
  void attend(int layer, KvSlot& slot, int m, int thread);
  void activate(const LayerWeights& layer, int m, int thread);

  const Weights& weights_;
  const ModelConfig& config_;
  const KernelSet& kernels_;
  ThreadPool& pool_;
  Activations activations_ = Activations::kInt8;
  int start_ = 0;      // position of the batch's first token
  PhaseTimes phases_;  // written by thread 0

  size_t ld_in_;                      // columns of a row of input_*, padded
  size_t ld_out_;                     // columns of a row of wide_ and sums_
  std::vector<float> x_;              // [batch][hidden] residual stream
  std::vector<float> wide_;           // [batch][ld_out]: q k v, or gate up
  std::vector<float> heads_;          // [batch][heads * head_dim] attention output
  std::vector<float> scratch_;        // [batch][ld_in] normalised rows
  std::vector<int8_t> quantized_;     // [batch][ld_in]
  std::vector<float> inverse_scale_;  // [batch] 1 / s
  std::vector<int32_t> input_sums_;   // [batch]
  std::vector<int32_t> sums_;         // [batch][ld_out] exact products
  std::vector<float> scores_;         // [threads][context]
  std::vector<float> rope_cos_;       // [context][rope_dim / 2]
  std::vector<float> rope_sin_;
  std::vector<float> last_;         // [hidden] normalised row for the head
  std::vector<int16_t> last_i16_;   // [hidden]
  std::vector<int32_t> head_sums_;  // [vocab]
};

}  // namespace sterna
