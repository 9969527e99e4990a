// Decodes T16 by table look-up in registers (AVX-512 VBMI). Include it after avx512.h, in files
// that are compiled for these instructions.
#pragma once

#include "kernels/avx512.h"

namespace sterna {
namespace {

// Three tables of 64 bytes, indexed by a byte's low six bits: the four codes of c as 2-bit fields
// where the top bits are 0..2; the same of 64 + (i mod 17), and t << 6 = (i div 17) << 6, where
// they are 3.
struct Tables {
  alignas(64) uint8_t fields[64];
  alignas(64) uint8_t fields_rest[64];
  alignas(64) uint8_t top_rest[64];
};

constexpr uint8_t fields_of(int c) {
  int fields = 0;
  for (int p = 0; p < 4; ++p, c /= 3) fields |= (c % 3) << (2 * p);
  return static_cast<uint8_t>(fields);
}

constexpr Tables make_tables() {
  Tables t{};
  for (int i = 0; i < 64; ++i) {
    t.fields[i] = fields_of(i);
    t.fields_rest[i] = i < 51 ? fields_of(64 + i % 17) : 0;
    t.top_rest[i] = i < 51 ? static_cast<uint8_t>((i / 17) << 6) : 0;
  }
  return t;
}

constexpr Tables kTables = make_tables();

// Decodes a vector of T16 bytes into four 2-bit fields (columns 0..15) and the fifth code times 64.
struct Decoder {
  const __m512i fields = _mm512_load_si512(kTables.fields);
  const __m512i fields_rest = _mm512_load_si512(kTables.fields_rest);
  const __m512i top_rest = _mm512_load_si512(kTables.top_rest);
  const __m512i top_mask = _mm512_set1_epi8(static_cast<char>(0xc0));

  inline void operator()(const uint8_t* from, __m512i& four, __m512i& fifth) const {
    const __m512i b = _mm512_loadu_si512(from);
    const __mmask64 rest = _mm512_cmpge_epu8_mask(b, top_mask);
    four = _mm512_mask_permutexvar_epi8(_mm512_permutexvar_epi8(b, fields), rest, b, fields_rest);
    fifth = _mm512_mask_permutexvar_epi8(_mm512_and_si512(b, top_mask), rest, b, top_rest);
  }
};

inline void t16_unpack(const uint8_t* tile, int k_steps, uint8_t* bytes) {
  const Decoder decode;
  const __m512i mask = _mm512_set1_epi8(0x03);
  for (int step = 0; step < k_steps; ++step) {
    prefetch_piece(tile);
    for (int v = 0; v < 2; ++v) {
      __m512i four, fifth;
      decode(tile + 64 * v, four, fifth);
      uint8_t* to = bytes + 64 * v;
      _mm512_store_si512(to, _mm512_and_si512(four, mask));
      _mm512_store_si512(to + 128, _mm512_and_si512(_mm512_srli_epi16(four, 2), mask));
      _mm512_store_si512(to + 256, _mm512_and_si512(_mm512_srli_epi16(four, 4), mask));
      _mm512_store_si512(to + 384, _mm512_and_si512(_mm512_srli_epi16(four, 6), mask));
      _mm512_store_si512(to + 512, _mm512_and_si512(_mm512_srli_epi16(fifth, 6), mask));
    }
    tile += kTileBytes;
    bytes += 640;
  }
}

}  // namespace
}  // namespace sterna
