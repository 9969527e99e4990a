// Products with a scale per group of columns: compares every kernel set with sums computed in
// another way, from the layout's description alone.
#include "kernels/grouped.h"

#include <cmath>
#include <random>
#include <vector>

#include "check.h"
#include "kernels/f16.h"
#include "model/memory.h"
#include "model/section_loader.h"
#include "runtime/arena.h"
#include "runtime/product_input.h"
#include "sets_under_test.h"

namespace sterna {
namespace {

constexpr TernaryLayout kLayouts[] = {TernaryLayout::kT2, TernaryLayout::kT16, TernaryLayout::kB1};

// A random weight that the layout can hold.
int any_weight(TernaryLayout layout, std::mt19937& rng) {
  const int weight = static_cast<int>(rng() % 3) - 1;
  return layout == TernaryLayout::kB1 && weight == 0 ? 1 : weight;
}

struct Matrix {
  TernaryLayout layout;
  int rows, groups;
  std::vector<int8_t> weights;   // [rows][groups * 128]
  std::vector<uint16_t> scales;  // f16 [rows][groups]
  std::vector<uint8_t> bytes;    // as packFormat.ts describes it

  int row_tiles() const { return (rows + 31) / 32; }
  int8_t weight(int row, int column) const {
    return weights[static_cast<size_t>(row) * static_cast<size_t>(groups) * 128 +
                   static_cast<size_t>(column)];
  }
};

uint8_t t16_byte(const int (&codes)[5]) {
  const int c = codes[0] + 3 * codes[1] + 9 * codes[2] + 27 * codes[3];
  return static_cast<uint8_t>(c < 64 ? c | codes[4] << 6 : 192 | (codes[4] * 17 + c - 64));
}

// The code (ternary + 1) of a group's column; 1 beyond the matrix.
int code_at(const Matrix& m, int row, int group, int column) {
  return row < m.rows && group < m.groups ? m.weight(row, group * 128 + column) + 1 : 1;
}

uint8_t tile_byte(const Matrix& m, int row, int unit, int tile, int byte) {
  if (m.layout == TernaryLayout::kT2) {
    int value = 0;
    for (int p = 0; p < 4; ++p) value |= code_at(m, row, unit, 16 * tile + 4 * p + byte) << (2 * p);
    return static_cast<uint8_t>(value);
  }
  if (m.layout == TernaryLayout::kB1) {
    // Byte 2 i + o of half h of a vector of eight columns is row 8 (i / 4) + 16 o + 4 h + i % 4.
    int value = 0;
    for (int b = 0; b < 8; ++b) {
      value |= (code_at(m, row, unit, 32 * tile + 8 * (byte / 32) + b) == 2 ? 1 : 0) << b;
    }
    return static_cast<uint8_t>(value);
  }
  int codes[5];
  for (int p = 0; p < 5; ++p) {
    if (tile < 6) {
      codes[p] = code_at(m, row, 2 * unit, 20 * tile + 4 * p + byte);
    } else if (tile > 6) {
      codes[p] = code_at(m, row, 2 * unit + 1, 8 + 20 * (tile - 7) + 4 * p + byte);
    } else if (p == 4) {
      codes[p] = 1;
    } else {
      codes[p] = byte < 2 ? code_at(m, row, 2 * unit, 120 + 2 * p + byte)
                          : code_at(m, row, 2 * unit + 1, 2 * p + byte - 2);
    }
  }
  return t16_byte(codes);
}

Matrix make_matrix(TernaryLayout layout, int rows, int groups, auto&& weight, auto&& scale) {
  Matrix m{layout, rows, groups, {}, {}, {}};
  for (int i = 0; i < rows * groups * 128; ++i) m.weights.push_back(static_cast<int8_t>(weight()));
  for (int i = 0; i < rows * groups; ++i) m.scales.push_back(f32_to_f16(scale()));
  const bool is_binary = layout == TernaryLayout::kB1;
  const int of_unit = layout == TernaryLayout::kT16 ? 2 : 1;
  const int tiles = layout == TernaryLayout::kT2 ? 8 : is_binary ? 4 : 13;
  for (int tile_row = 0; tile_row < m.row_tiles(); ++tile_row) {
    for (int unit = 0; unit < (groups + of_unit - 1) / of_unit; ++unit) {
      for (int g = 0; g < of_unit; ++g) {
        for (int r = 0; r < 32; ++r) {
          const int row = tile_row * 32 + r;
          const int group = unit * of_unit + g;
          const uint16_t bits = row < rows && group < groups
                                    ? m.scales[static_cast<size_t>(row * groups + group)]
                                    : uint16_t{0};
          m.bytes.push_back(static_cast<uint8_t>(bits));
          m.bytes.push_back(static_cast<uint8_t>(bits >> 8));
        }
      }
      for (int tile = 0; tile < tiles; ++tile) {
        for (int at = 0; at < 128; ++at) {
          const int pair = at % 16 / 2;
          const int row =
              is_binary ? pair / 4 * 8 + at % 2 * 16 + at % 32 / 16 * 4 + pair % 4 : at / 4;
          m.bytes.push_back(tile_byte(m, tile_row * 32 + row, unit, tile, is_binary ? at : at % 4));
        }
      }
    }
  }
  return m;
}

// Memory with the alignment that the kernels need.
struct Buffers {
  template <class Take>
  explicit Buffers(const Take& take) {
    Arena measured;
    take(measured);
    memory = Memory(measured.bytes());
    Arena arena(memory.data());
    take(arena);
  }
  Memory memory;
};

// A set's product over row tiles [begin, end), into out [tokens][row_tiles * 32].
void run(const KernelSet& k, const Matrix& m, const std::vector<float>& x, int tokens, int begin,
         int end, std::vector<float>& out) {
  const size_t columns = static_cast<size_t>(m.groups) * 128;
  ProductInput input{};
  int32_t* sums = nullptr;
  uint8_t* scratch = nullptr;
  const Buffers buffers([&](Arena& arena) {
    input = ProductInput::take(arena, k, m.layout, tokens, columns, m.groups);
    sums = arena.take<int32_t>(static_cast<size_t>(tokens) * 32);
    scratch = arena.take<uint8_t>(scratch_bytes(group_places(m.layout)));
  });
  std::copy(x.begin(), x.end(), input.rows);
  // Places without a column must be zero, and nothing else about them may matter.
  for (int group = 0; group < m.groups; ++group) {
    for (int i = 0; i < tokens; ++i) quantise_group(k, m.layout, input, group, i, tokens);
  }
  grouped_product(k,
                  {.layout = m.layout,
                   .tiles = m.bytes.data(),
                   .groups = m.groups,
                   .max_block = max_block(k, tokens),
                   .x = input.quantised,
                   .group_bytes = group_bytes(k, m.layout, tokens),
                   .x_scales = input.scales,
                   .x_sums = input.sums,
                   .m = tokens,
                   .out = out.data(),
                   .ldo = static_cast<size_t>(m.row_tiles()) * 32,
                   .sums = sums,
                   .scratch = scratch},
                  begin, end);
}

// The same with plain loops.
std::vector<float> expected(const Matrix& m, const std::vector<float>& x, int tokens) {
  std::vector<float> out;
  for (int i = 0; i < tokens; ++i) {
    std::vector<std::vector<int>> q(static_cast<size_t>(m.groups));
    std::vector<float> steps;
    for (int g = 0; g < m.groups; ++g) {
      const float* from =
          &x[(static_cast<size_t>(i) * static_cast<size_t>(m.groups) + static_cast<size_t>(g)) *
             128];
      float largest = 0;
      for (int c = 0; c < 128; ++c) largest = std::max(largest, std::fabs(from[c]));
      largest = std::max(largest, 1e-30f);
      steps.push_back(largest / 127.0f);
      for (int c = 0; c < 128; ++c) {
        const float scaled = from[c] * (127.0f / largest);
        q[static_cast<size_t>(g)].push_back(static_cast<int>(std::nearbyint(scaled)));
      }
    }
    for (int row = 0; row < m.rows; ++row) {
      float y = 0;
      for (int g = 0; g < m.groups; ++g) {
        int sum = 0;
        for (int c = 0; c < 128; ++c) {
          sum += m.weight(row, g * 128 + c) * q[static_cast<size_t>(g)][static_cast<size_t>(c)];
        }
        const float d = f16_to_f32(m.scales[static_cast<size_t>(row * m.groups + g)]);
        y = std::fmaf(static_cast<float>(sum), d * steps[static_cast<size_t>(g)], y);
      }
      out.push_back(y);
    }
  }
  return out;
}

std::vector<float> numbers(std::mt19937& rng, size_t count) {
  std::normal_distribution<float> normal;
  std::vector<float> out(count);
  for (float& v : out) v = normal(rng);
  return out;
}

void check_all_sets(const Matrix& m, const std::vector<float>& x, int tokens) {
  const std::vector<float> want = expected(m, x, tokens);
  const size_t padded = static_cast<size_t>(m.row_tiles()) * 32;
  for (const KernelSet* k : sets_under_test()) {
    std::vector<float> out(padded * static_cast<size_t>(tokens), -1);
    run(*k, m, x, tokens, 0, m.row_tiles(), out);
    bool equal = true;
    for (int i = 0; i < tokens; ++i) {
      for (int row = 0; row < m.rows; ++row) {
        equal &= out[static_cast<size_t>(i) * padded + static_cast<size_t>(row)] ==
                 want[static_cast<size_t>(i * m.rows + row)];
      }
    }
    if (!equal) {
      std::printf("  %s: %d rows, %d groups, %d tokens\n", k->name, m.rows, m.groups, tokens);
    }
    CHECK(equal);
  }
}

TEST(grouped_product_is_the_same_for_all_sets_shapes_and_batch_sizes) {
  std::mt19937 rng(11);
  const auto scale = [&] { return 0.01f + static_cast<float>(rng() % 1000) / 4000; };
  for (const TernaryLayout layout : kLayouts) {
    const auto weight = [&] { return any_weight(layout, rng); };
    for (const int groups : {1, 2, 3, 6}) {
      const Matrix m = make_matrix(layout, 75, groups, weight, scale);
      for (const int tokens : {1, 2, 3, 5, 6, 7, 12, 13, 16, 17, 33}) {
        check_all_sets(m, numbers(rng, static_cast<size_t>(tokens * groups) * 128), tokens);
      }
    }
    const Matrix wide = make_matrix(layout, 32, 48, weight, scale);
    check_all_sets(wide, numbers(rng, size_t{128} * 48 * 128), 128);
  }
}

TEST(grouped_product_is_exact_at_the_extremes) {
  for (const TernaryLayout layout : kLayouts) {
    for (const int w : {-1, 1}) {
      for (const float value : {-1.0f, 1.0f, 0.0f}) {
        const Matrix m = make_matrix(
            layout, 32, 2, [&] { return w; }, [] { return 0.5f; });
        for (const int tokens : {1, 4, 20}) {
          check_all_sets(m, std::vector<float>(static_cast<size_t>(tokens) * 256, value), tokens);
        }
      }
      // Opposite signs in the two columns that a 16-bit lane adds up and in the next two.
      for (const float sign : {-1.0f, 1.0f}) {
        const Matrix m = make_matrix(
            layout, 32, 2, [&] { return w; }, [] { return 0.5f; });
        std::vector<float> x(size_t{20} * 256);
        for (size_t c = 0; c < x.size(); ++c) x[c] = c % 4 < 2 ? sign : -sign;
        check_all_sets(m, x, 20);
      }
    }
  }
}

TEST(grouped_product_writes_only_the_asked_rows) {
  std::mt19937 rng(12);
  for (const TernaryLayout layout : kLayouts) {
    const Matrix m = make_matrix(
        layout, 160, 2, [&] { return any_weight(layout, rng); }, [] { return 0.25f; });
    for (const int tokens : {1, 3, 20}) {
      const std::vector<float> x = numbers(rng, static_cast<size_t>(tokens) * 256);
      for (const KernelSet* k : sets_under_test()) {
        std::vector<float> whole(static_cast<size_t>(tokens) * 160, 0), part(whole.size(), 777);
        run(*k, m, x, tokens, 0, 5, whole);
        run(*k, m, x, tokens, 1, 4, part);
        for (size_t r = 0; r < part.size(); ++r) {
          CHECK_EQ(part[r], r % 160 >= 32 && r % 160 < 128 ? whole[r] : 777);
        }
      }
    }
  }
}

TEST(grouped_rows_and_float_products_agree_with_the_weights) {
  std::mt19937 rng(13);
  for (const TernaryLayout layout : kLayouts) {
    const Matrix m = make_matrix(
        layout, 40, 3, [&] { return any_weight(layout, rng); },
        [&] { return static_cast<float>(rng() % 100) / 64; });
    const std::vector<float> x = numbers(rng, 384);
    std::vector<float> out(64), row(384);
    grouped_product_float({.layout = layout,
                           .tiles = m.bytes.data(),
                           .groups = 3,
                           .x = x.data(),
                           .ldx = 384,
                           .m = 1,
                           .out = out.data(),
                           .ldo = 64},
                          0, 2);
    for (int r = 0; r < 40; ++r) {
      const size_t tile = grouped_row_tile_bytes(layout, 3);
      grouped_row(layout, m.bytes.data() + static_cast<size_t>(r / 32) * tile, 3, r % 32,
                  row.data());
      double sum = 0;
      for (int c = 0; c < 384; ++c) {
        const double d = f16_to_f32(m.scales[static_cast<size_t>(r * 3 + c / 128)]);
        CHECK_EQ(row[static_cast<size_t>(c)], static_cast<float>(m.weight(r, c) * d));
        sum += m.weight(r, c) * d * static_cast<double>(x[static_cast<size_t>(c)]);
      }
      CHECK_NEAR(out[static_cast<size_t>(r)], sum, 1e-4);
    }
  }
}

TEST(grouped_contents_are_checked_wherever_a_piece_begins) {
  std::mt19937 rng(14);
  for (const TernaryLayout layout : kLayouts) {
    const bool is_binary = layout == TernaryLayout::kB1;
    const Content content = layout == TernaryLayout::kT2 ? Content::kGroupedT2
                            : is_binary                  ? Content::kGroupedB1
                                                         : Content::kGroupedT16;
    const Matrix m = make_matrix(
        layout, 32, 4, [&] { return any_weight(layout, rng); }, [] { return 1.0f; });
    std::vector<uint8_t> bytes = m.bytes;
    for (size_t begin = 0; begin < bytes.size(); begin += 64) {
      CHECK(content_ok(content, &bytes[begin], bytes.size() - begin, begin));
    }
    const size_t scales = layout == TernaryLayout::kT16 ? 128 : 64;
    for (const size_t bad : {size_t{1}, scales, unit_bytes(layout) - 1, unit_bytes(layout) + 1}) {
      if (is_binary && bad % unit_bytes(layout) >= scales) continue;  // every byte holds weights
      const uint8_t before = bytes[bad];
      bytes[bad] = 0xff;  // not a weight, and with the scale's low byte not a number
      if (bad % unit_bytes(layout) < scales) bytes[bad - 1] = 0xff;
      for (size_t begin = 0; begin <= bad; begin += 64) {
        CHECK(!content_ok(content, &bytes[begin], bytes.size() - begin, begin));
      }
      bytes[bad] = before;
      bytes[bad - 1] = m.bytes[bad - 1];
    }
  }
}

}  // namespace
}  // namespace sterna
