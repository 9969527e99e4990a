#include "runtime/product_input.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace sterna {
namespace {

// A group whose largest activation is below this counts as zero.
constexpr float kSmallest = 1e-30f;

// The four activations at dword `dword` of a group's places. In the layout T16 two groups share a
// tile of 20 places, of which the first group has two bytes of each dword and the second the other
// two (grouped.h).
int32_t placed(TernaryLayout layout, int group, int dword, const int8_t* columns) {
  int32_t value = 0;
  if (layout != TernaryLayout::kT16) {
    std::memcpy(&value, columns + 4 * dword, 4);
    return value;
  }
  const bool is_second = group % 2 == 1;
  const int plane = dword - (is_second ? 0 : 30);  // plane of the shared tile
  if (plane < 0 || plane > 4) {
    std::memcpy(&value, columns + 4 * dword - (is_second ? 12 : 0), 4);
  } else if (plane < 4) {
    auto* bytes = reinterpret_cast<int8_t*>(&value);
    std::memcpy(bytes + (is_second ? 2 : 0), columns + (is_second ? 0 : 120) + 2 * plane, 2);
  }
  return value;
}

}  // namespace

ProductInput ProductInput::take(Arena& arena, const KernelSet& kernels, TernaryLayout layout, int m,
                                size_t columns, int groups) {
  const size_t tokens = static_cast<size_t>(m);
  const size_t scales = tokens * static_cast<size_t>(std::max(groups, 1));
  // Panels have room for every other arrangement of as many tokens or fewer.
  const int places = groups > 0 ? group_places(layout) : static_cast<int>(columns);
  size_t bytes = Packing{0, m, places}.bytes();
  if (layout == TernaryLayout::kB1) {
    bytes = std::max(bytes, static_cast<size_t>(std::min(m, kernels.table_tokens)) * kTableBytes);
  }
  return {.rows = arena.take<float>(tokens * columns),
          .ld = columns,
          .quantised = arena.take<int8_t>(static_cast<size_t>(std::max(groups, 1)) * bytes),
          .scales = arena.take<float>(scales),
          .sums = arena.take<int32_t>(scales)};
}

size_t group_bytes(const KernelSet& kernels, TernaryLayout layout, int m) {
  if (takes_tables(kernels, layout, m)) return static_cast<size_t>(m) * kTableBytes;
  const Packing packing = {max_block(kernels, m), m, group_places(layout)};
  if (packing.max_block == 0) return packing.bytes();
  const size_t bytes = static_cast<size_t>(m) * static_cast<size_t>(packing.kp);
  return (bytes + 63) / 64 * 64;
}

int32_t quantise_part(const KernelSet& kernels, const ProductInput& input, const RowPart& part) {
  const Packing packing = {max_block(kernels, part.m), part.m, part.padded};
  const float* row = input.rows + static_cast<size_t>(part.i) * input.ld;
  // The number of adjacent columns that are all one stride apart.
  const int run = packing.max_block == 0 ? kPanelColumns : part.end - part.begin;
  int32_t sum = 0;
  for (int column = part.begin; column < part.end; column += run) {
    const int width = std::min(run, part.end - column);
    sum += kernels.quantise(row + column, std::clamp(part.n - column, 0, width), width,
                            127.0f / input.scales[part.i],
                            input.quantised + packing.at(part.i, column), packing.stride(part.i));
  }
  return sum;
}

void quantise_group(const KernelSet& kernels, TernaryLayout layout, const ProductInput& input,
                    int group, int i, int m) {
  const float* x = input.rows + static_cast<size_t>(i) * input.ld + group * kGroupColumns;
  const float largest = std::max(kernels.absmax(x, kGroupColumns), kSmallest);
  const float inverse = 127.0f / largest;
  const size_t at = static_cast<size_t>(group) * static_cast<size_t>(m) + static_cast<size_t>(i);
  input.scales[at] = largest / 127.0f;
  if (takes_tables(kernels, layout, m)) {
    alignas(16) std::array<int8_t, kGroupColumns> columns;
    input.sums[at] = kernels.quantise(x, kGroupColumns, kGroupColumns, inverse, columns.data(), 4);
    return kernels.b1_tables(columns.data(),
                             reinterpret_cast<uint8_t*>(input.quantised) + at * kTableBytes);
  }
  const Packing packing = {max_block(kernels, m), m, group_places(layout)};
  int8_t* to = input.quantised + static_cast<size_t>(group) * group_bytes(kernels, layout, m) +
               packing.at(i, 0);
  const size_t stride = packing.stride(i);
  const bool in_panels = packing.max_block == 0;
  if (layout != TernaryLayout::kT16 && !in_panels) {  // the places are the columns
    input.sums[at] = kernels.quantise(x, kGroupColumns, kGroupColumns, inverse, to, stride);
    return;
  }
  std::array<int8_t, kGroupColumns> columns;
  input.sums[at] = kernels.quantise(x, kGroupColumns, kGroupColumns, inverse, columns.data(), 4);
  for (int dword = 0; dword < packing.kp / 4; ++dword) {
    const int32_t value = placed(layout, group, dword, columns.data());
    constexpr int kOfPanel = kPanelColumns / 4;
    const size_t from = in_panels ? static_cast<size_t>(dword / kOfPanel) * kPanelBytes +
                                        static_cast<size_t>(dword % kOfPanel) * 4
                                  : static_cast<size_t>(dword) * stride;
    std::memcpy(to + from, &value, 4);
  }
}

}  // namespace sterna
