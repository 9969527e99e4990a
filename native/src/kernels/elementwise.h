// Operations on single elements: plain loops, which the compiler vectorises for the CPU of the file
// that includes this one. No operation is fused or reordered, so all sets agree bit for bit.
#pragma once

#include <cstdint>

namespace sterna {
namespace {

// `out` may be `x`.
inline void scale_norm(const float* x, float inverse, const float* w, float* out, int n) {
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC ivdep
#endif
  for (int i = 0; i < n; ++i) out[i] = x[i] * inverse * w[i];
}

inline void relu_squared(const float* __restrict gate, const float* __restrict up,
                         float* __restrict out, int n) {
  for (int i = 0; i < n; ++i) {
    const float g = gate[i] > 0 ? gate[i] : 0;
    out[i] = g * g * up[i];
  }
}

inline void rescale(const int32_t* __restrict sums, float inverse, const float* __restrict scales,
                    bool add, float* __restrict out, int n) {
  if (add) {
    for (int i = 0; i < n; ++i) out[i] += static_cast<float>(sums[i]) * inverse * scales[i];
  } else {
    for (int i = 0; i < n; ++i) out[i] = static_cast<float>(sums[i]) * inverse * scales[i];
  }
}

inline void rotate(float* __restrict x, const float* __restrict cosine,
                   const float* __restrict sine, float scale, int n) {
  for (int i = 0; i < n; ++i) {
    const float a = x[i];
    const float b = x[n + i];
    x[i] = (a * cosine[i] - b * sine[i]) * scale;
    x[n + i] = (a * sine[i] + b * cosine[i]) * scale;
  }
}

}  // namespace
}  // namespace sterna
