#include "runtime/kv_store.h"

#include <cmath>

namespace sterna {
namespace {

constexpr int kMaxHeadDim = 1024;  // the pack's limit
constexpr float kLargest = 127;
// When this is added to a float and subtracted again, the float is rounded to the nearest integer,
// and halves to the even one.
constexpr float kRound = 12582912.0f;

size_t values_at(const KvPosition& p) { return static_cast<size_t>(kKvBlock) * p.head_dim; }

size_t row_of(const KvPosition& p) {
  return values_at(p) + static_cast<size_t>(p.column) * padded_dim(p.head_dim);
}

void store_f16(const KernelSet& kernels, const KvPosition& p, uint8_t* block) {
  auto* to = reinterpret_cast<uint16_t*>(block);
  uint16_t bits[kMaxHeadDim];
  kernels.to_f16(p.key, bits, p.head_dim);
  for (int k = 0; k < p.head_dim; ++k) to[k * kKvBlock + p.column] = bits[k];
  kernels.to_f16(p.value, to + row_of(p), p.head_dim);
}

void store_f32(const KvPosition& p, uint8_t* block) {
  auto* to = reinterpret_cast<float*>(block);
  for (int k = 0; k < p.head_dim; ++k) {
    to[k * kKvBlock + p.column] = p.key[k];
    to[row_of(p) + static_cast<size_t>(k)] = p.value[k];
  }
}

// Quantises a head to multiples of a scale, written to out[k * stride], and returns the scale.
// It uses plain operations in a fixed order, so that all kernel sets give the same bits. NaN and
// infinity, which a damaged model may compute, become 0, because no integer can stand for them.
float quantise_head(const float* x, int n, int8_t* out, size_t stride) {
  float largest = 0;
  for (int k = 0; k < n; ++k) {
    const float magnitude = std::fabs(x[k]);
    largest = magnitude > largest ? magnitude : largest;
  }
  const float inverse = largest > 0 ? kLargest / largest : 0;
  for (int k = 0; k < n; ++k) {
    const float rounded = (x[k] * inverse + kRound) - kRound;
    out[static_cast<size_t>(k) * stride] =
        std::fabs(rounded) <= kLargest ? static_cast<int8_t>(rounded) : int8_t{0};
  }
  return largest / kLargest;
}

void store_int8(const KvPosition& p, uint8_t* block) {
  auto* to = reinterpret_cast<int8_t*>(block);
  auto* scales = reinterpret_cast<float*>(block + kv_block_size(p.head_dim));
  scales[p.column] = quantise_head(p.key, p.head_dim, to + p.column, kKvBlock);
  scales[kKvBlock + p.column] = quantise_head(p.value, p.head_dim, to + row_of(p), 1);
}

}  // namespace

void store_position(const KernelSet& kernels, KvFormat format, const KvPosition& position,
                    uint8_t* block) {
  switch (format) {
    case KvFormat::kF16:
      return store_f16(kernels, position, block);
    case KvFormat::kF32:
      return store_f32(position, block);
    case KvFormat::kInt8:
      return store_int8(position, block);
  }
}

}  // namespace sterna
