// Cuts text into pieces; byte-level BPE merges only within a piece.
#pragma once

#include <cstddef>
#include <string_view>

namespace sterna {

// The end of the piece that begins at `begin` (begin < text.size(); the result is greater than
// begin).
//
// The pieces are the matches of the "llama-bpe" expression, alternatives tried in order:
//
//   (?i:'s|'t|'re|'ve|'m|'ll|'d) | [^\r\n\p{L}\p{N}]?\p{L}+ | \p{N}{1,3} |
//   ' '?[^\s\p{L}\p{N}]+[\r\n]* | \s*[\r\n]+ | \s+(?!\S) | \s+
//
// over code points. A byte that is no valid UTF-8 counts as a code point that is neither space,
// letter nor number. Total work over a text is linear.
// The "qwen2" expression has \p{N} in place of \p{N}{1,3}: `most_digits` is 1 instead of 3.
size_t piece_end(std::string_view text, size_t begin, size_t most_digits = 3);

}  // namespace sterna
