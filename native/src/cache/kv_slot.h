// Keys and values of one prompt, in f16, with the tokens they belong to.
//
// Layout: [block of 32 positions][layer][kv_head][kv_block_size], see kernels.h: a prompt takes the
// memory of the blocks it reaches, and one head's scan reads whole blocks. Positions beyond
// `tokens().size()` are garbage that the next write replaces.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/kernels.h"
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

  // Keys and values of positions 32 * block .. 32 * block + 31.
  uint16_t* block(int layer, int kv_head, int block) {
    const size_t index = (static_cast<size_t>(block) * layers_ + layer) * kv_heads_ + kv_head;
    return reinterpret_cast<uint16_t*>(memory_.data()) + index * block_size_;
  }

  // Declares the positions behind the present end as written.
  void append(std::span<const int32_t> tokens) {
    tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  }
  void truncate(size_t length) {
    tokens_.resize(length < tokens_.size() ? length : tokens_.size());
  }

 private:
  int capacity_;
  int layers_;
  int kv_heads_;
  size_t block_size_;  // elements
  Memory memory_;
  std::vector<int32_t> tokens_;
};

}  // namespace sterna
