// The float part of a product with scales per group, written once for all instruction sets. V is a
// vector of sixteen floats as attention.h describes it. It also needs load_i32, which loads sixteen
// int32 and converts them to floats.
#pragma once

#include "kernels/grouped.h"

namespace sterna {
namespace {

template <class V>
void add_group(const GroupSums& g) {
  const V low = V::load_f16(g.scales);
  const V high = V::load_f16(g.scales + 16);
  for (int i = 0; i < g.m; ++i) {
    const int32_t* sums = g.sums + static_cast<size_t>(i) * kTileRows;
    float* out = g.out + static_cast<size_t>(i) * g.ldo;
    const V x = V::set1(g.x_scales[i]);
    V::store(out, V::fma(V::load_i32(sums), V::mul(low, x), V::load(out)));
    V::store(out + 16, V::fma(V::load_i32(sums + 16), V::mul(high, x), V::load(out + 16)));
  }
}

}  // namespace
}  // namespace sterna
