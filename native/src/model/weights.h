// The weights of one model in memory, checked, in the layout that the kernels read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/config.h"
#include "model/memory.h"
#include "model/pack.h"

namespace sterna {

// Ternary [rows x cols] in T2 tiles (packFormat.ts): weight = ternary * scale of its row.
struct TernaryMatrix {
  const uint8_t* tiles = nullptr;  // row_tiles * k_steps * 128 bytes
  const float* scales = nullptr;   // [row_tiles * 32], 0 for padding rows
  int rows = 0;
  int cols = 0;
  int row_tiles = 0;
  int k_steps = 0;
};

struct LayerWeights {
  const float* attn_norm = nullptr;      // [hidden]
  TernaryMatrix qkv;                     // [(heads + 2 kv_heads) * head_dim x hidden]
  const float* attn_sub_norm = nullptr;  // [heads * head_dim], null without sub-norms
  TernaryMatrix attn_output;             // [hidden x heads * head_dim]
  const float* ffn_norm = nullptr;       // [hidden]
  TernaryMatrix gate_up;                 // [2 ffn x hidden]
  const float* ffn_sub_norm = nullptr;   // [ffn], null without sub-norms
  TernaryMatrix ffn_down;                // [hidden x ffn]
};

enum class HeadKind { kInt8, kF16 };

class Weights {
 public:
  // Reads and verifies everything, with `threads` threads. Null and one line on failure.
  static std::unique_ptr<Weights> load(const std::string& path, HeadKind head, int threads,
                                       std::string* error);

  const ModelConfig& config() const { return pack_->config(); }
  HeadKind head_kind() const { return head_kind_; }
  const std::vector<LayerWeights>& layers() const { return layers_; }
  const float* output_norm() const { return output_norm_; }
  // f16 [vocab x hidden], mapped: only the rows that are read take memory.
  const uint16_t* embedding() const { return embedding_; }
  // f16 [vocab x hidden]; null for the int8 head.
  const uint16_t* head_f16() const { return head_f16_; }
  // int8 [vocab x hidden] and f32 [vocab]; null for the f16 head.
  const int8_t* head_i8() const { return head_i8_; }
  const float* head_scales() const { return head_scales_; }
  const std::vector<uint8_t>& vocabulary() const { return vocabulary_; }
  size_t body_bytes() const { return body_.size(); }
  size_t head_bytes() const { return head_bytes_; }

 private:
  Weights() = default;

  std::unique_ptr<Pack> pack_;
  Memory body_;
  Memory head_;
  HeadKind head_kind_ = HeadKind::kInt8;
  std::vector<LayerWeights> layers_;
  const float* output_norm_ = nullptr;
  const uint16_t* embedding_ = nullptr;
  const uint16_t* head_f16_ = nullptr;
  const int8_t* head_i8_ = nullptr;
  const float* head_scales_ = nullptr;
  size_t head_bytes_ = 0;
  std::vector<uint8_t> vocabulary_;
};

}  // namespace sterna
