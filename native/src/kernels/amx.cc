// AMX-INT8 with AVX-512 VBMI: many tokens are multiplied by matrix tiles, which is several times as
// fast as with vectors (docs/measurements/kernels.md).
#include "kernels/kernels.h"

#if (defined(__x86_64__) || defined(_M_X64)) && defined(__linux__)

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "kernels/t16.h"

namespace sterna {
namespace {

// From this many tokens on matrix tiles are faster than vectors (docs/measurements/kernels.md).
constexpr int kTilesFrom = 5;
// Columns unpacked at a time, a multiple of 64 and of the columns of a tile: 10 KB of weights and
// as much of activations stay in L1 (docs/measurements/kernels.md).
constexpr int kColumns = 320;

struct alignas(64) TileConfig {
  uint8_t palette = 1;
  uint8_t start = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

// Tile configurations for 1 .. 16 tokens at a time: sums in tiles 0..3, activations in 4 and 5,
// weights in 6 and 7. A variable of its own, because the compiler believes that loading it reads
// eight bytes only.
struct TileConfigs {
  TileConfig of[17];
};
constexpr TileConfigs make_configs() {
  TileConfigs configs{};
  for (int tokens = 1; tokens <= 16; ++tokens) {
    for (int tile = 0; tile < 6; ++tile) {
      configs.of[tokens].rows[tile] = static_cast<uint8_t>(tokens);
    }
  }
  return configs;
}
constexpr TileConfigs kConfigs = make_configs();

constexpr int kSumStride = kTileRows * sizeof(int32_t);

// The matrix with which _mm512_gf2p8affine_epi64_epi8 extracts bits `shift` and `shift` + 1 of each
// byte.
constexpr int64_t field_matrix(int shift) {
  return INT64_C(1) << (56 + shift) | INT64_C(1) << (48 + shift + 1);
}

// Unpacks row tiles to one byte per weight. Three of the fields are extracted by GFNI, which shifts
// and masks in one instruction (docs/measurements/kernels.md).
struct UnpackT16 {
  static constexpr int kCols = kT16Cols;
  Decoder decode;
  __m512i mask = _mm512_set1_epi8(0x03);
  __m512i second = _mm512_set1_epi64(field_matrix(2));
  __m512i fourth = _mm512_set1_epi64(field_matrix(6));

  inline void operator()(const uint8_t* tile, int k_steps, uint8_t* bytes) const {
    for (int step = 0; step < k_steps; ++step) {
      prefetch_piece(tile);
      __m512i four[2], fifth[2];
      decode(tile, four[0], fifth[0]);
      decode(tile + 64, four[1], fifth[1]);
#pragma GCC unroll 2
      for (int v = 0; v < 2; ++v) {
        uint8_t* to = bytes + 64 * v;
        const __m512i f = four[v];
        _mm512_store_si512(to, _mm512_and_si512(f, mask));
        _mm512_store_si512(to + 128, _mm512_gf2p8affine_epi64_epi8(f, second, 0));
        _mm512_store_si512(to + 256, _mm512_and_si512(_mm512_srli_epi16(f, 4), mask));
        _mm512_store_si512(to + 384, _mm512_gf2p8affine_epi64_epi8(f, fourth, 0));
        _mm512_store_si512(to + 512, _mm512_gf2p8affine_epi64_epi8(fifth[v], fourth, 0));
      }
      tile += kTileBytes;
      bytes += 640;
    }
  }
};

struct UnpackT2 {
  static constexpr int kCols = kT2Cols;
  inline void operator()(const uint8_t* tile, int k_steps, uint8_t* bytes) const {
    t2_unpack(tile, k_steps, bytes);
  }
};

// sums += weights [k / 4][32 rows][4] unsigned times x [panel][16 tokens][64] signed, for up to 16
// tokens. Even panels add to tiles 0 and 1, odd ones to 2 and 3, so that they need not wait for
// each other.
inline void few_tokens(const uint8_t* w, int panels, const int8_t* x) {
  for (int k = 0; k < panels; k += 2) {
    _tile_loadd(4, x, kPanelColumns);
    _tile_loadd(6, w, 128);
    _tile_dpbsud(0, 4, 6);
    _tile_loadd(7, w + 64, 128);
    _tile_dpbsud(1, 4, 7);
    if (k + 1 == panels) return;
    w += kPanelColumns * kTileRows;
    x += kPanelBytes;
    _tile_loadd(5, x, kPanelColumns);
    _tile_loadd(6, w, 128);
    _tile_dpbsud(2, 5, 6);
    _tile_loadd(7, w + 64, 128);
    _tile_dpbsud(3, 5, 7);
    w += kPanelColumns * kTileRows;
    x += kPanelBytes;
  }
}

// The same for 32 tokens, of which the second 16 are at `other`. Tokens 0..15 add to tiles 0 and 1.
inline void many_tokens(const uint8_t* w, int panels, const int8_t* x, const int8_t* other) {
  for (int k = 0; k < panels; ++k) {
    _tile_loadd(6, w, 128);
    _tile_loadd(4, x, kPanelColumns);
    _tile_dpbsud(0, 4, 6);
    _tile_loadd(7, w + 64, 128);
    _tile_dpbsud(1, 4, 7);
    _tile_loadd(5, other, kPanelColumns);
    _tile_dpbsud(2, 5, 6);
    _tile_dpbsud(3, 5, 7);
    w += kPanelColumns * kTileRows;
    x += kPanelBytes;
    other += kPanelBytes;
  }
}

inline void clear_sums() {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
}

inline void load_sums(const int32_t* sums) {
  _tile_loadd(0, sums, kSumStride);
  _tile_loadd(1, sums + 16, kSumStride);
  _tile_loadd(2, sums + 16 * kTileRows, kSumStride);
  _tile_loadd(3, sums + 16 * kTileRows + 16, kSumStride);
}

inline void store_sums(int32_t* sums) {
  _tile_stored(0, sums, kSumStride);
  _tile_stored(1, sums + 16, kSumStride);
  _tile_stored(2, sums + 16 * kTileRows, kSumStride);
  _tile_stored(3, sums + 16 * kTileRows + 16, kSumStride);
}

template <class Unpack>
void tile_product(const TernaryProduct& a, int tile_begin, int tile_end) {
  constexpr int kSteps = kColumns / Unpack::kCols;
  static_assert(kSteps * Unpack::kCols == kColumns && kColumns % kPanelColumns == 0);
  const Unpack unpack{};
  const size_t x_group = static_cast<size_t>(panel_count(a.k_steps * Unpack::kCols)) * kPanelBytes;
  const bool few = a.m <= kPanelTokens;
  const int groups = (a.m + 31) / 32;
  constexpr int kGroupSums = 32 * kTileRows;
  auto* sums = reinterpret_cast<int32_t*>(a.scratch);
  uint8_t* bytes = a.scratch + sizeof(int32_t) * kGroupSums * static_cast<size_t>(groups);
  _tile_loadconfig(&kConfigs.of[few ? a.m : kPanelTokens]);
  for (int t = tile_begin; t < tile_end; ++t) {
    const uint8_t* tile = a.tiles + static_cast<size_t>(t) * a.k_steps * kTileBytes;
    for (int step = 0; step < a.k_steps; step += kSteps) {
      const int steps = std::min(a.k_steps - step, kSteps);
      unpack(tile + static_cast<size_t>(step) * kTileBytes, steps, bytes);
      const int columns = steps * Unpack::kCols;
      const int panels = panel_count(columns);
      // The weights behind the last column are 0, so the activations there do not matter.
      uint8_t* rest = bytes + static_cast<size_t>(columns) * kTileRows;
      uint8_t* stop = bytes + static_cast<size_t>(panels) * kPanelColumns * kTileRows;
      for (; rest < stop; rest += 64) _mm512_store_si512(rest, _mm512_setzero_si512());
      const int8_t* x =
          a.x + static_cast<size_t>(step / kSteps) * (kColumns / kPanelColumns) * kPanelBytes;
      for (int g = 0; g < groups; ++g) {
        if (step == 0) {
          clear_sums();
        } else if (groups > 1) {
          load_sums(sums + g * kGroupSums);
        }
        const int8_t* xg = x + 2 * g * x_group;
        if (few) {
          few_tokens(bytes, panels, xg);
        } else {
          // When the number of groups of sixteen tokens is odd, the last group is computed twice.
          many_tokens(bytes, panels, xg, 32 * g + 16 < a.m ? xg + x_group : xg);
        }
        if (groups > 1 || step + kSteps >= a.k_steps) store_sums(sums + g * kGroupSums);
      }
    }
    int32_t* out = a.out + static_cast<size_t>(t) * kTileRows;
    for (int i = 0; i < a.m; ++i) {
      const __m512i sum = _mm512_set1_epi32(a.x_sums[i]);
      const int32_t* s = sums + i * kTileRows;
      __m512i s0 = _mm512_load_si512(s);
      __m512i s1 = _mm512_load_si512(s + 16);
      if (few) {  // add the sums of the odd panels
        s0 = _mm512_add_epi32(s0, _mm512_load_si512(s + 16 * kTileRows));
        s1 = _mm512_add_epi32(s1, _mm512_load_si512(s + 16 * kTileRows + 16));
      }
      _mm512_storeu_si512(out + i * a.ldo, _mm512_sub_epi32(s0, sum));
      _mm512_storeu_si512(out + i * a.ldo + 16, _mm512_sub_epi32(s1, sum));
    }
  }
  _tile_release();  // spares the operating system from saving the tiles
}

void t2_tiles(const TernaryProduct& a, int tile_begin, int tile_end) {
  if (a.m < kTilesFrom) return t2_product(a, tile_begin, tile_end);
  tile_product<UnpackT2>(a, tile_begin, tile_end);
}

void t16_tiles(const TernaryProduct& a, int tile_begin, int tile_end) {
  if (a.m < kTilesFrom) return avx512vbmi_kernels()->t16_product(a, tile_begin, tile_end);
  tile_product<UnpackT16>(a, tile_begin, tile_end);
}

}  // namespace

// A process must ask the operating system before it may use the tiles.
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
    s.panels_from = kTilesFrom;
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
