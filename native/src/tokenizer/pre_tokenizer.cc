#include "tokenizer/pre_tokenizer.h"

#include <cstdint>

#include "tokenizer/unicode.h"

namespace sterna {
namespace {

struct Char {
  char32_t code_point;
  CharClass kind;
  // The position after the character.
  size_t end;

  bool is_newline() const { return code_point == '\r' || code_point == '\n'; }
};

// The class of the end of the text. It equals no real class, so every loop below stops there.
constexpr uint8_t kNoClass = 0xff;

Char read(std::string_view text, size_t position) {
  if (position >= text.size()) return {0, static_cast<CharClass>(kNoClass), position};
  const Utf8Char c = decode_utf8(text, position);
  if (c.status != Utf8Status::kValid) return {0xfffd, CharClass::kOther, position + 1};
  return {c.code_point, char_class(c.code_point), position + c.length};
}

// The end of the longest run of `kind` that begins at `position`, of at most `limit` characters.
size_t skip(std::string_view text, size_t position, CharClass kind, size_t limit = SIZE_MAX) {
  for (; limit > 0; --limit) {
    const Char c = read(text, position);
    if (c.kind != kind) break;
    position = c.end;
  }
  return position;
}

// The end of 's, 't, 're, 've, 'm, 'll or 'd whose quote is before `after_quote`, or 0.
size_t contraction_end(std::string_view text, size_t after_quote) {
  const Char first = read(text, after_quote);
  const char32_t a = fold_to_ascii(first.code_point);
  if (a == 's' || a == 't' || a == 'm' || a == 'd') return first.end;
  const Char second = read(text, first.end);
  const char32_t b = fold_to_ascii(second.code_point);
  if (((a == 'r' || a == 'v') && b == 'e') || (a == 'l' && b == 'l')) return second.end;
  return 0;
}

// The three alternatives that begin with white space, in one pass over the run.
size_t space_end(std::string_view text, size_t begin) {
  size_t last_begin = begin;     // where the last character of the run begins
  size_t after_newline = begin;  // after the last \r or \n of the run
  size_t end = begin;
  for (Char c = read(text, end); c.kind == CharClass::kWhiteSpace; c = read(text, end)) {
    last_begin = end;
    end = c.end;
    if (c.is_newline()) after_newline = end;
  }
  if (after_newline > begin) return after_newline;  // \s*[\r\n]+
  if (end == text.size()) return end;               // \s+(?!\S), nothing follows
  // \s+(?!\S) leaves the last space to what follows; a single one is matched by \s+.
  return last_begin > begin ? last_begin : end;
}

}  // namespace

size_t piece_end(std::string_view text, size_t begin, size_t most_digits) {
  const Char first = read(text, begin);
  if (first.code_point == '\'') {
    const size_t end = contraction_end(text, first.end);
    if (end != 0) return end;
  }
  if (first.kind == CharClass::kLetter) return skip(text, first.end, CharClass::kLetter);
  if (first.kind == CharClass::kNumber) {
    return skip(text, first.end, CharClass::kNumber, most_digits - 1);
  }

  const Char second = read(text, first.end);
  if (second.kind == CharClass::kLetter && !first.is_newline()) {
    return skip(text, second.end, CharClass::kLetter);
  }
  if (first.kind == CharClass::kOther ||
      (first.code_point == ' ' && second.kind == CharClass::kOther)) {
    size_t end = skip(text, first.end, CharClass::kOther);
    while (end < text.size() && (text[end] == '\r' || text[end] == '\n')) ++end;
    return end;
  }
  return space_end(text, begin);
}

}  // namespace sterna
