// The text that a generation must begin with: a cursor inside a token backs up to the token's
// beginning, and the characters that stand there already are forced, so that the model chooses
// among all tokens that agree with them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizer/prefix_index.h"

namespace sterna {

class ForcedText {
 public:
  ForcedText(std::string text, const PrefixIndex& index)
      : text_(std::move(text)), hidden_(text_.size()), index_(index) {}

  // The tokens that may come next, all of them when empty.
  std::span<const int32_t> allowed() {
    if (done_ < text_.size()) {
      index_.compatible(std::string_view(text_).substr(done_), &allowed_);
    } else {
      allowed_.clear();
    }
    return allowed_;
  }

  // What is still forced.
  std::string_view rest() const { return std::string_view(text_).substr(done_); }

  // An allowed token was chosen.
  void accept(std::string_view bytes) { done_ += std::min(bytes.size(), text_.size() - done_); }

  // Whether a token of so many bytes, come next, would say more than what is forced.
  bool reaches_past(size_t bytes) const {
    return done_ == text_.size() || done_ + bytes > text_.size();
  }

  // What of the generation's text, given in order, comes after the forced text.
  std::string without(std::string text) {
    const size_t cut = std::min(hidden_, text.size());
    hidden_ -= cut;
    return text.substr(cut);
  }

 private:
  std::string text_;
  size_t done_ = 0;  // bytes that the tokens so far have covered
  size_t hidden_;    // bytes of the text to come that are the forced ones
  const PrefixIndex& index_;
  std::vector<int32_t> allowed_;
};

}  // namespace sterna
