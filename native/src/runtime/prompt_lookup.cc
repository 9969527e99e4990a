#include "runtime/prompt_lookup.h"

#include <algorithm>

namespace sterna {
namespace {

// Places that are compared; two tokens such as a comma and a space stand in hundreds.
constexpr int kPlaces = 64;
constexpr int32_t kMark = -1;  // no token

}  // namespace

PromptLookup::PromptLookup(std::span<const int32_t> prompt, std::span<const int32_t> expected)
    : expected_(expected.size()), agreed_(kLongest) {
  text_.reserve(expected.size() + prompt.size() + 64);
  for (const int32_t token : expected) append(token);
  append(kMark);
  for (const int32_t token : prompt) append(token);
}

void PromptLookup::append(int32_t token) {
  const int32_t end = static_cast<int32_t>(text_.size());
  int32_t before = -1;
  if (end > 0) {
    const uint64_t key =
        uint64_t{static_cast<uint32_t>(text_.back())} << 32 | static_cast<uint32_t>(token);
    const auto [place, added] = last_.try_emplace(key, end);
    if (!added) {
      before = place->second;
      place->second = end;
    }
  }
  text_.push_back(token);
  previous_.push_back(before);
}

void PromptLookup::push(int32_t token) {
  if (followed_ < expected_) {
    if (text_[followed_] == token) {
      agreed_ = std::min(agreed_ + 1, kLongest);
      ++followed_;
    } else {
      followed_ = agreed_ == 0 ? expected_ : followed_ + 1;  // at the second in a row it is over
      agreed_ = 0;
    }
  }
  append(token);
}

Draft PromptLookup::propose(int limit) const {
  Draft draft;
  const int32_t last = static_cast<int32_t>(text_.size()) - 1;
  int32_t best = -1;
  int32_t place = previous_[static_cast<size_t>(last)];
  for (int i = 0; i < kPlaces && place >= 0 && draft.match < kLongest; ++i) {
    int length = 0;
    while (length < kLongest && length <= place &&
           text_[static_cast<size_t>(place - length)] != kMark &&
           text_[static_cast<size_t>(place - length)] == text_[static_cast<size_t>(last - length)])
      ++length;
    if (length > draft.match) {
      draft.match = length;
      best = place;
    }
    place = previous_[static_cast<size_t>(place)];
  }
  const bool follows = followed_ < expected_;
  if (follows && agreed_ >= draft.match) {
    draft.match = agreed_;
    const auto from = text_.begin() + static_cast<std::ptrdiff_t>(followed_);
    const size_t count = std::min(expected_ - followed_, static_cast<size_t>(limit));
    draft.tokens.assign(from, from + static_cast<std::ptrdiff_t>(count));
    return draft;
  }
  if (draft.match < kShortest) return {};
  // Past the end of the text the draft goes on with itself: something that repeats.
  const size_t from = static_cast<size_t>(best) + 1;
  for (size_t i = 0; static_cast<int>(draft.tokens.size()) < limit; ++i) {
    const size_t at = from + i;
    const int32_t token = at < text_.size() ? text_[at] : draft.tokens[at - text_.size()];
    if (token == kMark) break;
    draft.tokens.push_back(token);
  }
  return draft;
}

}  // namespace sterna
