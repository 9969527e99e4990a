// The shape of a model and the parts of its graph, as the pack's header states them. Nothing here
// says which model it is: the graph asks for parts, never for a name.
#pragma once

#include <cstdint>

namespace sterna {

// The activation between the two products of the feed-forward block: f(gate) * up.
enum class Activation : uint32_t {
  kReluSquared = 0,
  // SiLU with the C library's exponential, whose last bit differs between systems.
  kSilu = 1,
  // SiLU with our own exponential: the same bits on every machine, and vectorised.
  kPortableSilu = 2,
};

// Which elements of a head are rotated together: (i, i + dim / 2) or (2 i, 2 i + 1).
enum class RopePairing : uint32_t { kNeox = 0, kAdjacent = 1 };

// How the rotation's frequencies are changed for contexts longer than in the first training.
enum class RopeScaling : uint32_t { kNone = 0, kYarn = 1, kLongRope = 2 };

struct ModelConfig {
  int vocab_size = 0;
  int hidden_size = 0;
  int layer_count = 0;
  int head_count = 0;
  int kv_head_count = 0;
  int head_dim = 0;
  int ffn_size = 0;
  int context_length = 0;
  float rms_epsilon = 0;
  Activation activation = Activation::kReluSquared;
  // RMSNorm of the attention's output and of the activated feed-forward, each before its product.
  bool sub_norms = false;
  // RMSNorm of every head of q and k, before the rotation.
  bool qk_norms = false;
  float rope_theta = 0;
  int rope_dim = 0;
  RopePairing rope_pairing = RopePairing::kNeox;
  RopeScaling rope_scaling = RopeScaling::kNone;
  float rope_factor = 1;  // length of the longer context divided by that of the first training
  int rope_original_context = 0;  // positions in the first training
  float rope_magnitude = 1;       // a factor of cosine and sine
  // How many columns of a ternary matrix share a scale: kGroupColumns, or 0 for one scale per row.
  int group_size = 0;
  // Whether embedding and head are ternary with a scale per group, like the other matrices.
  bool ternary_embedding = false;
  bool tied_head = true;  // the embedding is the head

  int q_size() const { return head_count * head_dim; }
  int kv_size() const { return kv_head_count * head_dim; }
};

}  // namespace sterna
