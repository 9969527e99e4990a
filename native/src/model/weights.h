// The weights of one model in memory, checked, in the layout that the kernels read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/grouped.h"
#include "kernels/kernels.h"
#include "model/config.h"
#include "model/memory.h"
#include "model/pack.h"
#include "model/section_loader.h"

namespace sterna {

// A ternary matrix [rows x cols] in tiles (packFormat.ts). A weight is its ternary value times the
// scale of its row (kernels.h) or of its group of columns (kernels/grouped.h).
struct TernaryMatrix {
  TernaryLayout layout = TernaryLayout::kT2;
  const uint8_t* tiles = nullptr;  // row_tiles * row_tile_bytes()
  const float* scales = nullptr;   // [row_tiles * 32], 0 for padding rows; null with groups
  int rows = 0;
  int cols = 0;
  int row_tiles = 0;
  int k_steps = 0;  // steps of a row tile, without groups
  int groups = 0;   // groups of columns that share a scale; 0 means one scale per row

  // The number of columns, padded to whole tiles.
  int padded_cols() const { return groups > 0 ? cols : k_steps * tile_cols(layout); }
  size_t row_tile_bytes() const {
    return groups > 0 ? grouped_row_tile_bytes(layout, groups)
                      : static_cast<size_t>(k_steps) * kTileBytes;
  }
  size_t bytes() const { return static_cast<size_t>(row_tiles) * row_tile_bytes(); }
};

// The int8 head [vocab x hidden], stored as planes of its bits. q + 128 = 16 * high + low, a weight
// is q * the scale of its row, and the scale is absmax / 127. The highest bits of the low nibbles
// are stored once more as a plane of their own. The norms are rounded up, so that bounds hold.
struct HeadPlanes {
  // Groups of 16 rows, see KernelSet::head_high; in memory.
  const uint8_t* high = nullptr;
  int high_steps = 0;  // steps of 8 columns
  int groups = 0;
  // Row by row, see KernelSet::head_middle; in memory.
  const uint8_t* middle = nullptr;
  int middle_chunks = 0;  // chunks of 512 columns
  // Row by row, see KernelSet::head_low; mapped, because few rows are read where the model is sure.
  const uint8_t* low = nullptr;
  int low_chunks = 0;                  // chunks of 128 columns
  const float* scales = nullptr;       // [vocab]
  const float* low_norms = nullptr;    // [vocab] Euclidean norm of the row's low - 7.5
  const float* rest_norms = nullptr;   // [vocab] Euclidean norm of the row's (low & 7) - 3.5
  const float* error_norms = nullptr;  // [vocab] Euclidean norm of the row's f16 weight - scale * q
  const float* norms = nullptr;        // [vocab] Euclidean norm of the row's f16 weights

  const uint8_t* middle_plane_row(int row) const {
    return middle + static_cast<size_t>(row) * middle_chunks * 64;
  }
  const uint8_t* low_plane_row(int row) const {
    return low + static_cast<size_t>(row) * low_chunks * 64;
  }
};

struct LayerWeights {
  const float* attn_norm = nullptr;      // [hidden]
  TernaryMatrix qkv;                     // [(heads + 2 kv_heads) * head_dim x hidden]
  const float* attn_sub_norm = nullptr;  // [heads * head_dim], null without sub-norms
  const float* query_norm = nullptr;     // [head_dim], null without norms of q and k
  const float* key_norm = nullptr;       // [head_dim], likewise
  TernaryMatrix attn_output;             // [hidden x heads * head_dim]
  const float* ffn_norm = nullptr;       // [hidden]
  TernaryMatrix gate_up;                 // [2 ffn x hidden]
  const float* ffn_sub_norm = nullptr;   // [ffn], null without sub-norms
  TernaryMatrix ffn_down;                // [hidden x ffn]
};

// How the head computes. A ternary head is kTernary, with int8 activations like the body. Where the
// f16 head was asked for it is kTernaryFloat, with activations that are not quantised, for
// comparisons.
enum class HeadKind { kInt8, kF16, kTernary, kTernaryFloat };
inline constexpr bool is_ternary(HeadKind kind) { return kind >= HeadKind::kTernary; }

class Weights {
 public:
  // Reads and verifies everything with `threads` threads. Returns null and one line on failure.
  static std::unique_ptr<Weights> load(const std::string& path, HeadKind head, int threads,
                                       std::string* error);

  const ModelConfig& config() const { return pack_->config(); }
  HeadKind head_kind() const { return head_kind_; }
  const std::vector<LayerWeights>& layers() const { return layers_; }
  const float* output_norm() const { return output_norm_; }
  // What divides each pair's frequency, [rope_dim / 2]; null without LongRoPE.
  const float* rope_factors() const { return rope_factors_; }
  // Writes row `token` of the embedding to out [hidden].
  void embedding_row(int token, std::vector<uint8_t>& scratch, float* out) const;
  // Row `token` of the f16 output matrix. The int8 head computes its last candidates from it.
  const uint16_t* head_f16_row(int token, uint16_t* row) const {
    return read_row(*head_f16_, head_f16_rows_, token, row);
  }
  // The f16 matrix [vocab x hidden], mapped, for the f16 head, which reads all of it.
  const uint16_t* head_f16() const { return head_f16_rows_; }
  // Rows [first, first + count) of the low plane, read into `rows` [count][low_chunks * 64] or
  // mapped.
  const uint8_t* head_low_plane_rows(int first, int count, uint8_t* rows) const;
  // Removes the mapped low plane from the process's memory; to be called from time to time after it
  // was read. It may be called at any time, also while it is read.
  void release_low() const;
  // The ternary head [vocab x hidden].
  const TernaryMatrix& head_ternary() const { return head_ternary_; }
  // The int8 head.
  const HeadPlanes& head() const { return head_planes_; }
  // The vocabulary's bytes. They can be taken once: whoever parses them keeps what it needs.
  std::vector<uint8_t> take_vocabulary() { return std::move(vocabulary_); }
  // The bytes of the body in memory.
  size_t body_bytes() const { return body_.size(); }
  // The bytes of the output matrix that are read: all planes with their arrays, or f16.
  size_t head_bytes() const { return head_bytes_; }

 private:
  Weights() = default;
  bool allocate(std::string* error);
  void place_body(std::vector<SectionLoad>* loads);
  void place_head(std::vector<SectionLoad>* loads);
  void place_int8_head(std::vector<SectionLoad>* loads);
  bool map(std::string* error);
  bool map_ternary(std::string* error);
  const Section& ternary_head_section() const;
  const uint16_t* read_row(const Section& section, const uint16_t* mapped, int index,
                           uint16_t* row) const;

  std::unique_ptr<Pack> pack_;
  Memory body_;
  Memory head_;
  HeadKind head_kind_ = HeadKind::kInt8;
  std::vector<LayerWeights> layers_;
  const float* output_norm_ = nullptr;
  const float* rope_factors_ = nullptr;
  const Section* embedding_ = nullptr;
  const uint8_t* embedding_bytes_ = nullptr;  // mapped
  const Section* head_f16_ = nullptr;
  const Section* head_low_ = nullptr;
  const uint16_t* head_f16_rows_ = nullptr;
  HeadPlanes head_planes_;
  TernaryMatrix head_ternary_;
  TernaryMatrix embedding_ternary_;
  size_t head_bytes_ = 0;
  std::vector<uint8_t> vocabulary_;
};

}  // namespace sterna
