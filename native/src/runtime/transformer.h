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
#include "runtime/arena.h"
#include "runtime/phase_times.h"
#include "runtime/product_input.h"
#include "runtime/rope.h"
#include "runtime/thread_pool.h"

namespace sterna {

// What a pass is told when it asks: to go on, to stop so that it can go on later, or to give up.
enum class PassSignal { kContinue, kPause, kCancel };

// A pass that was stopped between two blocks. A layer has two: attention and feed-forward.
struct PausedPass {
  int blocks;            // that are done
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
  // the sequence are left as they were and the result is false. A pause ends within a block and
  // sets `paused`; with that, the same tokens and the same sequence the pass then goes on.
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
  // Of the forward() that runs.
  struct Pass {
    std::span<const int32_t> tokens;
    KvSequence& sequence;
    Activations activations;
    int m;      // tokens
    int start;  // position of the first
    // The residual stream is whole until a product adds to it: before that a block may be paused,
    // from there on only cancelled.
    std::function<bool()> stopped;
    std::function<bool()> cancelled;
  };
  // Row i of what becomes an input, in `row` or elsewhere: float* (int i, float* row).
  template <class Source>
  void prepare(const Pass& pass, const Source& source, const float* norm, const TernaryMatrix& w,
               int thread);
  void quantize_rows(const Pass& pass, const ProductInput& input, const TernaryMatrix& w);
  void quantize_row(const Pass& pass, const ProductInput& input, const TernaryMatrix& w, int i);
  void normalise(const float* in, const float* norm, int n, float* out) const;

  // out[i][row] = w . input[i], or += where it adds; ends with a barrier. False when it was
  // stopped.
  struct Product {
    const TernaryMatrix& w;
    const Pieces& pieces;
    float* out;
    size_t ld;
    bool adds;
  };
  bool multiply(const Pass& pass, const Product& product, int thread,
                const std::function<bool()>& stopped);
  // Row tiles [begin, begin + count) of one thread.
  struct Tiles {
    int begin;
    int count;
    int thread;

    size_t ld() const { return static_cast<size_t>(count) * kTileRows; }
  };
  void row_scaled_product(const Pass& pass, const Product& product, const Tiles& tiles);
  void grouped_product(const Pass& pass, const Product& product, const Tiles& tiles);

  // The steps of a pass, called by every thread. The blocks say whether they came to their end.
  void embed(const Pass& pass, int thread);
  bool attention_block(const Pass& pass, int layer, int thread, PhaseClock& clock);
  bool feed_forward_block(const Pass& pass, int layer, int thread, PhaseClock& clock);
  void store_keys(const Pass& pass, int layer);
  void rotate(float* head, int position, float factor) const;
  bool attend(const Pass& pass, int layer, int thread);
  // Tokens [token, token + tokens) and one KV head over one segment of positions.
  struct AttentionPiece {
    int head;
    int segment;
    int token;
    int tokens;
  };
  void attend_piece(const Pass& pass, int layer, const AttentionPiece& piece, float* scratch);
  void join_segments(const Pass& pass);
  void activate(const float* gate_up, float* out) const;

  // A single token's input is made by each thread for itself, which is faster than waiting for one.
  const ProductInput& input(int m, int thread) const {
    return m == 1 ? threads_[static_cast<size_t>(thread)].input : input_;
  }
  float* partial(int segment, int kv_head, int token) const;
  void take_buffers(Arena& arena, int context_length);

  const Weights& weights_;
  const ModelConfig& config_;
  const KernelSet& kernels_;
  ThreadPool& pool_;
  const RopeTable rope_;
  PhaseTimes phases_;  // written by thread 0

  // How the row tiles of the four products of a layer are shared out.
  Pieces qkv_pieces_, output_pieces_, gate_up_pieces_, down_pieces_;

  size_t ld_in_;         // columns of a row of the input, padded
  size_t ld_out_;        // columns of a row of wide_
  size_t partial_size_;  // floats of one query's sums over a segment
  // In huge pages: a prefill goes through megabytes of them in steps of a row, and address
  // translation would take a quarter of the products' time (docs/measurements/kernels.md).
  Memory memory_;
  float* x_ = nullptr;        // [batch][hidden] residual stream
  float* wide_ = nullptr;     // [batch][ld_out]: q, k and v, or gate and up
  float* heads_ = nullptr;    // [batch][heads * head_dim] what attention gives
  float* partial_ = nullptr;  // [segment][kv_head][batch][heads of it][partial_size]
  ProductInput input_;        // of the whole batch, [batch][ld_in]
  struct ThreadBuffers {
    uint8_t* kernel;      // scratch of the kernels
    int32_t* sums;        // [batch][rows of some tiles] what a product gives before scaling
    int32_t* group_sums;  // [batch][32] of one group
    ProductInput input;   // of a single token
    std::vector<uint8_t> embedding;  // bytes of one row
  };
  std::vector<ThreadBuffers> threads_;
};

}  // namespace sterna
