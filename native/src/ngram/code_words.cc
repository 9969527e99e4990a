#include "ngram/code_words.h"

namespace sterna {
namespace {

bool is_name(char c) {
  const unsigned char byte = static_cast<unsigned char>(c);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || byte >= 0x80;
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

size_t word_length(std::string_view text) {
  size_t at = 0;
  const bool is_line_end = text[0] == '\n';
  if (is_line_end) ++at;
  while (at < text.size() && is_blank(text[at])) ++at;
  // Blanks before a line end are a word of their own.
  if (is_line_end || at == text.size() || text[at] == '\n') return at;
  if (!is_name(text[at])) return at + 1;
  while (at < text.size() && is_name(text[at])) ++at;
  return at;
}

size_t unfinished_word(std::string_view text) {
  size_t begin = text.size();
  while (begin > 0 && is_name(text[begin - 1])) --begin;
  size_t blanks = begin;
  while (blanks > 0 && is_blank(text[blanks - 1])) --blanks;
  // Blanks after a line end are its indentation, and so may be blanks at the beginning of the text.
  return blanks == 0 || text[blanks - 1] == '\n' ? begin : blanks;
}

int plain_words(std::string_view word) { return is_blank(word[0]) && word.size() > 1 ? 2 : 1; }

}  // namespace sterna
