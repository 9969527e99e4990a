// Byte-pair encoding, over bytes or (SentencePiece) over characters.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "tokenizer/marker_index.h"
#include "tokenizer/vocabulary.h"

namespace sterna {

struct EncodeOptions {
  // Put BOS first, when the vocabulary has one, and the space that it may want in front of a text.
  bool bos = false;
  // Recognise control and user-defined tokens written out in the text. Otherwise text is text.
  bool special = false;
};

// Text to tokens. Immutable, so it may be shared between threads.
class BpeEncoder {
 public:
  explicit BpeEncoder(std::shared_ptr<const Vocabulary> vocabulary);

  // Any bytes can be encoded, also such as are no UTF-8. O(n log n) for any text of n bytes.
  std::vector<int32_t> encode(std::string_view text, EncodeOptions options = {}) const;

 private:
  std::shared_ptr<const Vocabulary> vocabulary_;
  MarkerIndex markers_;
};

}  // namespace sterna
