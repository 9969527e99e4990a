// Decodes tokens to text, also while they are still arriving.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "tokenizer/vocabulary.h"

namespace sterna {

// One stream of tokens. What push() and a last flush() return is, joined, always valid UTF-8 and
// does not depend on how the bytes are divided among tokens.
//
// Normal, byte and user-defined tokens give their bytes; other types, and ids without a token, give
// nothing. Each maximal subpart of bytes that are not UTF-8 becomes one U+FFFD, as in the WHATWG
// decoder. A byte order mark is kept.
class Detokenizer {
 public:
  explicit Detokenizer(std::shared_ptr<const Vocabulary> vocabulary)
      : vocabulary_(std::move(vocabulary)) {}

  // Returns the characters that this token completes, possibly none.
  std::string push(int32_t token);

  // Ends the stream. Returns U+FFFD if it ended inside a character, else nothing. A new stream may
  // begin.
  std::string flush();

 private:
  std::shared_ptr<const Vocabulary> vocabulary_;
  // The valid beginning of a character: 0..3 bytes.
  std::string pending_;
};

}  // namespace sterna
