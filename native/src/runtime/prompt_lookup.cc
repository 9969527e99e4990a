#include "runtime/prompt_lookup.h"

#include <algorithm>

namespace sterna {
namespace {

// Places that are compared; two tokens such as a comma and a space stand in hundreds.
constexpr int kPlaces = 64;
// Tokens that differ behind which a place is given up, and the most of its own that are passed over
// to find it again.
constexpr int kLost = 8;
constexpr int kSkipped = 8;
constexpr int32_t kMark = -1;  // no token

}  // namespace

PromptLookup::PromptLookup(std::span<const int32_t> prompt, std::span<const int32_t> expected) {
  text_.reserve(expected.size() + prompt.size() + 64);
  for (const int32_t token : expected) append(token);
  append(kMark);
  for (const int32_t token : prompt) append(token);
  if (!expected.empty()) {
    next_ = 0;
    agreed_ = kLongest;
  } else if (const Place place = longest(); place.match >= kShortest) {
    next_ = place.end + 1;
    agreed_ = place.match;
  }
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
  follow(token);
  append(token);
  // The place that agrees for longest; of the one that is followed, what was before counts, too.
  const Place place = longest();
  if (place.match >= kShortest && place.match > agreed_ + before_) {
    next_ = place.end + 1;
    agreed_ = place.match;
    before_ = lost_ = 0;
  }
}

void PromptLookup::follow(int32_t token) {
  if (next_ < 0) return;
  const auto at = [&](int32_t i) { return text_[static_cast<size_t>(i)]; };
  const int32_t end = static_cast<int32_t>(text_.size());
  if (next_ < end && at(next_) == token) {
    agreed_ = std::min(agreed_ + 1, kLongest);
    lost_ = 0;
    ++next_;
    return;
  }
  if (agreed_ > 0) before_ = std::min((agreed_ + before_) / 2, kLongest / 2);
  agreed_ = 0;
  for (int32_t i = next_ + 1; i < end && i <= next_ + kSkipped && at(i) != kMark; ++i) {
    if (at(i) != token) continue;
    next_ = i + 1;
    agreed_ = 1;
    lost_ = 0;
    return;
  }
  // One token in place of one, at first; then tokens put in before the next.
  if (lost_++ == 0) ++next_;
  if (lost_ > kLost || next_ > end || (next_ < end && at(next_) == kMark)) {
    next_ = -1;
    before_ = lost_ = 0;
  }
}

PromptLookup::Place PromptLookup::longest() const {
  Place best = {-1, 0};
  const int32_t last = static_cast<int32_t>(text_.size()) - 1;
  int32_t place = previous_[static_cast<size_t>(last)];
  for (int i = 0; i < kPlaces && place >= 0 && best.match < kLongest; ++i) {
    int length = 0;
    while (length < kLongest && length <= place &&
           text_[static_cast<size_t>(place - length)] != kMark &&
           text_[static_cast<size_t>(place - length)] == text_[static_cast<size_t>(last - length)])
      ++length;
    if (length > best.match) best = {place, length};
    place = previous_[static_cast<size_t>(place)];
  }
  return best;
}

Draft PromptLookup::propose(int limit) const {
  Draft draft;
  if (next_ < 0) return draft;
  draft.match = std::min(agreed_ + (agreed_ > 0 ? before_ : 0), kLongest);
  // Past the end of the text the draft goes on with itself: something that repeats.
  const size_t from = static_cast<size_t>(next_);
  for (size_t i = 0; static_cast<int>(draft.tokens.size()) < limit; ++i) {
    const size_t at = from + i;
    if (at >= text_.size() && at - text_.size() >= draft.tokens.size()) break;
    const int32_t token = at < text_.size() ? text_[at] : draft.tokens[at - text_.size()];
    if (token == kMark) break;
    draft.tokens.push_back(token);
  }
  return draft;
}

}  // namespace sterna
