// The arithmetic that depends on the instruction set, as one table of functions per set.
//
// Every integer function gives the exact result, so all sets agree bit for bit. The float functions
// agree bit for bit too, because they add in the same order everywhere. Long sums are sixteen
// running sums (element i goes to sum i mod 16), folded by halves at the end, with a separate
// multiply and add. Attention uses fused multiply-add, which rounds alike wherever it is done (see
// fused.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sterna {

// How the ternary matrices are stored. A tile is 32 rows in 128 bytes. In kT2 and kT16 row r is the
// little-endian dword r, so a 32-bit lane of a vector belongs to one row.
enum class TernaryLayout : uint32_t {
  // 2 bits a weight, 16 columns a tile: byte j, bits 2p..2p+1 hold (ternary + 1) of column 4p + j.
  kT2 = 0,
  // 1.6 bits a weight, 20 columns a tile: byte j holds five of them. c is the base-3 number of
  // (ternary + 1) of the columns j, 4 + j, 8 + j, 12 + j (the first is the lowest digit), t that of
  // column 16 + j. The byte is c | t << 6 where c < 64, else 192 | (t * 17 + c - 64).
  kT16 = 1,
  // 1 bit a weight, 32 columns a tile, only with scales per group (grouped.h): weights are -1 or 1.
  // Bit b of byte 32 v + binary_lane(r) is set where the weight of column 8 v + b of row r is 1.
  kB1 = 2,
};
inline constexpr int kTileRows = 32;
inline constexpr int kTileBytes = 128;
inline constexpr int kT2Cols = 16;
inline constexpr int kT16Cols = 20;
inline constexpr int kB1Cols = 32;
inline constexpr int tile_cols(TernaryLayout layout) {
  return layout == TernaryLayout::kT2    ? kT2Cols
         : layout == TernaryLayout::kT16 ? kT16Cols
                                         : kB1Cols;
}
// The byte of row r (0 .. 31) among the 32 bytes of eight columns in kB1. Rows 8 j .. 8 j + 7 are
// every second byte: four in the lower and four in the upper half, so that the even and the odd
// bytes of a 256-bit vector widen to vectors of adjacent rows.
inline constexpr int binary_lane(int row) {
  return row % 8 / 4 * 16 + 2 * (row % 4 + row / 8 % 2 * 4) + row / 16;
}

// How the int8 activations of m tokens are arranged in memory. It depends on the kernel set and on
// m.
//
// With `max_block` they are cut into block_count() blocks, as equal as can be. In a block of T
// tokens that starts at token i0, columns 4j..4j+3 of token i are at byte i0 * kp + (j * T + i -
// i0) * 4. With `max_block` 0 they are in panels of 64 columns of 16 tokens: [token / 16][column /
// 64][16][64]. `kp` is the number of columns, padded with zeros to a whole tile.
inline constexpr int kPanelColumns = 64;
inline constexpr int kPanelTokens = 16;
inline constexpr int kPanelBytes = kPanelColumns * kPanelTokens;
inline constexpr int panel_count(int kp) { return (kp + kPanelColumns - 1) / kPanelColumns; }

inline int block_count(int m, int max_block) { return (m + max_block - 1) / max_block; }
inline int block_begin(int block, int m, int count) {
  return static_cast<int>(static_cast<int64_t>(block) * m / count);
}

// The blocks one after the other, without the divisions of block_begin():
// for (BlockCursor block(m, max_block); block.next();) uses block.begin and block.width.
class BlockCursor {
 public:
  BlockCursor(int m, int max_block)
      : count_(block_count(m, max_block)), left_(count_), least_(m / count_), rest_(m % count_) {}

  bool next() {
    if (left_-- == 0) return false;
    begin += width;
    width = least_;
    carried_ += rest_;
    if (carried_ >= count_) {
      carried_ -= count_;
      ++width;
    }
    return true;
  }

  int begin = 0;
  int width = 0;

 private:
  const int count_;
  int left_;
  const int least_;
  const int rest_;
  int carried_ = 0;
};

struct Packing {
  int max_block;
  int m;
  int kp;

  // The byte of a token's column, which must be a multiple of 4.
  size_t at(int token, int column) const {
    if (max_block == 0) {
      const size_t panel = static_cast<size_t>(token / kPanelTokens) * panel_count(kp) +
                           static_cast<size_t>(column / kPanelColumns);
      return panel * kPanelBytes + static_cast<size_t>(token % kPanelTokens) * kPanelColumns +
             static_cast<size_t>(column % kPanelColumns);
    }
    const int first = block_begin(block(token), m, count());
    return static_cast<size_t>(first) * kp + column / 4 * stride(token) +
           static_cast<size_t>(token - first) * 4;
  }
  // The bytes from a token's columns 4j..4j+3 to the next four; in panels, within one panel.
  size_t stride(int token) const {
    if (max_block == 0) return 4;
    const int b = block(token);
    return static_cast<size_t>(block_begin(b + 1, m, count()) - block_begin(b, m, count())) * 4;
  }
  // The bytes that the products may read, padding behind the last token included.
  size_t bytes() const {
    return static_cast<size_t>((m + kPanelTokens - 1) / kPanelTokens) * panel_count(kp) *
           kPanelBytes;
  }

 private:
  int count() const { return block_count(m, max_block); }
  int block(int token) const {
    return static_cast<int>((INT64_C(1) * (token + 1) * count() - 1) / m);
  }
};

// A ternary matrix product, exact: out[i][row] = sum over k of ternary[row][k] * x[i][k].
//   tiles    row tiles [tile_begin, tile_end), each k_steps * 128 bytes, starting at row tile 0
//   x        int8, packed as above with max_block(set, m); kp = k_steps * columns of a tile
//   x_sums   int32 [m]: sum of each token's x; m is at most 256
//   out      int32 [m][ldo]: rows tile_begin * 32 .. tile_end * 32 of each token are written
//   scratch  scratch_bytes(kp) bytes of the calling thread's own, aligned to 64
struct TernaryProduct {
  const uint8_t* tiles;
  int k_steps;
  int max_block;
  const int8_t* x;
  const int32_t* x_sums;
  int m;
  int32_t* out;
  size_t ldo;
  uint8_t* scratch;
};

// The high nibbles of the int8 head, exact: out[i][row] = sum over k of high[row][k] * x[i][k],
// where x = 256 * xh + xl and |x| is at most int8_head_limit.
//   high   groups of 16 rows, each k_steps * 64 bytes: in the step of 8 columns from k0, dword r is
//          row r, byte j holds column k0 + j in its low and k0 + 4 + j in its high nibble
//   xh, xl int8 [m][ldx], zero beyond the real columns
//   out    int32 [m][ldo]
struct HeadHighProduct {
  const uint8_t* high;
  int k_steps;
  const int8_t* xh;
  const int8_t* xl;
  size_t ldx;
  int m;
  int32_t* out;
  size_t ldo;
};

// The bytes for one row tile unpacked to one byte per weight, and for a tile's sums of 256 tokens.
inline size_t scratch_bytes(int kp) {
  return (static_cast<size_t>(kp) + 64) * kTileRows + 64 +
         size_t{256} * kTileRows * sizeof(int32_t);
}

// Keys and values are kept in blocks of this many positions. A block is also the unit of the
// softmax: sums run over a block's positions in order, and blocks are joined in order, whichever
// thread computes them.
inline constexpr int kKvBlock = 32;
// The number of blocks in a segment. Each segment's sums start from zero, so that threads can share
// the context of one token; the segments are joined in order as well.
inline constexpr int kKvSegment = 16;

// The elements of a row of values, and of the rows of `partial` and `out`: head_dim, padded to
// whole vectors.
inline constexpr int padded_dim(int head_dim) { return (head_dim + 15) & ~15; }
// How keys and values are stored. In kInt8 the elements of one position are multiples, -127 to 127,
// of two scales: one for the head's key and one for its value. kF32 is for comparing with reference
// implementations.
enum class KvFormat : uint8_t { kF16, kF32, kInt8 };

// The number of elements in one block of one KV head: keys [head_dim][32 positions], then values
// [32 positions][padded_dim], zero in the padding. In kInt8 they are followed by float scales:
// those of the keys [32 positions], then those of the values [32 positions].
inline constexpr size_t kv_block_size(int head_dim) {
  return static_cast<size_t>(kKvBlock) * (head_dim + padded_dim(head_dim));
}
inline constexpr size_t kv_block_bytes(KvFormat format, int head_dim) {
  const size_t elements = kv_block_size(head_dim);
  if (format == KvFormat::kInt8) return elements + 2 * kKvBlock * sizeof(float);
  return elements * (format == KvFormat::kF32 ? sizeof(float) : sizeof(uint16_t));
}

// Causal attention of `tokens` tokens, all `group` query heads that share one KV head, over the
// positions of one segment. Token i stands at position first + i and sees nothing behind it.
//   q        float [tokens][ldq], head g at + g * head_dim, already scaled by 1 / sqrt(head_dim)
//   blocks   the segment's blocks of kv_block_bytes(format, head_dim), the first of which starts at
//            position `begin` (a multiple of 32 * 16); as many as the last token sees
//   partial  float [tokens * group][padded_dim + 2]: weighted sum of values, then the maximum and
//            the sum of weights; -inf and 0 where a token sees nothing of the segment
//   scratch  attention_scratch(head_dim) floats of the calling thread's own, aligned to 64
struct AttentionSegment {
  const float* q;
  size_t ldq;
  int group;
  int head_dim;
  int tokens;
  int first;
  int begin;
  const uint8_t* const* blocks;
  int block_count;
  float* partial;
  float* scratch;
  KvFormat format = KvFormat::kF16;
};
inline constexpr size_t attention_scratch(int head_dim) {
  return static_cast<size_t>(kKvBlock) * (head_dim + padded_dim(head_dim)) + 64 * kKvBlock;
}

// The product of a matrix with a scale per group of columns, see grouped.h.
struct GroupedProduct;
struct GroupSums;

struct KernelSet {
  const char* name;
  // The layout that this set decodes fastest, and the same for weights that are all -1 or 1. Every
  // set understands all layouts.
  TernaryLayout layout;
  TernaryLayout binary_layout;
  // The largest block of tokens that the products take at once. From `panels_from` tokens on they
  // want panels. See max_block().
  int max_block;
  int panels_from;

  void (*t2_product)(const TernaryProduct& p, int tile_begin, int tile_end);
  void (*t16_product)(const TernaryProduct& p, int tile_begin, int tile_end);

  // See GroupSums in grouped.h.
  void (*add_group)(const GroupSums& g);
  // The whole T2 product with scales per group. Where it is null, grouped_product() combines
  // t2_product and add_group instead.
  void (*t2_grouped)(const GroupedProduct& p, int tile_begin, int tile_end);
  // B1 products of up to this many tokens take tables in place of activations (see takes_tables()
  // in grouped.h); products of more tokens are computed by way of T2. 0 where the set has none.
  int table_tokens;
  // Makes the tables of one token's activations [128] of a group, see kTableBytes in grouped.h.
  void (*b1_tables)(const int8_t* x, uint8_t* tables);
  // The whole B1 product with scales per group, from tables.
  void (*b1_grouped)(const GroupedProduct& p, int tile_begin, int tile_end);

  // See HeadHighProduct. Writes rows [group_begin * 16, group_end * 16) of each token.
  void (*head_high)(const HeadHighProduct& p, int group_begin, int group_end);

  // The product with the highest bits of one row's low nibbles: sum over k of bit[k] * x[k]. The
  // row is `chunks` * 64 bytes: in the chunk of 512 columns from k0, bit b of byte j belongs to
  // column k0 + 64 b + j.
  int32_t (*head_middle)(const uint8_t* bits, int chunks, const int8_t* x);

  // The product with the low nibbles of one row: sum over k of low[k] * x[k]. The row is `chunks` *
  // 64 bytes: in the chunk of 128 columns from k0, byte b holds column k0 + b in its low and column
  // k0 + 64 + b in its high nibble.
  int32_t (*head_low)(const uint8_t* low, int chunks, const int8_t* xh, const int8_t* xl);

  // out[row] = dot of f16 w[row][k] and float x[k] for rows [row_begin, row_end).
  void (*f16_dot_rows)(const uint16_t* w, int k, int row_begin, int row_end, const float* x,
                       float* out);

  // See AttentionSegment. Scores are sums over the head's elements in order, by fused multiply-add;
  // weights are exp_weight() of them.
  void (*attend)(const AttentionSegment& s);

  // The sum of x[i]^2.
  float (*sum_squares)(const float* x, int n);

  // The largest |x[i]|; NaN elements are ignored.
  float (*absmax)(const float* x, int n);

  // q = clamp(round_half_even(x[i] * s), -128, 127) for n columns, and zero up to `padded` (a
  // multiple of 4). The dword of columns 4j..4j+3 is written to q + j * stride bytes. Returns the
  // sum of q.
  int32_t (*quantise)(const float* x, int n, int padded, float s, int8_t* q, size_t stride);

  // out[i] = x[i] * inverse * w[i].
  void (*scale_norm)(const float* x, float inverse, const float* w, float* out, int n);
  // out[i] = max(gate[i], 0)^2 * up[i].
  void (*relu_squared)(const float* gate, const float* up, float* out, int n);
  // out[i] = gate[i] / (1 + exp(-gate[i])) * up[i], by exp_weight() (fused.h).
  void (*silu)(const float* gate, const float* up, float* out, int n);
  // y = sums[i] * inverse * scales[i]; out[i] = y, or out[i] + y when `add`.
  void (*rescale)(const int32_t* sums, float inverse, const float* scales, bool add, float* out,
                  int n);
  // Rotates the pairs (x[i], x[n + i]) by the angles of cosine and sine, times `scale`.
  void (*rotate)(float* x, const float* cosine, const float* sine, float scale, int n);
  // Converts to f16 with rounding to nearest even.
  void (*to_f16)(const float* x, uint16_t* out, int n);
};

// The largest block of m packed tokens, or 0 for panels.
inline int max_block(const KernelSet& set, int m) {
  return m < set.panels_from ? set.max_block : 0;
}

// The largest |x| for which head_high and head_low over k columns stay inside int32 and xh stays
// inside int8.
inline int int8_head_limit(int k) {
  const int64_t limit = INT64_C(0x7fffffff) / (INT64_C(15) * (k > 0 ? k : 1));
  return limit > 32639 ? 32639 : static_cast<int>(limit);
}

const KernelSet& scalar_kernels();
// Each of these returns null where the compiler does not target the architecture.
const KernelSet* avx2_kernels();
const KernelSet* avxvnni_kernels();
const KernelSet* avx512vnni_kernels();
const KernelSet* avx512vbmi_kernels();
// To be called only where amx_allowed(), which asks the operating system for the tiles.
const KernelSet* amx_kernels();
bool amx_allowed();
const KernelSet* neon_kernels();
const KernelSet* neondot_kernels();

// The kernel sets that this CPU can execute, slowest first; never empty.
std::vector<const KernelSet*> runnable_kernels();
// The error message, one line, when a set is asked for that is not among them.
std::string not_runnable(const std::string& name);
// The names of the CPU features that the dispatcher looked for and found.
std::vector<std::string> cpu_features();

struct KnownAnswer {
  const KernelSet* kernels;
  bool ok;
  std::string detail;  // the operations that differed; empty when ok
};
// Runs a kernel set on fixed inputs and compares the results with answers stored in the source.
KnownAnswer known_answer_test(const KernelSet& kernels);

// The code (ternary + 1) at a tile's row and column.
int tile_code(TernaryLayout layout, const uint8_t* tile, int row, int col);

// A ternary product with activations that are not quantised, out[i][row] = sum of ternary * x[i],
// to compare with reference implementations.
//   tiles  as in TernaryProduct; the matrix has k real columns
//   x      float [m][ldx]
//   out    float [m][ldo]
struct FloatProduct {
  TernaryLayout layout;
  const uint8_t* tiles;
  int k_steps;
  int k;
  const float* x;
  size_t ldx;
  int m;
  float* out;
  size_t ldo;
};
// Computes rows [tile_begin * 32, tile_end * 32). It is scalar code on every machine.
void ternary_product_float(const FloatProduct& p, int tile_begin, int tile_end);

}  // namespace sterna
