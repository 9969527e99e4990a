// The forward pass. It reads tokens, writes their keys and values to a sequence, and keeps the last
// hidden states for the head.
//
// A token's numbers do not depend on how many tokens are computed with it, on the number of
// threads, or on what was found in the cache: integer products are exact, and every float sum is
// computed in one fixed order.
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

// The answer when a pass asks whether to continue: yes, pause so that it can continue later, or
// give up.
enum class PassSignal { kContinue, kPause, kCancel };

// A paused pass. A layer has two blocks: attention and feed-forward. What the pass had computed of
// a block when it was paused is lost, and that block is computed from its beginning when it
// continues.
struct PausedPass {
  int blocks;            // how many were complete
  std::vector<float> x;  // [tokens][hidden] residual stream after them
};

class Transformer {
 public:
  // The most tokens of one forward() call. With more, unpacking a tile would hardly cost less for
  // each token, and a cancelled prefill would go on for longer, until its work item is finished
  // (docs/measurements/kernels.md).
  static constexpr int kMaxBatch = 128;
  // The same where the products take tables, which are eight times as large as the activations: the
  // tables of one matrix should stay in the second-level cache while some row tiles are computed.
  static constexpr int kMaxBatchOfTables = 32;

  Transformer(const Weights& weights, const KernelSet& kernels, ThreadPool& pool,
              int context_length);

  // The most tokens of one forward() call of this model and kernel set, at most kMaxBatch.
  int max_batch() const;

  // Computes `tokens` after the sequence's present end, where there must be room, and appends them.
  // Every thread asks `signal` many times per layer. If the answer is not to continue, the
  // sequence's tokens stay as they were and the result is false. A pause ends the pass within
  // a block and sets `paused`; called again with it, the same tokens and the same sequence, the
  // pass continues.
  bool forward(std::span<const int32_t> tokens, KvSequence& sequence, Activations activations,
               const std::function<PassSignal()>& signal, std::optional<PausedPass>& paused);

  // The residual stream after a complete forward() of `tokens` tokens, as a paused pass with all
  // blocks done. With it a job can continue when only the output head was interrupted.
  PausedPass state_after_forward(int tokens) const;

  // The hidden states of tokens [row, row + count) of the last forward(), normalised by RMSNorm, as
  // the head takes them: float [count][hidden].
  void hidden(int row, int count, float* out) const;

  // The times measured since the last call.
  PhaseTimes take_phases() { return std::exchange(phases_, {}); }
  PhaseTimes& phases() { return phases_; }

 private:
  // The arguments of the forward() that is running.
  struct Pass {
    std::span<const int32_t> tokens;
    KvSequence& sequence;
    Activations activations;
    int m;      // number of tokens
    int start;  // position of the first token
    // Whether to pause or to cancel. Asked until a product begins to add to the residual stream.
    std::function<bool()> stopped;
    // Whether to cancel. Asked from there on, because a half-changed stream cannot be continued.
    std::function<bool()> cancelled;
  };
  // A source has the form float* (int i, float* row). It returns row i of the floats that become an
  // input: either `row`, when it has written them there, or the place where they are already.
  template <class Source>
  void prepare(const Pass& pass, const Source& source, const float* norm, const TernaryMatrix& w,
               int thread);
  void quantise_rows(const Pass& pass, const ProductInput& input, const TernaryMatrix& w);
  void quantise_row(const Pass& pass, const ProductInput& input, const TernaryMatrix& w, int i);
  void normalise(const float* in, const float* norm, int n, float* out) const;

  // out[i][row] = w . input[i], or += where `adds` is set. Ends with a barrier. False when it was
  // stopped.
  struct Product {
    const TernaryMatrix& w;
    const WorkItems& items;
    float* out;
    size_t ld;
    bool adds;
  };
  bool multiply(const Pass& pass, const Product& product, int thread,
                const std::function<bool()>& stopped);
  // Row tiles [begin, begin + count), computed by one thread.
  struct Tiles {
    int begin;
    int count;
    int thread;

    size_t ld() const { return static_cast<size_t>(count) * kTileRows; }
  };
  void row_scaled_product(const Pass& pass, const Product& product, const Tiles& tiles);
  void grouped_product(const Pass& pass, const Product& product, const Tiles& tiles);

  // The steps of a pass, which every thread calls. The blocks return whether they were completed.
  void embed(const Pass& pass, int thread);
  bool attention_block(const Pass& pass, int layer, int thread, PhaseClock& clock);
  bool feed_forward_block(const Pass& pass, int layer, int thread, PhaseClock& clock);
  void store_keys(const Pass& pass, int layer);
  void rotate(float* head, int position, float factor) const;
  bool attend(const Pass& pass, int layer, int thread);
  // Tokens [token, token + tokens) and one KV head, over one segment of positions.
  struct AttentionItem {
    int head;
    int segment;
    int token;
    int tokens;
  };
  void attend_item(const Pass& pass, int layer, const AttentionItem& item, float* scratch);
  void join_segments(const Pass& pass);
  void activate(const float* gate_up, float* out) const;

  // With a single token each thread makes the input for itself, which is faster than waiting for
  // another thread.
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

  // How the row tiles of a layer's four products are cut into work items.
  WorkItems qkv_items_, output_items_, gate_up_items_, down_items_;

  size_t ld_in_;         // columns of a row of the input, padded
  size_t ld_out_;        // columns of a row of wide_
  size_t partial_size_;  // floats of one query's sums over a segment
  // In huge pages: a prefill steps through megabytes of buffers row by row, and address translation
  // would take a quarter of the products' time (docs/measurements/kernels.md).
  Memory memory_;
  float* x_ = nullptr;        // [batch][hidden] residual stream
  float* wide_ = nullptr;     // [batch][ld_out]: q, k and v, or gate and up
  float* heads_ = nullptr;    // [batch][heads * head_dim] the attention's result
  float* partial_ = nullptr;  // [segment][kv_head][batch][the KV head's queries][partial_size]
  ProductInput input_;        // of the whole batch, [batch][ld_in]
  struct ThreadBuffers {
    uint8_t* kernel;                 // scratch memory of the kernels
    int32_t* sums;                   // [batch][rows of some tiles] a product's sums before scaling
    int32_t* group_sums;             // [batch][32] sums of one group
    ProductInput input;              // input of a single token
    std::vector<uint8_t> embedding;  // bytes of one row of the embedding
  };
  std::vector<ThreadBuffers> threads_;
};

}  // namespace sterna
