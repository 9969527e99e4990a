// Anonymous memory for weights and caches: zeroed, aligned to 64 bytes, in huge pages where the
// system has them, and backed by RAM only once it is touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace sterna {

class Memory {
 public:
  Memory() = default;
  // data() is null when the system refuses. From kHugePage bytes on the memory begins at a multiple
  // of kHugePage.
  explicit Memory(size_t size);
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
  size_t reserved_ = 0;  // bytes of address space from data_ on
};

// The bytes of memory that this machine has.
size_t machine_memory();

}  // namespace sterna
