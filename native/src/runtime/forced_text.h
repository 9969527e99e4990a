// The text that a generation must begin with. When the cursor is inside a token, the prompt ends
// before that token and the characters that are already there are forced, so that the model chooses
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
      : text_(std::move(text)), bytes_to_strip_(text_.size()), index_(index) {}

  // The tokens that may come next; empty means all of them.
  std::span<const int32_t> allowed() {
    if (done_ < text_.size()) {
      index_.compatible(std::string_view(text_).substr(done_), &allowed_);
    } else {
      allowed_.clear();
    }
    return allowed_;
  }

  // The text that is still forced.
  std::string_view rest() const { return std::string_view(text_).substr(done_); }

  // Reports that an allowed token with these bytes was chosen.
  void accept(std::string_view bytes) { done_ += std::min(bytes.size(), text_.size() - done_); }

  // Whether a next token of so many bytes would reach past the forced text.
  bool reaches_past(size_t bytes) const {
    return done_ == text_.size() || done_ + bytes > text_.size();
  }

  // Removes the forced text from the generation's text, which is passed in order, piece by piece.
  std::string strip(std::string text) {
    const size_t cut = std::min(bytes_to_strip_, text.size());
    bytes_to_strip_ -= cut;
    return text.substr(cut);
  }

 private:
  std::string text_;
  size_t done_ = 0;        // bytes covered by the tokens so far
  size_t bytes_to_strip_;  // bytes of the text to come that are still to be removed
  const PrefixIndex& index_;
  std::vector<int32_t> allowed_;
};

}  // namespace sterna
