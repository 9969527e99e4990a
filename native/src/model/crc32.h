// CRC-32 (IEEE 802.3, reflected; the one of zlib), eight bytes at a time.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sterna {

// Continues `crc` (0 to start) over `size` bytes.
uint32_t crc32(uint32_t crc, const void* data, size_t size);

}  // namespace sterna
