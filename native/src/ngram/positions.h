// The occurrences of an n-gram index's words, in the order of the files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "model/memory.h"

namespace sterna {

// A place in a file: the word there, and the previous position in its chain, plus one; 0 ends the
// chain. Both are in one array, because a step of a chain needs the words before an occurrence as
// well.
struct Position {
  uint32_t word;
  uint32_t previous;
};

// An array of positions that only grows, in chunks of one huge page each: the steps of a chain are
// far from each other, and with small pages most of them would miss in the TLB.
class Positions {
 public:
  // Makes room for so many positions. False when the system refuses the memory.
  bool reserve(size_t count) {
    while (chunks_.size() * kChunk < count) {
      Memory chunk(Memory::kHugePage);
      if (chunk.data() == nullptr) return false;
      chunks_.push_back(std::move(chunk));
    }
    return true;
  }
  // There must be room.
  void push(uint32_t word) { at(size_++) = {word, 0}; }
  void set_previous(size_t index, uint32_t previous) { at(index).previous = previous; }
  const Position& operator[](size_t index) const { return at(index); }
  size_t size() const { return size_; }
  // The bytes in use. The system provides no memory for the rest before it is written to.
  size_t bytes() const { return size_ * sizeof(Position); }

 private:
  static constexpr size_t kChunk = Memory::kHugePage / sizeof(Position);

  Position& at(size_t index) const {
    return reinterpret_cast<Position*>(chunks_[index / kChunk].data())[index % kChunk];
  }

  std::vector<Memory> chunks_;
  size_t size_ = 0;
};

}  // namespace sterna
