// One block of memory from which buffers are taken, each starting at a cache line.
//
// The code that takes the buffers runs twice: first with an arena that has no memory and only
// counts the bytes, then with one that has as many.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sterna {

class Arena {
 public:
  static constexpr size_t kAlignment = 64;

  // An arena that only counts.
  Arena() = default;
  // `memory` is aligned to kAlignment and has as many bytes as were counted.
  explicit Arena(uint8_t* memory) : memory_(memory) {}

  // Takes room for `count` elements; null while bytes are counted.
  template <class T>
  T* take(size_t count) {
    const size_t begin = bytes_;
    bytes_ += (count * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
    return memory_ ? reinterpret_cast<T*>(memory_ + begin) : nullptr;
  }
  size_t bytes() const { return bytes_; }

 private:
  uint8_t* memory_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace sterna
