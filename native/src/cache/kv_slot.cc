#include "cache/kv_slot.h"

namespace sterna {

KvSlot::KvSlot(const ModelConfig& config, int capacity)
    : capacity_(capacity), kv_heads_(config.kv_head_count), head_dim_(config.head_dim) {
  const size_t half = static_cast<size_t>(config.layer_count) * kv_heads_ * capacity_ * head_dim_;
  // No huge pages: a short prompt touches the beginning of every head's run, and only that should
  // take RAM.
  memory_ = Memory(half * 2 * sizeof(uint16_t), /*huge_pages=*/false);
  keys_ = reinterpret_cast<uint16_t*>(memory_.data());
  values_ = keys_ + half;
}

}  // namespace sterna
