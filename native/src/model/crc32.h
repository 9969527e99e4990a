// CRC-32 (IEEE 802.3, reflected; the one of zlib).
#pragma once

#include <cstddef>
#include <cstdint>

namespace sterna {

// Continues `crc` (0 to start) over `size` bytes, in the fastest way that this CPU has.
uint32_t crc32(uint32_t crc, const void* data, size_t size);

// CRC of two pieces, one behind the other, out of their own; `second` is that of `second_size`
// bytes.
uint32_t crc32_combine(uint32_t first, uint32_t second, uint64_t second_size);

// The ways to compute it. By tables, eight bytes at a time: about 2 GB/s.
uint32_t crc32_table(uint32_t crc, const void* data, size_t size);
// By carry-less multiplication: about 15 GB/s.
using Crc32 = uint32_t (*)(uint32_t crc, const void* data, size_t size);
// Null where the CPU cannot, or the compiler does not target x86.
Crc32 crc32_pclmul();

}  // namespace sterna
