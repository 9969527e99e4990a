// The ternary products of the forward pass: inputs are quantised, row tiles shared among the
// threads, and sums scaled.
#include <algorithm>
#include <atomic>

#include "runtime/transformer.h"
#include "runtime/transformer_sizes.h"

namespace sterna {
namespace {

// Prefetches part of the next token's row: it is far from the present one's, so the processor does
// not do that by itself.
void fetch_row(const float* row, int n) {
  for (int i = 0; i < n; i += 16) __builtin_prefetch(row + i);
}

}  // namespace

// Quantises row i of the input, by one thread.
void Transformer::quantise_row(const Pass& pass, const ProductInput& input, const TernaryMatrix& w,
                               int i) {
  if (w.groups > 0) {
    for (int group = 0; group < w.groups; ++group) {
      quantise_group(kernels_, w.layout, input, group, i, pass.m);
    }
    return;
  }
  const int padded = w.padded_cols();
  input.scales[i] = largest_of_row(kernels_, input, i, w.cols);
  input.sums[i] = quantise_part(
      kernels_, input,
      {.i = i, .m = pass.m, .begin = 0, .end = padded, .n = w.cols, .padded = padded});
}

// Quantises all rows. The work is shared by columns, because the tokens of one column are in the
// same cache lines.
void Transformer::quantise_rows(const Pass& pass, const ProductInput& input,
                                const TernaryMatrix& w) {
  if (w.groups > 0) {
    for (int group; (group = pool_.take()) < w.groups;) {
      for (int i = 0; i < pass.m; ++i) {
        const float* next = input.rows + static_cast<size_t>(i + 1) * input.ld;
        if (i + 1 < pass.m) fetch_row(next + group * kGroupColumns, kGroupColumns);
        quantise_group(kernels_, w.layout, input, group, i, pass.m);
      }
    }
    return;
  }
  const int padded = w.padded_cols();
  const int shares = pool_.size() * 2;
  const int columns = ((padded + shares - 1) / shares + 63) / 64 * 64;
  for (int begin; (begin = pool_.take() * columns) < padded;) {
    const int end = std::min(begin + columns, padded);
    for (int i = 0; i < pass.m; ++i) {
      const int32_t sum = quantise_part(
          kernels_, input,
          {.i = i, .m = pass.m, .begin = begin, .end = end, .n = w.cols, .padded = padded});
      std::atomic_ref(input.sums[i]).fetch_add(sum, std::memory_order_relaxed);
    }
  }
}

bool Transformer::multiply(const Pass& pass, const Product& product, int thread,
                           const std::function<bool()>& stopped) {
  // The number of row tiles processed at a time: their sums stay in the second-level cache until
  // they are scaled.
  const int at_once = std::max(1, kSumsPerThread / (pass.m * kTileRows));
  bool stop = false;
  for (int item; (item = pool_.take()) < product.items.size();) {
    const int end = product.items.end(item);
    for (int begin = product.items.begin(item); begin < end; begin += at_once) {
      stop = stop || stopped();
      if (stop) break;
      const Tiles tiles = {begin, std::min(at_once, end - begin), thread};
      if (product.w.groups > 0) {
        grouped_product(pass, product, tiles);
      } else {
        row_scaled_product(pass, product, tiles);
      }
    }
  }
  return !pool_.barrier(stop);
}

// out = (or +=) sums [m][rows] * the scale of the input's row * the scale of the matrix's row.
void Transformer::row_scaled_product(const Pass& pass, const Product& product, const Tiles& tiles) {
  const TernaryMatrix& w = product.w;
  const ThreadBuffers& own = threads_[static_cast<size_t>(tiles.thread)];
  const ProductInput& input = this->input(pass.m, tiles.thread);
  const bool is_float = pass.activations == Activations::kFloat;
  const uint8_t* from = w.tiles + static_cast<size_t>(tiles.begin) * w.row_tile_bytes();
  auto* floats = reinterpret_cast<float*>(own.sums);
  if (is_float) {
    ternary_product_float({.layout = w.layout,
                           .tiles = from,
                           .k_steps = w.k_steps,
                           .k = w.cols,
                           .x = input.rows,
                           .ldx = input.ld,
                           .m = pass.m,
                           .out = floats,
                           .ldo = tiles.ld()},
                          0, tiles.count);
  } else {
    const bool is_t16 = w.layout == TernaryLayout::kT16;
    (is_t16 ? kernels_.t16_product : kernels_.t2_product)({.tiles = from,
                                                           .k_steps = w.k_steps,
                                                           .max_block = max_block(kernels_, pass.m),
                                                           .x = input.quantised,
                                                           .x_sums = input.sums,
                                                           .m = pass.m,
                                                           .out = own.sums,
                                                           .ldo = tiles.ld(),
                                                           .scratch = own.kernel},
                                                          0, tiles.count);
  }
  const int first = tiles.begin * kTileRows;
  const int rows = std::min(tiles.count * kTileRows, w.rows - first);
  for (int i = 0; i < pass.m && rows > 0; ++i) {
    const size_t at = static_cast<size_t>(i) * tiles.ld();
    float* out = product.out + static_cast<size_t>(i) * product.ld + first;
    const float* scales = w.scales + first;
    if (!is_float) {
      kernels_.rescale(own.sums + at, input.scales[i] / 127.0f, scales, product.adds, out, rows);
      continue;
    }
    for (int r = 0; r < rows; ++r) {
      const float y = floats[at + static_cast<size_t>(r)] * scales[r];
      out[r] = product.adds ? out[r] + y : y;
    }
  }
}

// The same for matrices with a scale per group of columns, which the kernels apply.
void Transformer::grouped_product(const Pass& pass, const Product& product, const Tiles& tiles) {
  const TernaryMatrix& w = product.w;
  const ThreadBuffers& own = threads_[static_cast<size_t>(tiles.thread)];
  const ProductInput& input = this->input(pass.m, tiles.thread);
  const uint8_t* from = w.tiles + static_cast<size_t>(tiles.begin) * w.row_tile_bytes();
  auto* sums = reinterpret_cast<float*>(own.sums);
  if (pass.activations == Activations::kFloat) {
    grouped_product_float({.layout = w.layout,
                           .tiles = from,
                           .groups = w.groups,
                           .x = input.rows,
                           .ldx = input.ld,
                           .m = pass.m,
                           .out = sums,
                           .ldo = tiles.ld()},
                          0, tiles.count);
  } else {
    sterna::grouped_product(kernels_,
                            {.layout = w.layout,
                             .tiles = from,
                             .groups = w.groups,
                             .max_block = max_block(kernels_, pass.m),
                             .x = input.quantised,
                             .group_bytes = group_bytes(kernels_, w.layout, pass.m),
                             .x_scales = input.scales,
                             .x_sums = input.sums,
                             .m = pass.m,
                             .out = sums,
                             .ldo = tiles.ld(),
                             .sums = own.group_sums,
                             .scratch = own.kernel},
                            0, tiles.count);
  }
  const int first = tiles.begin * kTileRows;
  const int rows = std::min(tiles.count * kTileRows, w.rows - first);
  for (int i = 0; i < pass.m && rows > 0; ++i) {
    const float* y = sums + static_cast<size_t>(i) * tiles.ld();
    float* out = product.out + static_cast<size_t>(i) * product.ld + first;
    if (i + 1 < pass.m) fetch_row(out + product.ld, rows);
    if (product.adds) {
      for (int r = 0; r < rows; ++r) out[r] += y[r];
    } else {
      std::copy(y, y + rows, out);
    }
  }
}

}  // namespace sterna
