// SiLU with the exponential of attention, written once for all instruction sets. V is a vector of
// sixteen floats as attention.h describes it. It also needs div, and where_negative(x, a, b), which
// is a where x is negative and b elsewhere.
#pragma once

#include "kernels/attention.h"

namespace sterna {
namespace {

// gate / (1 + exp(-gate)) * up. The exponential is of -|gate|, so that it cannot overflow.
template <class V>
inline V silu_lanes(V gate, V up) {
  const V one = V::set1(1);
  const V minus = V::set1(-1);
  const V e = exp_weights(V::mul(V::max(gate, V::mul(gate, minus)), minus));
  const V positive = V::div(one, V::add(one, e));
  const V sigmoid = V::where_negative(gate, V::mul(e, positive), positive);
  return V::mul(V::mul(gate, sigmoid), up);
}

template <class V>
void silu(const float* gate, const float* up, float* out, int n) {
  const int body = n & ~15;
  for (int i = 0; i < body; i += 16) {
    V::store(out + i, silu_lanes(V::load(gate + i), V::load(up + i)));
  }
  if (body == n) return;
  float gates[16] = {};
  float ups[16] = {};
  float tail[16];
  for (int i = body; i < n; ++i) {
    gates[i - body] = gate[i];
    ups[i - body] = up[i];
  }
  V::store(tail, silu_lanes(V::load(gates), V::load(ups)));
  for (int i = body; i < n; ++i) out[i] = tail[i - body];
}

}  // namespace
}  // namespace sterna
