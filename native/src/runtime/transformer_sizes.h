// Sizes that the files of the transformer share.
#pragma once

#include <algorithm>

#include "kernels/kernels.h"
#include "runtime/product_input.h"
#include "runtime/transformer.h"

namespace sterna {

// The most sums that a thread holds at once: 64 KB. One tile of a whole batch must fit.
inline constexpr int kSumsPerThread = 16384;
static_assert(Transformer::kMaxBatch * kTileRows <= kSumsPerThread);

inline constexpr int kSegmentPositions = kKvBlock * kKvSegment;

inline int segment_count(int positions) {
  return (positions + kSegmentPositions - 1) / kSegmentPositions;
}

// The largest magnitude of a row's n columns; never zero.
inline float largest_of_row(const KernelSet& kernels, const ProductInput& input, int i, int n) {
  return std::max(kernels.absmax(input.rows + static_cast<size_t>(i) * input.ld, n), 1e-5f);
}

}  // namespace sterna
