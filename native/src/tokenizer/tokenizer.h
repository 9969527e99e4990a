// The tokenizer: text to tokens and back, over one vocabulary.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/bpe.h"
#include "tokenizer/detokenizer.h"
#include "tokenizer/prefix_index.h"
#include "tokenizer/vocabulary.h"

namespace sterna {

// Immutable and cheap to copy; may be shared between threads.
class Tokenizer {
 public:
  // Reads a vocabulary blob (engine/models/packFormat.ts), which is copied. On failure it returns
  // nothing, and in *error what is wrong: a clause, to which the caller adds the name of the file.
  static std::optional<Tokenizer> parse(std::span<const uint8_t> blob, std::string* error);

  std::vector<int32_t> encode(std::string_view text, EncodeOptions options = {}) const {
    return encoder_->encode(text, options);
  }

  // The whole text of some tokens. See Detokenizer for bytes that are not text.
  std::string decode(std::span<const int32_t> tokens) const;

  // A new stream over this vocabulary.
  Detokenizer detokenizer() const { return Detokenizer(vocabulary_); }

  // For constrained decoding; valid as long as a copy of the tokenizer exists.
  PrefixIndex prefix_index() const { return PrefixIndex(*vocabulary_); }

  // Whether a text must be brought to Unicode's normal form C before it is encoded.
  bool wants_form_c() const { return vocabulary_->pre_tokenizer() == PreTokenizer::kQwen2; }

  int32_t size() const { return vocabulary_->size(); }
  const SpecialTokens& special() const { return vocabulary_->special(); }

  // The id of the token, of whatever type, that is exactly this text, or -1.
  int32_t id_of(std::string_view text) const { return vocabulary_->find(text); }

  // The bytes of a token, empty when there is no such id. Valid as long as a copy of the tokenizer
  // exists.
  std::string_view token_bytes(int32_t id) const {
    return vocabulary_->contains(id) ? vocabulary_->bytes(id) : std::string_view();
  }

 private:
  explicit Tokenizer(std::shared_ptr<const Vocabulary> vocabulary);

  std::shared_ptr<const Vocabulary> vocabulary_;
  std::shared_ptr<const BpeEncoder> encoder_;
};

}  // namespace sterna
