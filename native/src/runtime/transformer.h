// The forward pass: tokens in, keys and values into a sequence, the last hidden states kept for the
// head.
//
// A token's numbers do not depend on how many tokens are computed with it, on the number of
// threads, or on what was found in the cache: integer products are exact, and every float sum is
// done in one order, whoever does it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "cache/kv_cache.h"
#include "kernels/kernels.h"
#include "model/weights.h"
#include "runtime/phase_times.h"
#include "runtime/thread_pool.h"

namespace sterna {

// kInt8: per-token absmax, as the models were trained (W1.58A8). kFloat: not quantised, for
// comparison only.
enum class Activations { kInt8, kFloat };

// What a pass is told when it asks: to go on, to stop so that it can go on later, or to give up.
enum class PassSignal { kContinue, kPause, kCancel };

// A pass that was stopped between two halves of a layer, attention and feed-forward.
struct PausedPass {
  int halves;            // that are done
  std::vector<float> x;  // [tokens][hidden] residual stream behind them
};

class Transformer {
 public:
  // Tokens of one forward() call at most: unpacking a tile costs 2 % of the products of 128 tokens,
  // and one piece of a product stays below 3 ms on two cores, which is how long a cancelled prefill
  // goes on.
  static constexpr int kMaxBatch = 128;

  Transformer(const Weights& weights, const KernelSet& kernels, ThreadPool& pool,
              int context_length);

  // Computes `tokens` behind the sequence's present end, where there is room, and appends them to
  // it. `signal` is asked by any thread, many times a layer; unless it is to go on, the tokens of
  // the sequence are left as they were and the result is false. A pause ends within half a layer
  // and sets `paused`; with that, the same tokens and the same sequence the pass then goes on.
  bool forward(std::span<const int32_t> tokens, KvSequence& sequence, Activations activations,
               const std::function<PassSignal()>& signal, std::optional<PausedPass>& paused);

  // The state behind the last forward(), a whole one of `tokens` tokens.
  PausedPass finished(int tokens) const;

  // RMSNorm of the hidden states of tokens [row, row + count) of the last forward(), as the head
  // wants them: float [count][hidden].
  void hidden(int row, int count, float* out) const;

  // Where the time went since the last call.
  PhaseTimes take_phases() { return std::exchange(phases_, {}); }
  PhaseTimes& phases() { return phases_; }

 private:
  // What a product multiplies with: rows of float, and the same quantised and packed as kernels.h
  // says.
  struct Input {
    float* rows;        // [batch][ld_in]
    int8_t* quantized;  // [batch][ld_in]
    float* scales;      // [batch] largest magnitude of a row, 127 quantised
    int32_t* sums;      // [batch]
  };
  // A single token's input is made by each thread for itself, which is faster than waiting for one.
  const Input& input(int m, int thread) const {
    return m == 1 ? thread_scratch_[static_cast<size_t>(thread)].input : input_;
  }

  void embed(std::span<const int32_t> tokens, int thread);
  template <class Fill>
  void prepare(const Fill& fill, const float* norm, int n, int padded, int m, int thread);
  void normalise(const float* in, const float* norm, int n, float* row);
  int32_t pack(const Input& input, int i, int begin, int end, int n, int padded, int m);
  bool multiply(const TernaryMatrix& w, const Pieces& pieces, int m, float* out, size_t ld,
                bool add, int thread, const std::function<bool()>& cancelled);
  void store_keys(int layer, KvSequence& sequence, int m);
  bool attend(int layer, KvSequence& sequence, int m, int thread,
              const std::function<bool()>& cancelled);
  void join_segments(int m);
  bool feed_forward(const LayerWeights& layer, int m, int thread, PhaseClock& clock,
                    const std::function<bool()>& stopped, const std::function<bool()>& cancelled);
  void activate(int i, float* out);
  void release_low_rows(int tokens);

  const Weights& weights_;
  const ModelConfig& config_;
  const KernelSet& kernels_;
  ThreadPool& pool_;
  Activations activations_ = Activations::kInt8;
  int start_ = 0;       // position of the batch's first token
  PhaseTimes phases_;   // written by thread 0
  int unreleased_ = 0;  // tokens since low rows of the head were given back

  // How the row tiles of the four products of a layer are shared out.
  Pieces qkv_pieces_, output_pieces_, gate_up_pieces_, down_pieces_;

  size_t ld_in_;         // columns of a row of the input, padded
  size_t ld_out_;        // columns of a row of wide_
  size_t partial_size_;  // floats of one query's sums over a segment
  // In huge pages: a prefill goes through megabytes of them in steps of a row, and address
  // translation took a quarter of the products' time (265 cycles for 128 bytes of T16, now 200).
  Memory buffers_;
  float* x_;        // [batch][hidden] residual stream
  float* wide_;     // [batch][ld_out]: q k v, or gate up
  float* heads_;    // [batch][heads * head_dim] attention output
  float* partial_;  // [segment][kv_head][batch * group][partial_size]
  Input input_;     // of the whole batch
  struct Scratch {
    Memory kernel;                    // for the kernels
    Memory sums;                      // int32 [batch][rows of some tiles] exact products
    Memory row;                       // of the input
    Input input;                      // of a single token
    std::vector<uint16_t> embedding;  // [hidden] of one token
  };
  std::vector<Scratch> thread_scratch_;  // of each thread
  std::vector<float> rope_cos_;          // [context][rope_dim / 2]
  std::vector<float> rope_sin_;
};

}  // namespace sterna
