// The shape of a model, as the pack's header states it.
#pragma once

#include <cstdint>

namespace sterna {

enum class Architecture : uint32_t { kBitnetB158 = 0, kBitnet = 1, kLlama = 2 };
enum class RopePairing : uint32_t { kNeox = 0, kAdjacent = 1 };

struct ModelConfig {
  Architecture architecture = Architecture::kBitnetB158;
  int vocab_size = 0;
  int hidden_size = 0;
  int layer_count = 0;
  int head_count = 0;
  int kv_head_count = 0;
  int head_dim = 0;
  int ffn_size = 0;
  int context_length = 0;
  float rms_epsilon = 0;
  float rope_theta = 0;
  int rope_dim = 0;
  RopePairing rope_pairing = RopePairing::kNeox;
  bool tied_head = true;

  // BitNet normalises before the output projections; Llama does not.
  bool sub_norms() const { return architecture != Architecture::kLlama; }
  // ReLU squared only in b1.58; SiLU in the others.
  bool relu_squared() const { return architecture == Architecture::kBitnetB158; }
  int q_size() const { return head_count * head_dim; }
  int kv_size() const { return kv_head_count * head_dim; }
};

}  // namespace sterna
