#include "model/crc32.h"

#include <array>
#include <cstring>

namespace sterna {
namespace {

using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ ((c & 1) ? 0xedb88320u : 0);
    tables[0][i] = c;
  }
  for (uint32_t i = 0; i < 256; ++i) {
    for (int t = 1; t < 8; ++t) {
      const uint32_t before = tables[t - 1][i];
      tables[t][i] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

// The product of two polynomials modulo the CRC's polynomial; bit 31 is the coefficient of x^0.
uint32_t multiply(uint32_t a, uint32_t b) {
  uint32_t product = 0;
  for (uint32_t bit = 1u << 31; bit != 0; bit >>= 1) {
    if (a & bit) product ^= b;
    b = (b >> 1) ^ ((b & 1) ? 0xedb88320u : 0);
  }
  return product;
}

}  // namespace

uint32_t crc32_table(uint32_t crc, const void* data, size_t size) {
  const auto* p = static_cast<const uint8_t*>(data);
  uint32_t c = ~crc;
  for (; size >= 8; p += 8, size -= 8) {
    uint32_t low, high;
    std::memcpy(&low, p, 4);
    std::memcpy(&high, p + 4, 4);
    low ^= c;
    c = kTables[7][low & 0xff] ^ kTables[6][(low >> 8) & 0xff] ^ kTables[5][(low >> 16) & 0xff] ^
        kTables[4][low >> 24] ^ kTables[3][high & 0xff] ^ kTables[2][(high >> 8) & 0xff] ^
        kTables[1][(high >> 16) & 0xff] ^ kTables[0][high >> 24];
  }
  for (; size > 0; ++p, --size) c = (c >> 8) ^ kTables[0][(c ^ *p) & 0xff];
  return ~c;
}

uint32_t crc32(uint32_t crc, const void* data, size_t size) {
  static const Crc32 fastest = crc32_pclmul() ? crc32_pclmul() : crc32_table;
  return fastest(crc, data, size);
}

uint32_t crc32_combine(uint32_t first, uint32_t second, uint64_t second_size) {
  // With n bytes after it, the first CRC counts x^(8n) times as much.
  uint32_t power = 1u << 31;
  uint32_t square = 1u << 23;  // x^8
  for (; second_size != 0; second_size >>= 1) {
    if (second_size & 1) power = multiply(power, square);
    square = multiply(square, square);
  }
  return multiply(first, power) ^ second;
}

}  // namespace sterna
