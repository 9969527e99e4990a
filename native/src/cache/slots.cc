#include "cache/slots.h"

#include <algorithm>

namespace sterna {

size_t common_prefix(std::span<const int32_t> a, std::span<const int32_t> b) {
  const size_t n = std::min(a.size(), b.size());
  size_t i = 0;
  while (i < n && a[i] == b[i]) ++i;
  return i;
}

int choose_slot(std::span<const SlotView> slots, std::span<const int32_t> prompt) {
  int best = -1;
  size_t best_shared = 0;
  int oldest = -1;
  for (int i = 0; i < static_cast<int>(slots.size()); ++i) {
    const SlotView& slot = slots[i];
    if (slot.busy) continue;
    const size_t shared = common_prefix(slot.tokens, prompt);
    if (shared > best_shared && 2 * shared >= std::min(slot.tokens.size(), prompt.size())) {
      best = i;
      best_shared = shared;
    }
    const auto age = [&](int k) {
      return slots[k].tokens.empty() ? 0 : slots[k].last_use;  // empty ones first
    };
    if (oldest < 0 || age(i) < age(oldest)) oldest = i;
  }
  return best >= 0 ? best : oldest;
}

Slots::Slots(const ModelConfig& config, int count, int capacity)
    : config_(config), capacity_(capacity), entries_(static_cast<size_t>(count)) {}

KvSlot* Slots::acquire(std::span<const int32_t> prompt, bool keep_last, int numerics) {
  std::vector<SlotView> views;
  for (const Entry& entry : entries_) {
    SlotView view{{}, entry.last_use, entry.busy};
    if (entry.slot && entry.numerics == numerics) view.tokens = entry.slot->tokens();
    views.push_back(view);
  }
  const int index = choose_slot(views, prompt);
  if (index < 0) return nullptr;
  Entry& entry = entries_[static_cast<size_t>(index)];
  if (!entry.slot) {
    auto slot = std::make_unique<KvSlot>(config_, capacity_);
    if (!slot->ok()) return nullptr;
    entry.slot = std::move(slot);
  }
  size_t shared = common_prefix(views[static_cast<size_t>(index)].tokens, prompt);
  if (keep_last && shared == prompt.size() && shared > 0) --shared;
  entry.slot->truncate(shared);
  entry.busy = true;
  entry.numerics = numerics;
  entry.last_use = ++clock_;
  return entry.slot.get();
}

void Slots::release(KvSlot* slot) {
  for (Entry& entry : entries_) {
    if (entry.slot.get() != slot) continue;
    entry.busy = false;
    entry.last_use = ++clock_;
  }
}

void Slots::clear() {
  for (Entry& entry : entries_) {
    if (entry.slot && !entry.busy) entry.slot->truncate(0);
  }
}

size_t Slots::bytes() const {
  size_t total = 0;
  for (const Entry& entry : entries_) total += entry.slot ? entry.slot->bytes() : 0;
  return total;
}

}  // namespace sterna
