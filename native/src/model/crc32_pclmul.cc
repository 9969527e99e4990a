// CRC-32 by carry-less multiplication (Gopal et al., "Fast CRC computation for generic polynomials
// using PCLMULQDQ", Intel 2009). Four vectors of 16 bytes are carried along the data; each is
// multiplied by the power of x that moves it past the 64 bytes between. What is left are 16 bytes
// with the CRC of everything before them, which the tables finish.
#include "kernels/cpuid.h"
#include "model/crc32.h"

#if defined(__PCLMUL__) && defined(__SSE4_1__)
#include <immintrin.h>
#endif

namespace sterna {

#if defined(__PCLMUL__) && defined(__SSE4_1__)

namespace {

// x^n modulo the polynomial, reflected, as a factor for reflected 64-bit halves. Their product has
// 127 bits, one less than 128, hence the shift.
constexpr uint64_t power(int n) {
  uint32_t value = 1u << 31;  // x^0
  for (int i = 0; i < n; ++i) value = (value >> 1) ^ ((value & 1) ? 0xedb88320u : 0);
  return uint64_t{value} << 1;
}

// Moves a vector past `bits` bits; its low half, which comes first, is 64 bits further away.
template <int bits>
inline __m128i lift(__m128i a, __m128i next) {
  const __m128i factors = _mm_set_epi64x(static_cast<int64_t>(power(bits - 32)),
                                         static_cast<int64_t>(power(bits + 32)));
  const __m128i low = _mm_clmulepi64_si128(a, factors, 0x00);
  const __m128i high = _mm_clmulepi64_si128(a, factors, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

inline __m128i load(const uint8_t* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}

uint32_t by_multiplication(uint32_t crc, const void* data, size_t size) {
  if (size < 128) return crc32_table(crc, data, size);
  const auto* p = static_cast<const uint8_t*>(data);
  __m128i a = _mm_xor_si128(load(p), _mm_cvtsi32_si128(static_cast<int>(~crc)));
  __m128i b = load(p + 16);
  __m128i c = load(p + 32);
  __m128i d = load(p + 48);
  for (p += 64, size -= 64; size >= 64; p += 64, size -= 64) {
    a = lift<512>(a, load(p));
    b = lift<512>(b, load(p + 16));
    c = lift<512>(c, load(p + 32));
    d = lift<512>(d, load(p + 48));
  }
  a = lift<128>(a, b);
  a = lift<128>(a, c);
  a = lift<128>(a, d);
  alignas(16) uint8_t rest[16];
  _mm_store_si128(reinterpret_cast<__m128i*>(rest), a);
  // The tables start from zero, because the running value is in the bytes already.
  return crc32_table(crc32_table(~0u, rest, sizeof rest), p, size);
}

}  // namespace

Crc32 crc32_pclmul() {
  const CpuLeaf one = cpu_leaf(1);
  return has_bit(one.c, 1) && has_bit(one.c, 19) ? by_multiplication : nullptr;
}

#else

Crc32 crc32_pclmul() { return nullptr; }

#endif

}  // namespace sterna
