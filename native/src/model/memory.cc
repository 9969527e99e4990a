#include "model/memory.h"

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>
#else
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#endif

namespace sterna {

#ifdef _WIN32

Memory::Memory(size_t size) {
  if (size == 0) return;
  data_ =
      static_cast<uint8_t*>(VirtualAlloc(nullptr, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
  if (data_) size_ = size;
}

Memory::~Memory() {
  if (data_) VirtualFree(data_, 0, MEM_RELEASE);
}

size_t machine_memory() {
  MEMORYSTATUSEX status = {};
  status.dwLength = sizeof(status);
  return GlobalMemoryStatusEx(&status) ? static_cast<size_t>(status.ullTotalPhys) : 0;
}

#else

#ifdef STERNA_CHECKED_MEMORY

// Taken from the heap, where the address sanitizer notices every byte out of bounds.
Memory::Memory(size_t size) {
  void* p = nullptr;
  if (size == 0 || posix_memalign(&p, size >= kHugePage ? kHugePage : 4096, size) != 0) return;
  data_ = static_cast<uint8_t*>(std::memset(p, 0, size));
  size_ = size;
}

Memory::~Memory() { std::free(data_); }

#else

Memory::Memory(size_t size) {
  if (size == 0) return;
  // Reading is faster from huge pages (docs/measurements/kernels.md).
  const bool huge = size >= kHugePage;
  // Only whole, aligned huge pages can be huge. So address space for one more is reserved, and what
  // is left over at both ends is given back. What remains after the last huge page is in small
  // pages.
  const size_t mapped = huge ? size + kHugePage : size;
  void* p = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) return;
  data_ = static_cast<uint8_t*>(p);
  reserved_ = size;
  if (huge) {
    const size_t before = (kHugePage - reinterpret_cast<uintptr_t>(p) % kHugePage) % kHugePage;
    if (before > 0) munmap(data_, before);
    data_ += before;
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    reserved_ = (size + page - 1) / page * page;
    if (before + reserved_ < mapped) munmap(data_ + reserved_, mapped - before - reserved_);
#ifdef MADV_HUGEPAGE
    madvise(data_, size / kHugePage * kHugePage, MADV_HUGEPAGE);  // only advice
#endif
  }
  size_ = size;
}

Memory::~Memory() {
  if (data_) munmap(data_, reserved_);
}

#endif

size_t machine_memory() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page_size = sysconf(_SC_PAGESIZE);
  return pages > 0 && page_size > 0 ? static_cast<size_t>(pages) * static_cast<size_t>(page_size)
                                    : 0;
}

#endif

}  // namespace sterna
