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
  // `huge_pages` asks for them, from kHugePage bytes up: the memory then begins at a multiple of
  // kHugePage and takes up whole ones, but for a rest of less than half a one. Say no for memory
  // that is touched sparsely, where they would cost RAM.
  explicit Memory(size_t size, bool huge_pages = true);
  ~Memory();
  Memory(Memory&& other) noexcept { *this = std::move(other); }
  Memory& operator=(Memory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(reserved_, other.reserved_);
    return *this;
  }

  uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

  static constexpr size_t kHugePage = size_t{2} << 20;

 private:
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  size_t reserved_ = 0;  // bytes of address space behind data_
};

// Bytes of memory that this machine has.
size_t machine_memory();

}  // namespace sterna
