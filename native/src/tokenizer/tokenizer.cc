#include "tokenizer/tokenizer.h"

#include <new>
#include <utility>

namespace sterna {

Tokenizer::Tokenizer(std::shared_ptr<const Vocabulary> vocabulary)
    : vocabulary_(std::move(vocabulary)),
      encoder_(std::make_shared<const BpeEncoder>(vocabulary_)) {}

std::optional<Tokenizer> Tokenizer::parse(std::span<const uint8_t> blob, std::string* error) {
  std::optional<Vocabulary> vocabulary = Vocabulary::parse(blob, error);
  if (!vocabulary) return std::nullopt;
  try {
    return Tokenizer(std::make_shared<const Vocabulary>(*std::move(vocabulary)));
  } catch (const std::bad_alloc&) {
    *error = "not enough memory";
    return std::nullopt;
  }
}

std::string Tokenizer::decode(std::span<const int32_t> tokens) const {
  Detokenizer stream = detokenizer();
  std::string text;
  for (const int32_t token : tokens) text += stream.push(token);
  return text + stream.flush();
}

}  // namespace sterna
