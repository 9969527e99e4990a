#include "runtime/prompt_lookup.h"

#include <algorithm>

namespace sterna {
namespace {

// The most places that are compared; two tokens such as a comma and a space occur in hundreds.
constexpr int kPlaces = 64;
// After this many tokens that differ a place is given up; below, how many of the place's own tokens
// may be skipped to find agreement again.
constexpr int kLost = 8;
constexpr int kSkipped = 8;
// How many tokens must agree before one that does not, so that this one counts as what varies from
// row to row.
constexpr int kRow = 4;
// How many changes are remembered.
constexpr size_t kChanges = 4;
// How many of a prompt's last tokens are read as if they were generated, which takes the most time.
constexpr size_t kRead = 256;
constexpr int32_t kMark = -1;  // a value that no token has

}  // namespace

PromptLookup::PromptLookup(std::span<const int32_t> prompt, std::span<const int32_t> expected) {
  text_.reserve(expected.size() + prompt.size() + 64);
  for (const int32_t token : expected) append(token, false);
  append(kMark, false);
  const size_t skimmed = prompt.size() - std::min(prompt.size(), kRead);
  for (const int32_t token : prompt.first(skimmed)) append(token, false);
  for (const int32_t token : prompt.subspan(skimmed)) push(token);
  if (!expected.empty()) {
    leave();
    next_ = 0;
    agreed_ = kLongest;
  }
}

void PromptLookup::append(int32_t token, bool varies) {
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
  varies_.push_back(varies);
  previous_.push_back(before);
}

void PromptLookup::push(int32_t token) {
  const bool agrees = follow(token);
  append(token, !agrees && is_row_);
  // The place that agrees for longest. For the one that is followed, what agreed before counts as
  // well.
  const Place place = longest();
  if (place.match >= kShortest && place.match > agreed_ + before_) {
    leave();
    next_ = place.end + 1;
    agreed_ = place.match;
  }
}

void PromptLookup::leave() {
  next_ = lost_old_ = -1;
  agreed_ = before_ = lost_ = 0;
  changed_ = changed_end_ = 0;
}

// Moves on by one token. Returns whether the token was expected, or no place is followed.
bool PromptLookup::follow(int32_t token) {
  if (next_ < 0) return true;
  const auto at = [&](int32_t i) { return text_[static_cast<size_t>(i)]; };
  const int32_t end = static_cast<int32_t>(text_.size());
  const auto agree = [this] {
    agreed_ = std::min(agreed_ + 1, kLongest);
    return true;
  };
  if (changed_ < changed_end_ && at(changed_) == token) {
    ++changed_;
    return agree();
  }
  changed_ = changed_end_ = 0;
  if (next_ < end && at(next_) == token) {
    settle(next_++);
    return agree();
  }
  const Change* change = lost_ == 0 ? change_at(static_cast<size_t>(next_)) : nullptr;
  if (change && at(change->new_begin) == token) {
    changed_ = change->new_begin + 1;
    changed_end_ = change->new_end;
    next_ += change->old_end - change->old_begin;
    return agree();
  }
  if (lost_ == 0) {
    lost_old_ = next_;
    lost_new_ = end;
    is_row_ = agreed_ + before_ >= kRow;
  }
  if (agreed_ > 0) before_ = std::min((agreed_ + before_) / 2, kLongest / 2);
  agreed_ = 0;
  for (int32_t i = next_ + 1; i < end && i <= next_ + kSkipped && at(i) != kMark; ++i) {
    if (at(i) != token) continue;
    settle(i);
    next_ = i + 1;
    agreed_ = 1;
    return true;
  }
  // First assume that one token replaced one; then that tokens were inserted before the next.
  if (lost_++ == 0) ++next_;
  if (lost_ > kLost || next_ > end || (next_ < end && at(next_) == kMark)) leave();
  return false;
}

// The row's token at `old_end` agrees with the text again: remembers the change before it.
void PromptLookup::settle(int32_t old_end) {
  const int32_t end = static_cast<int32_t>(text_.size());
  if (lost_old_ >= 0 && old_end > lost_old_ && end > lost_new_) {
    if (changes_.size() == kChanges) changes_.erase(changes_.begin());
    changes_.push_back({lost_old_, old_end, lost_new_, end});
  }
  lost_old_ = -1;
  lost_ = 0;
}

// The remembered change of the text at text_[at], if there is one.
const PromptLookup::Change* PromptLookup::change_at(size_t at) const {
  for (size_t i = changes_.size(); i-- > 0;) {
    const Change& c = changes_[i];
    const auto old = text_.begin() + c.old_begin;
    const size_t length = static_cast<size_t>(c.old_end - c.old_begin);
    if (at + length <= text_.size() && std::equal(old, old + c.old_end - c.old_begin,
                                                  text_.begin() + static_cast<ptrdiff_t>(at))) {
      return &c;
    }
  }
  return nullptr;
}

PromptLookup::Place PromptLookup::longest() const {
  Place best = {-1, 0};
  const int32_t last = static_cast<int32_t>(text_.size()) - 1;
  int32_t place = previous_[static_cast<size_t>(last)];
  for (int i = 0; i < kPlaces && place >= 0 && best.match < kLongest; ++i) {
    int length = 0;
    while (length < kLongest && length <= place &&
           text_[static_cast<size_t>(place - length)] != kMark &&
           text_[static_cast<size_t>(place - length)] ==
               text_[static_cast<size_t>(last - length)]) {
      ++length;
    }
    if (length > best.match) best = {place, length};
    place = previous_[static_cast<size_t>(place)];
  }
  return best;
}

Draft PromptLookup::propose(int limit) const {
  Draft draft;
  if (next_ < 0) return draft;
  draft.match = std::min(agreed_ + (agreed_ > 0 ? before_ : 0), kLongest);
  size_t at = static_cast<size_t>(next_);
  // The part that varies may be over: guess once.
  while (lost_ > 0 && at < text_.size() && varies_[at]) ++at;
  const size_t most = static_cast<size_t>(limit);
  const auto add = [&](int32_t begin, int32_t end) {
    for (int32_t i = begin; i < end && draft.tokens.size() < most; ++i) {
      draft.tokens.push_back(text_[static_cast<size_t>(i)]);
    }
  };
  add(changed_, changed_end_);
  while (draft.tokens.size() < most) {
    if (at >= text_.size()) {
      // Past the end of the text the draft continues with itself, for text that repeats.
      if (at - text_.size() >= draft.tokens.size()) break;
      draft.tokens.push_back(draft.tokens[at++ - text_.size()]);
    } else if (const Change* change = change_at(at)) {
      add(change->new_begin, change->new_end);
      at += static_cast<size_t>(change->old_end - change->old_begin);
    } else if (text_[at] == kMark || varies_[at]) {
      break;  // what varied from row to row varies again
    } else {
      draft.tokens.push_back(text_[at++]);
    }
  }
  return draft;
}

}  // namespace sterna
