#include "runtime/ternary_head.h"

#include <algorithm>
#include <atomic>
#include <new>

namespace sterna {
namespace {

// A work item is at most one part in this many of the matrix. It is still finished after a
// cancellation, and so takes only a fraction of a millisecond (docs/measurements/kernels.md).
constexpr int kMinItems = 48;

}  // namespace

TernaryHead::TernaryHead(const Weights& weights, const KernelSet& kernels, ThreadPool& pool,
                         int max_tokens)
    : weights_(weights),
      matrix_(weights.head_ternary()),
      kernels_(kernels),
      pool_(pool),
      work_items_(matrix_.row_tiles, pool.size(), std::max(1, matrix_.row_tiles / kMinItems)),
      ld_(static_cast<size_t>(matrix_.row_tiles) * kTileRows),
      best_(static_cast<size_t>(max_tokens * work_items_.size())),
      threads_(static_cast<size_t>(pool.size())) {
  Arena measured;
  take_buffers(measured, max_tokens);
  memory_ = Memory(measured.bytes());
  if (!memory_.data()) throw std::bad_alloc();
  Arena arena(memory_.data());
  take_buffers(arena, max_tokens);
}

void TernaryHead::take_buffers(Arena& arena, int max_tokens) {
  const size_t tokens = static_cast<size_t>(max_tokens);
  input_ = ProductInput::take(arena, kernels_, matrix_.layout, max_tokens,
                              static_cast<size_t>(matrix_.cols), matrix_.groups);
  scores_ = arena.take<float>(tokens * ld_);
  for (ThreadBuffers& thread : threads_) {
    thread.sums = arena.take<int32_t>(tokens * kTileRows);
    thread.kernel = arena.take<uint8_t>(scratch_bytes(group_places(matrix_.layout)));
  }
}

void TernaryHead::quantise(const float* hidden, int tokens) {
  std::copy(hidden, hidden + static_cast<size_t>(tokens) * input_.ld, input_.rows);
  if (weights_.head_kind() == HeadKind::kTernaryFloat) return;
  for (int i = 0; i < tokens; ++i) {
    for (int group = 0; group < matrix_.groups; ++group) {
      quantise_group(kernels_, matrix_.layout, input_, group, i, tokens);
    }
  }
}

// Computes scores [tokens][rows of the work item].
void TernaryHead::multiply(int item, int tokens, int thread) {
  const int begin = work_items_.begin(item);
  const int end = work_items_.end(item);
  if (weights_.head_kind() == HeadKind::kTernaryFloat) {
    grouped_product_float({.layout = matrix_.layout,
                           .tiles = matrix_.tiles,
                           .groups = matrix_.groups,
                           .x = input_.rows,
                           .ldx = input_.ld,
                           .m = tokens,
                           .out = scores_,
                           .ldo = ld_},
                          begin, end);
    return;
  }
  const ThreadBuffers& own = threads_[static_cast<size_t>(thread)];
  grouped_product(kernels_,
                  {.layout = matrix_.layout,
                   .tiles = matrix_.tiles,
                   .groups = matrix_.groups,
                   .max_block = max_block(kernels_, tokens),
                   .x = input_.quantised,
                   .group_bytes = group_bytes(kernels_, matrix_.layout, tokens),
                   .x_scales = input_.scales,
                   .x_sums = input_.sums,
                   .m = tokens,
                   .out = scores_,
                   .ldo = ld_,
                   .sums = own.sums,
                   .scratch = own.kernel},
                  begin, end);
}

// Finds the row of a work item with the largest logit while the logits are in the core's cache.
void TernaryHead::note_best(int item, int token) {
  const float* scores = scores_ + static_cast<size_t>(token) * ld_;
  const int begin = work_items_.begin(item) * kTileRows;
  const int end = std::min(work_items_.end(item) * kTileRows, matrix_.rows);
  best_[static_cast<size_t>(token * work_items_.size() + item)] =
      static_cast<int32_t>(std::max_element(scores + begin, scores + end) - scores);
}

bool TernaryHead::scan(const float* hidden, int tokens, const std::function<bool()>& cancelled) {
  quantise(hidden, tokens);
  std::atomic<bool> stop{false};
  pool_.run([&](int thread) {
    for (int item; (item = pool_.take()) < work_items_.size();) {
      if (stop || (cancelled() && (stop = true))) continue;
      multiply(item, tokens, thread);
      for (int i = 0; i < tokens; ++i) note_best(item, i);
    }
  });
  return !stop;
}

bool TernaryHead::logits(const float* hidden, std::span<float> out,
                         const std::function<bool()>& cancelled) {
  if (!scan(hidden, 1, cancelled)) return false;
  std::copy(scores_, scores_ + out.size(), out.begin());
  return true;
}

bool TernaryHead::greedy(const float* hidden, int tokens, int32_t* out,
                         const std::function<bool()>& cancelled) {
  if (!scan(hidden, tokens, cancelled)) return false;
  for (int i = 0; i < tokens; ++i) {
    const float* scores = scores_ + static_cast<size_t>(i) * ld_;
    const auto first = best_.begin() + static_cast<ptrdiff_t>(i) * work_items_.size();
    // Work items are in the order of their rows, and of equal logits the first counts.
    out[i] = *std::max_element(first, first + work_items_.size(),
                               [&](int32_t a, int32_t b) { return scores[a] < scores[b]; });
  }
  return true;
}

}  // namespace sterna
