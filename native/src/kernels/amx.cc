// AMX-INT8 + AVX-512 VBMI: many tokens by matrix tiles, sixteen times the multiply-adds of an
// instruction on vectors (measured: 3,100 GMAC/s on one core, where vpdpbusd does 430).
#include "kernels/kernels.h"

#if (defined(__x86_64__) || defined(_M_X64)) && defined(__linux__)

#include <sys/syscall.h>
#include <unistd.h>

#include "kernels/t16.h"

namespace sterna {
namespace {

// The cost of 128 bytes of T16 is about 37 cycles for up to 16 tokens, 17 of them for unpacking; on
// vectors it is 36 for 4 tokens and 60 for 8.
constexpr int kTilesFrom = 5;
// Columns unpacked at a time: a multiple of 64.
constexpr int kColumns = 1280;

struct alignas(64) TileConfig {
  uint8_t palette = 1;
  uint8_t start = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

// In memory of its own: the compiler believes that loading it reads eight bytes only.
constexpr TileConfig kTileConfig;

// Sums [tokens][32] of 64 * k64 columns: weights [k / 4][32 rows][4] unsigned, x [tokens][kp]
// signed. 32 tokens x 32 rows at a time in tiles 0..3. `tokens` is a multiple of 16.
void tile_sums(const uint8_t* w, int k64, const int8_t* x, size_t kp, int tokens, bool first,
               int32_t* sums) {
  constexpr int kStride = kTileRows * sizeof(int32_t);
  for (int i = 0; i < tokens; i += 32) {
    int32_t* s = sums + i * kTileRows;
    const int8_t* xi = x + i * kp;
    const bool both = i + 32 <= tokens;
    if (first) {
      _tile_zero(0);
      _tile_zero(1);
      _tile_zero(2);
      _tile_zero(3);
    } else {
      _tile_loadd(0, s, kStride);
      _tile_loadd(1, s + 16, kStride);
      if (both) {
        _tile_loadd(2, s + 16 * kTileRows, kStride);
        _tile_loadd(3, s + 16 * kTileRows + 16, kStride);
      }
    }
    if (both) {
      for (int k = 0; k < k64; ++k) {
        const uint8_t* wk = w + static_cast<size_t>(k) * 64 * kTileRows;
        _tile_loadd(6, wk, 128);
        _tile_loadd(4, xi + k * 64, kp);
        _tile_loadd(7, wk + 64, 128);
        _tile_dpbsud(0, 4, 6);
        _tile_loadd(5, xi + 16 * kp + k * 64, kp);
        _tile_dpbsud(1, 4, 7);
        _tile_dpbsud(2, 5, 6);
        _tile_dpbsud(3, 5, 7);
      }
    } else {
      for (int k = 0; k < k64; ++k) {
        const uint8_t* wk = w + static_cast<size_t>(k) * 64 * kTileRows;
        _tile_loadd(6, wk, 128);
        _tile_loadd(4, xi + k * 64, kp);
        _tile_loadd(7, wk + 64, 128);
        _tile_dpbsud(0, 4, 6);
        _tile_dpbsud(1, 4, 7);
      }
    }
    _tile_stored(0, s, kStride);
    _tile_stored(1, s + 16, kStride);
    if (both) {
      _tile_stored(2, s + 16 * kTileRows, kStride);
      _tile_stored(3, s + 16 * kTileRows + 16, kStride);
    }
  }
}

template <int kCols, class Unpack>
void tile_product(const TernaryProduct& a, int tile_begin, int tile_end, const Unpack& unpack) {
  constexpr int kSteps = kColumns / kCols;
  static_assert(kSteps * kCols == kColumns && kColumns % 64 == 0);
  const size_t kp = static_cast<size_t>(a.k_steps) * kCols;
  const int tokens = (a.m + 15) & ~15;
  auto* sums = reinterpret_cast<int32_t*>(a.scratch);
  uint8_t* bytes = a.scratch + static_cast<size_t>(tokens) * kTileRows * sizeof(int32_t);
  _tile_loadconfig(&kTileConfig);
  for (int t = tile_begin; t < tile_end; ++t) {
    const uint8_t* tile = a.tiles + static_cast<size_t>(t) * a.k_steps * kTileBytes;
    for (int step = 0; step < a.k_steps; step += kSteps) {
      const int steps = a.k_steps - step < kSteps ? a.k_steps - step : kSteps;
      unpack(tile + static_cast<size_t>(step) * kTileBytes, steps, bytes);
      const int columns = steps * kCols;
      const int k64 = (columns + 63) / 64;
      // Weights of 0 behind the last column, whatever the activations there are.
      uint8_t* rest = bytes + static_cast<size_t>(columns) * kTileRows;
      uint8_t* end = bytes + static_cast<size_t>(k64) * 64 * kTileRows;
      for (; rest < end; rest += 64) _mm512_store_si512(rest, _mm512_setzero_si512());
      tile_sums(bytes, k64, a.x + static_cast<size_t>(step) * kCols, kp, tokens, step == 0, sums);
    }
    int32_t* out = a.out + static_cast<size_t>(t) * kTileRows;
    for (int i = 0; i < a.m; ++i) {
      const __m512i sum = _mm512_set1_epi32(a.x_sums[i]);
      const int32_t* s = sums + i * kTileRows;
      _mm512_storeu_si512(out + i * a.ldo, _mm512_sub_epi32(_mm512_load_si512(s), sum));
      _mm512_storeu_si512(out + i * a.ldo + 16, _mm512_sub_epi32(_mm512_load_si512(s + 16), sum));
    }
  }
  _tile_release();  // the system need not save the tiles
}

void t2_tiles(const TernaryProduct& a, int tile_begin, int tile_end) {
  if (a.m < kTilesFrom) return t2_product(a, tile_begin, tile_end);
  tile_product<kT2Cols>(a, tile_begin, tile_end, t2_unpack);
}

void t16_tiles(const TernaryProduct& a, int tile_begin, int tile_end) {
  if (a.m < kTilesFrom) return avx512vbmi_kernels()->t16_product(a, tile_begin, tile_end);
  tile_product<kT16Cols>(a, tile_begin, tile_end, t16_unpack);
}

}  // namespace

// A process has to ask before it may use the tiles.
bool amx_allowed() {
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;
  static const bool allowed = syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  return allowed;
}

const KernelSet* amx_kernels() {
  static const KernelSet set = [] {
    KernelSet s = *avx512vbmi_kernels();
    s.name = "amx";
    s.token_major_from = kTilesFrom;
    s.t2_product = t2_tiles;
    s.t16_product = t16_tiles;
    return s;
  }();
  return &set;
}

}  // namespace sterna

#else

namespace sterna {
bool amx_allowed() { return false; }
const KernelSet* amx_kernels() { return nullptr; }
}  // namespace sterna

#endif
