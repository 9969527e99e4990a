#include "tokenizer/detokenizer.h"

#include <string_view>

#include "tokenizer/unicode.h"

namespace sterna {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

}  // namespace

std::string Detokenizer::push(int32_t token) {
  if (!vocabulary_->contains(token)) return {};
  if (!vocabulary_->is_text(token) && vocabulary_->type(token) != TokenType::kUserDefined) {
    return {};
  }
  pending_ += vocabulary_->bytes(token);

  std::string out;
  size_t position = 0;
  size_t run = 0;  // start of the valid characters that are not in `out` yet
  while (position < pending_.size()) {
    const Utf8Char c = decode_utf8(pending_, position);
    if (c.status == Utf8Status::kIncomplete) break;
    if (c.status == Utf8Status::kInvalid) {
      out.append(pending_, run, position - run);
      out += kReplacement;
      run = position + c.length;
    }
    position += c.length;
  }
  out.append(pending_, run, position - run);
  pending_.erase(0, position);
  return out;
}

std::string Detokenizer::flush() {
  const bool incomplete = !pending_.empty();
  pending_.clear();
  return std::string(incomplete ? kReplacement : "");
}

}  // namespace sterna
