// The loops for AMX-INT8. Compiled for a CPU with these instructions, so the rules of
// kernels/avx2.cc apply.
#include "bench/loops.h"

#if (defined(__x86_64__) || defined(_M_X64)) && defined(__linux__)

#include <immintrin.h>

namespace sterna {

namespace {

struct alignas(64) TileConfig {
  uint8_t palette = 1;
  uint8_t start = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16};
};

// A variable of its own, because the compiler believes that loading it reads eight bytes only.
constexpr TileConfig kTileConfig;

void multiply_add(int64_t rounds) {
  _tile_loadconfig(&kTileConfig);
  _tile_zero(4);
  _tile_zero(5);
  for (int64_t round = 0; round < rounds; ++round) {
    _tile_dpbsud(0, 4, 5);
    _tile_dpbsud(1, 4, 5);
    _tile_dpbsud(2, 4, 5);
    _tile_dpbsud(3, 4, 5);
  }
  _tile_release();
}

}  // namespace

MacLoop mac_amx() { return {multiply_add, 4 * 16 * 16 * 64}; }

}  // namespace sterna

#else

namespace sterna {
MacLoop mac_amx() { return {}; }
}  // namespace sterna

#endif
