#include "cache/kv_slot.h"

namespace sterna {

KvSlot::KvSlot(const ModelConfig& config, int capacity)
    : capacity_(capacity),
      layers_(config.layer_count),
      kv_heads_(config.kv_head_count),
      block_size_(kv_block_size(config.head_dim)) {
  const size_t blocks = static_cast<size_t>(capacity + kKvBlock - 1) / kKvBlock;
  // No huge pages: only the blocks that a prompt reaches should take RAM.
  memory_ = Memory(blocks * layers_ * kv_heads_ * block_size_ * sizeof(uint16_t),
                   /*huge_pages=*/false);
}

}  // namespace sterna
