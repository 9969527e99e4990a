// How the index cuts source text into words.
#pragma once

#include <cstddef>
#include <string_view>

namespace sterna {

// A word is a run of letters, digits, _ and $ (every byte outside ASCII counts as a letter), or one
// other character, each with the blanks before it; or a line end with the indentation after it.
// The text must not have carriage returns.

// The length, in bytes, of the first word of `text`, which must not be empty.
size_t word_length(std::string_view text);

// The offset at which the unfinished word at the end of `text` begins. Blanks are unfinished,
// and so is a name, which more letters may continue, with the blanks before it. A line end with its
// indentation counts as finished. The result is text.size() where no word is unfinished.
size_t unfinished_word(std::string_view text);

// How many words of the n-gram cache (ngram_cache.h) the word consists of: the cache takes blanks
// as words of their own.
int plain_words(std::string_view word);

}  // namespace sterna
