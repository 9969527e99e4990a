// The unit of the cache: keys and values of 32 positions of all layers and KV heads.
//
// Layout: [layer][kv_head][kv_block_bytes]; the attention of one head reads whole blocks
// (kernels.h).
#pragma once

#include <cstdint>
#include <utility>

#include "kernels/kernels.h"
#include "model/config.h"
#include "model/memory.h"

namespace sterna {

struct KvLayout {
  explicit KvLayout(const ModelConfig& config, KvFormat kept = KvFormat::kF16)
      : layers(config.layer_count),
        kv_heads(config.kv_head_count),
        format(kept),
        block_bytes(kv_block_bytes(kept, config.head_dim)) {}

  size_t page_bytes() const { return static_cast<size_t>(layers) * kv_heads * block_bytes; }
  size_t pages(size_t positions) const { return (positions + kKvBlock - 1) / kKvBlock; }
  // An offset in bytes from the beginning of the page.
  size_t offset(int layer, int kv_head) const {
    return (static_cast<size_t>(layer) * kv_heads + kv_head) * block_bytes;
  }

  int layers;
  int kv_heads;
  KvFormat format;
  size_t block_bytes;
};

// Each page is an allocation of its own, so that the memory of an evicted one goes back to the
// system. Positions that have not been written hold garbage.
using KvPage = Memory;

}  // namespace sterna
