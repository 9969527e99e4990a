// How the index cuts source text into words.
#pragma once

#include <cstddef>
#include <string_view>

namespace sterna {

// A word is a run of letters, digits, _ and $ (every byte outside ASCII counts as a letter), or one
// other character, each with the blanks before it; or a line end with the indentation behind it.
// Carriage returns are dropped by whoever makes the text.

// Bytes of the word that `text`, which must not be empty, begins with.
size_t word_length(std::string_view text);

// Where the unfinished word at the end of `text` begins: its trailing blanks, the letters of a name
// that may continue, or both. It is the end of the text where there is neither, and after a line
// end with its indentation, which counts as finished.
size_t unfinished_word(std::string_view text);

// How many words of the n-gram cache one word here stands for. The cache (ngram_cache.h) counts
// blanks as words of their own.
int plain_words(std::string_view word);

}  // namespace sterna
