// The Unicode properties that the pre-tokenizer needs, and decoding of UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sterna {

// The classes are disjoint. Their values are those in unicode_tables.inc.
enum class CharClass : uint8_t {
  kOther = 0,
  kLetter = 1,      // \p{L}
  kNumber = 2,      // \p{N}
  kWhiteSpace = 3,  // \p{White_Space}; U+FEFF is not, U+0085 is (unlike JavaScript's \s)
};

// The class of a code point; kOther beyond U+10FFFF.
CharClass char_class(char32_t code_point);

// Simple case folding of the code points that fold to an ASCII letter, except U+212A (Kelvin sign).
// All others are returned unchanged.
char32_t fold_to_ascii(char32_t code_point);

enum class Utf8Status : uint8_t {
  kValid,
  kInvalid,     // whatever follows, these bytes begin no character
  kIncomplete,  // the text ends inside a character that is valid so far
};

struct Utf8Char {
  char32_t code_point;  // U+FFFD unless valid
  // The number of bytes taken, 1..4. For invalid bytes it is the maximal subpart (Unicode 3.9, best
  // practice for U+FFFD).
  uint8_t length;
  Utf8Status status;
};

// Decodes the character at `position`, which must be less than text.size().
Utf8Char decode_utf8(std::string_view text, size_t position);

}  // namespace sterna
