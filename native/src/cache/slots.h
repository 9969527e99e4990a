// The cache of prompts: a few slots, exact longest-common-prefix reuse, least recently used out
// first.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "cache/kv_slot.h"

namespace sterna {

size_t common_prefix(std::span<const int32_t> a, std::span<const int32_t> b);

// What the choice of a slot needs to know of it.
struct SlotView {
  std::span<const int32_t> tokens;
  uint64_t last_use = 0;
  bool busy = false;
};

// Index of the slot that a prompt should continue, or -1 when all are busy. The longest common
// prefix wins where it is worth keeping: at least half of what the slot holds or half of the
// prompt. Otherwise the prompt would throw away another one's work for the sake of a few tokens (a
// header that all prompts share), so it takes an empty slot or the one unused for longest.
int choose_slot(std::span<const SlotView> slots, std::span<const int32_t> prompt);

class Slots {
 public:
  Slots(const ModelConfig& config, int count, int capacity);

  // The slot for a prompt, cut back to the common prefix and marked busy; null when all are busy or
  // memory ran out. At least the prompt's last token is left to compute when `keep_last` is set,
  // because its logits are wanted.
  // `numerics` tells apart ways of computing that give different keys and values (quantised
  // activations or not): what one way has computed is no prefix of a prompt of the other.
  KvSlot* acquire(std::span<const int32_t> prompt, bool keep_last, int numerics);
  void release(KvSlot* slot);
  // Forgets the tokens of all slots that are not busy.
  void clear();
  size_t bytes() const;

 private:
  struct Entry {
    std::unique_ptr<KvSlot> slot;  // allocated on first use
    uint64_t last_use = 0;
    bool busy = false;
    int numerics = 0;
  };

  ModelConfig config_;
  int capacity_;
  uint64_t clock_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace sterna
