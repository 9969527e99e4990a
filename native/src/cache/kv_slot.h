// Keys and values of one prompt, in f16, with the tokens they belong to.
//
// Layout of each of the two blocks: [layer][kv_head][position][head_dim], so that one head's scan
// over the positions is one linear stream. Positions beyond `tokens().size()` are garbage that the
// next write replaces.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/config.h"
#include "model/memory.h"

namespace sterna {

class KvSlot {
 public:
  // `capacity` positions. ok() is false when the system has no memory for it.
  KvSlot(const ModelConfig& config, int capacity);

  bool ok() const { return memory_.data() != nullptr; }
  int capacity() const { return capacity_; }
  size_t bytes() const { return memory_.size(); }
  const std::vector<int32_t>& tokens() const { return tokens_; }

  uint16_t* key(int layer, int kv_head, int position) {
    return keys_ + offset(layer, kv_head, position);
  }
  uint16_t* value(int layer, int kv_head, int position) {
    return values_ + offset(layer, kv_head, position);
  }

  // Declares the positions behind the present end as written.
  void append(std::span<const int32_t> tokens) {
    tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  }
  void truncate(size_t length) {
    tokens_.resize(length < tokens_.size() ? length : tokens_.size());
  }

 private:
  size_t offset(int layer, int kv_head, int position) const {
    return ((static_cast<size_t>(layer) * kv_heads_ + kv_head) * capacity_ + position) * head_dim_;
  }

  int capacity_;
  int kv_heads_;
  int head_dim_;
  Memory memory_;
  uint16_t* keys_ = nullptr;
  uint16_t* values_ = nullptr;
  std::vector<int32_t> tokens_;
};

}  // namespace sterna
