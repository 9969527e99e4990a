#include "tokenizer/unicode.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace sterna {
namespace {

// (first code point << 2) | class for every change of class, in ascending order.
constexpr uint32_t kChanges[] = {
#include "tokenizer/unicode_tables.inc"
};

constexpr CharClass search(char32_t code_point) {
  // Finds the last change at or before the code point: with 3 in the two low bits the key is
  // greater than any entry of this code point, and less than those of the next.
  const uint32_t key = (static_cast<uint32_t>(code_point) << 2) | 3;
  const uint32_t* after = std::upper_bound(std::begin(kChanges), std::end(kChanges), key);
  return static_cast<CharClass>(*(after - 1) & 3);
}

constexpr std::array<CharClass, 128> kAscii = [] {
  std::array<CharClass, 128> table{};
  for (size_t i = 0; i < table.size(); ++i) table[i] = search(static_cast<char32_t>(i));
  return table;
}();

constexpr Utf8Char invalid(uint8_t length) { return {0xfffd, length, Utf8Status::kInvalid}; }

}  // namespace

CharClass char_class(char32_t code_point) {
  if (code_point < 0x80) return kAscii[code_point];
  return code_point <= 0x10ffff ? search(code_point) : CharClass::kOther;
}

char32_t fold_to_ascii(char32_t code_point) {
  if (code_point >= 'A' && code_point <= 'Z') return code_point + ('a' - 'A');
  return code_point == 0x17f ? U's' : code_point;  // U+017F: long s
}

Utf8Char decode_utf8(std::string_view text, size_t position) {
  const auto byte_at = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte_at(position);
  if (lead < 0x80) return {lead, 1, Utf8Status::kValid};

  // The bounds of the second byte exclude overlong forms, surrogates and everything above U+10FFFF.
  uint8_t length;
  unsigned char low = 0x80;
  unsigned char high = 0xbf;
  char32_t code_point;
  if (lead >= 0xc2 && lead <= 0xdf) {
    length = 2;
    code_point = lead & 0x1f;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    length = 3;
    code_point = lead & 0x0f;
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4;
    code_point = lead & 0x07;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
  } else {
    return invalid(1);
  }

  for (uint8_t i = 1; i < length; ++i) {
    if (position + i >= text.size()) return {0xfffd, i, Utf8Status::kIncomplete};
    const unsigned char byte = byte_at(position + i);
    if (byte < low || byte > high) return invalid(i);
    low = 0x80;
    high = 0xbf;
    code_point = (code_point << 6) | (byte & 0x3f);
  }
  return {code_point, length, Utf8Status::kValid};
}

}  // namespace sterna
