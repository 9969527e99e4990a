// Fused multiply-add, and the exponential that attention uses. Both give the same bits on every
// machine.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/f16.h"

namespace sterna {

// a * b + c, rounded once. Where the compiler may not use the instruction, the product is exact in
// double, and the sum is rounded to odd by hand where that decides the rounding to float.
static inline float fused_multiply_add(float a, float b, float c) {
#if defined(__FMA__) || defined(__aarch64__)
  return __builtin_fmaf(a, b, c);
#else
  const double product = static_cast<double>(a) * static_cast<double>(b);
  const double wide = static_cast<double>(c);
  double sum = product + wide;
  const double magnitude = sum < 0 ? -sum : sum;
  if (!(magnitude < 1e300)) return static_cast<float>(sum);  // infinite or NaN
  if (magnitude < 1.1754944e-38 && magnitude > 0) return std::fmaf(a, b, c);
  uint64_t bits;
  std::memcpy(&bits, &sum, sizeof bits);
  if ((bits & 0x1fffffffu) == 0x10000000u) {  // seems to be half way between two floats
    const double back = sum - product;
    const double error = (product - (sum - back)) + (wide - back);
    if (error != 0) {
      bits += ((error > 0) == (sum > 0)) ? 1 : -1;
      std::memcpy(&sum, &bits, sizeof sum);
    }
  }
  return static_cast<float>(sum);
#endif
}

// Constants of exp(x) for x <= 0: x = n ln 2 + r with |r| <= 0.35. A polynomial in r (with Taylor's
// coefficients; the first omitted term is below 2^-23 there) is multiplied by 2^n through the
// exponent's bits.
inline constexpr float kExpLowest = -86.0f;  // for smaller x the result is exp(-86) = 4.5e-38
inline constexpr float kLog2E = 1.44269504f;
inline constexpr float kRoundMagic = 12582912.0f;  // 1.5 * 2^23: the sum's low bits are the integer
inline constexpr float kLn2High = 0.693359375f;    // few bits, so that n * this is exact
inline constexpr float kLn2Low = -2.12194440e-4f;
inline constexpr float kExpTerms[] = {1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6,
                                      0.5f,       1.0f,       1.0f};

// exp(x) for x <= 0, as one lane of the vector versions computes it.
static inline float exp_weight(float x) {
  const float t = x > kExpLowest ? x : kExpLowest;
  const float z = fused_multiply_add(t, kLog2E, kRoundMagic);
  const float n = z - kRoundMagic;
  float r = fused_multiply_add(n, -kLn2High, t);
  r = fused_multiply_add(n, -kLn2Low, r);
  float p = kExpTerms[0];
  for (int i = 1; i < 7; ++i) p = fused_multiply_add(p, r, kExpTerms[i]);
  return f32_from_bits(f32_to_bits(p) + (f32_to_bits(z) << 23));
}

}  // namespace sterna
