#include "ngram/word_table.h"

namespace sterna {

std::string_view WordTable::word(uint32_t id) const {
  return std::string_view(text_).substr(starts_[id], starts_[id + 1] - starts_[id]);
}

// The slot that holds the word, or the free slot where it would be put.
size_t WordTable::slot_of(std::string_view word) const {
  const size_t mask = slots_.size() - 1;
  uint64_t hash = hash_bytes(word);
  size_t slot = (hash ^ (hash >> 32)) & mask;
  while (slots_[slot] != kUnknown && this->word(slots_[slot]) != word) slot = (slot + 1) & mask;
  return slot;
}

uint32_t WordTable::find(std::string_view word) const { return slots_[slot_of(word)]; }

uint32_t WordTable::intern(std::string_view word) {
  size_t slot = slot_of(word);
  if (slots_[slot] != kUnknown) return slots_[slot];
  if (2 * (size() + 1) > slots_.size()) {
    grow();
    slot = slot_of(word);
  }
  const uint32_t id = static_cast<uint32_t>(size());
  text_ += word;
  starts_.push_back(static_cast<uint32_t>(text_.size()));
  slots_[slot] = id;
  return id;
}

void WordTable::grow() {
  slots_.assign(2 * slots_.size(), kUnknown);
  for (uint32_t id = 0; id < size(); ++id) slots_[slot_of(word(id))] = id;
}

size_t WordTable::bytes() const {
  return text_.capacity() + sizeof(uint32_t) * (starts_.capacity() + slots_.capacity());
}

}  // namespace sterna
