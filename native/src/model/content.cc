// Checks that the bytes of a section hold no invalid values. Plain loops, which compilers vectorise
// for any machine, are far faster than the bytes can be read.
#include <algorithm>

#include "kernels/grouped.h"
#include "model/section_loader.h"

namespace sterna {
namespace {

// False where a pair of bits is 3, which is the code of no weight.
bool t2_ok(const uint8_t* bytes, size_t size) {
  uint8_t both = 0;
  for (size_t i = 0; i < size; ++i) both |= bytes[i] & (bytes[i] >> 1) & 0x55;
  return both == 0;
}

// False where a byte is 243 or more: five ternary weights have 3^5 = 243 values.
bool t16_ok(const uint8_t* bytes, size_t size) {
  uint8_t largest = 0;
  for (size_t i = 0; i < size; ++i) largest = std::max(largest, bytes[i]);
  return largest < 243;
}

bool tiles_ok(TernaryLayout layout, const uint8_t* bytes, size_t size) {
  switch (layout) {
    case TernaryLayout::kT2:
      return t2_ok(bytes, size);
    case TernaryLayout::kT16:
      return t16_ok(bytes, size);
    case TernaryLayout::kB1:
      return true;  // every bit is a weight
  }
  return false;
}

bool f16_ok(const uint16_t* bits, size_t count) {
  uint16_t bad = 0;
  for (size_t i = 0; i < count; ++i) bad |= (bits[i] & 0x7c00) == 0x7c00;
  return bad == 0;
}

bool f32_ok(const uint32_t* bits, size_t count) {
  uint32_t bad = 0;
  for (size_t i = 0; i < count; ++i) bad |= (bits[i] & 0x7f800000u) == 0x7f800000u;
  return bad == 0;
}

bool magnitudes_ok(const uint32_t* bits, size_t count) {
  uint32_t signs = 0;
  for (size_t i = 0; i < count; ++i) signs |= bits[i];
  return (signs >> 31) == 0 && f32_ok(bits, count);
}

// The bits of positive finite numbers are those from 1 to 0x7f7fffff.
bool positive_ok(const uint32_t* bits, size_t count) {
  bool bad = false;
  for (size_t i = 0; i < count; ++i) bad |= bits[i] - 1 >= 0x7f7fffffu;
  return !bad;
}

// Checks bytes [begin, begin + size) of a matrix with scales per group.
bool grouped_ok(TernaryLayout layout, const uint8_t* bytes, size_t size, uint64_t begin) {
  const size_t scales = static_cast<size_t>(unit_groups(layout)) * kGroupScaleBytes;
  bool ok = true;
  for (size_t at = 0, next = 0; at < size; at = next) {
    const size_t in_unit = static_cast<size_t>((begin + at) % unit_bytes(layout));
    const bool is_scales = in_unit < scales;
    next = std::min(size, at + (is_scales ? scales : unit_bytes(layout)) - in_unit);
    const uint8_t* part = bytes + at;
    if (is_scales) {
      ok &= f16_ok(reinterpret_cast<const uint16_t*>(part), (next - at) / 2);
    } else {
      ok &= tiles_ok(layout, part, next - at);
    }
  }
  return ok;
}

}  // namespace

bool content_ok(Content content, const uint8_t* bytes, size_t size, uint64_t begin) {
  switch (content) {
    case Content::kBytes:
      return true;
    case Content::kT2:
      return t2_ok(bytes, size);
    case Content::kT16:
      return t16_ok(bytes, size);
    case Content::kGroupedT2:
      return grouped_ok(TernaryLayout::kT2, bytes, size, begin);
    case Content::kGroupedT16:
      return grouped_ok(TernaryLayout::kT16, bytes, size, begin);
    case Content::kGroupedB1:
      return grouped_ok(TernaryLayout::kB1, bytes, size, begin);
    case Content::kF16:
      return f16_ok(reinterpret_cast<const uint16_t*>(bytes), size / 2);
    case Content::kF32:
      return f32_ok(reinterpret_cast<const uint32_t*>(bytes), size / 4);
    case Content::kMagnitudes:
      return magnitudes_ok(reinterpret_cast<const uint32_t*>(bytes), size / 4);
    case Content::kPositive:
      return positive_ok(reinterpret_cast<const uint32_t*>(bytes), size / 4);
  }
  return false;
}

}  // namespace sterna
