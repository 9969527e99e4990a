// The rotation's cosines and sines for every position of a context.
#pragma once

#include <cstddef>
#include <vector>

#include "model/config.h"

namespace sterna {

class RopeTable {
 public:
  // `factors` [rope_dim / 2] belongs to LongRoPE, and is null without.
  RopeTable(const ModelConfig& config, int context_length, const float* factors);

  // [rope_dim / 2] values for one position.
  const float* cosine(int position) const { return &cosine_[row_begin(position)]; }
  const float* sine(int position) const { return &sine_[row_begin(position)]; }

 private:
  size_t row_begin(int position) const { return static_cast<size_t>(position) * pairs_; }

  size_t pairs_;
  std::vector<float> cosine_;  // [context][rope_dim / 2]
  std::vector<float> sine_;
};

// The angle in radians by which pair `pair` of rope_dim / 2 turns from one position to the next.
// With YaRN (Peng et al., 2023, "NTK-by-parts") pairs that turn often over the original context
// keep their frequency, those that turn less than once have it divided by the factor, and a ramp
// joins the two. With LongRoPE (Ding et al., 2024) each pair's frequency is divided by its factor.
double rope_frequency(const ModelConfig& config, int pair, const float* factors);

}  // namespace sterna
