// Anonymous memory for weights and caches: zeroed, aligned to 64 bytes, in huge pages where the
// system gives them, and only backed by RAM once touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace sterna {

class Memory {
 public:
  Memory() = default;
  // data() is null when the system refuses.
  // `huge_pages` asks for them; say no for memory that is touched sparsely, where they would cost
  // RAM.
  explicit Memory(size_t size, bool huge_pages = true);
  ~Memory();
  Memory(Memory&& other) noexcept { *this = std::move(other); }
  Memory& operator=(Memory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }

  uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace sterna
