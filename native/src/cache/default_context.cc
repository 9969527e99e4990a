#include "cache/default_context.h"

#include <algorithm>

namespace sterna {
namespace {

constexpr int kLeast = 4096;                    // in positions
constexpr size_t kMostBytes = size_t{2} << 30;  // of the keys and values of one context

}  // namespace

int default_context(const KvLayout& layout, int trained, size_t machine_bytes) {
  const size_t pages = std::min(machine_bytes / 8, kMostBytes) / layout.page_bytes();
  const size_t affordable = std::max(pages * kKvBlock, static_cast<size_t>(kLeast));
  return static_cast<int>(std::min(affordable, static_cast<size_t>(trained)));
}

}  // namespace sterna
