// CRC-32 (IEEE 802.3, reflected), the same as zlib's.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sterna {

// Continues `crc` (0 to start) over `size` bytes in the fastest way that this CPU has.
uint32_t crc32(uint32_t crc, const void* data, size_t size);

// The CRC of two adjacent pieces, computed from their own CRCs; `second` covers `second_size`
// bytes.
uint32_t crc32_combine(uint32_t first, uint32_t second, uint64_t second_size);

// Below are the ways to compute it. This one uses tables for eight bytes at a time: about 2 GB/s.
uint32_t crc32_table(uint32_t crc, const void* data, size_t size);
// This one uses carry-less multiplication: about 25 GB/s, faster than the page cache gives a file.
using Crc32 = uint32_t (*)(uint32_t crc, const void* data, size_t size);
// Null where the CPU lacks the instructions or the compiler does not target x86.
Crc32 crc32_pclmul();

}  // namespace sterna
