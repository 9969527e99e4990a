#include "runtime/prompt_lookup.h"

#include <algorithm>

namespace sterna {
namespace {

// The most occurrences that are compared; two tokens such as a comma and a space occur in hundreds.
constexpr int kMaxOccurrences = 64;
// After more than this many mismatches, one after another, an occurrence is no longer followed.
constexpr int kMaxMismatches = 8;
// After a mismatch, the most tokens of the occurrence that may be skipped to find agreement again.
constexpr int kMaxSkipped = 8;
// How many tokens must agree before a mismatch for the occurrence to count as a row. The tokens of
// the mismatch are then expected to vary from row to row.
constexpr int kRowAgreement = 4;
// The most changes that are remembered.
constexpr size_t kMaxChanges = 4;
// How many of a prompt's last tokens are followed as if they were generated. The others are only
// indexed, which takes much less time.
constexpr size_t kFollowedPrompt = 256;
constexpr int32_t kMark = -1;  // a value that no token has

}  // namespace

PromptLookup::PromptLookup(std::span<const int32_t> prompt, std::span<const int32_t> expected) {
  text_.reserve(expected.size() + prompt.size() + 64);
  for (const int32_t token : expected) append(token, false);
  append(kMark, false);
  const size_t skimmed = prompt.size() - std::min(prompt.size(), kFollowedPrompt);
  for (const int32_t token : prompt.first(skimmed)) append(token, false);
  for (const int32_t token : prompt.subspan(skimmed)) push(token);
  if (!expected.empty()) {
    stop_following();
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
    const auto [latest, added] = last_.try_emplace(key, end);
    if (!added) {
      before = latest->second;
      latest->second = end;
    }
  }
  text_.push_back(token);
  varies_.push_back(varies);
  previous_.push_back(before);
}

void PromptLookup::push(int32_t token) {
  const bool agrees = follow(token);
  append(token, !agrees && is_row_);
  // The occurrence that agrees for longest. For the one that is followed, what agreed before counts
  // as well.
  const Occurrence occurrence = longest();
  if (occurrence.match >= kShortest && occurrence.match > agreed_ + agreed_before_mismatch_) {
    stop_following();
    next_ = occurrence.end + 1;
    agreed_ = occurrence.match;
  }
}

void PromptLookup::stop_following() {
  next_ = mismatch_old_ = -1;
  agreed_ = agreed_before_mismatch_ = mismatches_ = 0;
  replacement_begin_ = replacement_end_ = 0;
}

// Moves on by one token. Returns whether the token was expected, or no occurrence is followed.
bool PromptLookup::follow(int32_t token) {
  if (next_ < 0) return true;
  const auto token_at = [&](int32_t i) { return text_[static_cast<size_t>(i)]; };
  const int32_t end = static_cast<int32_t>(text_.size());
  const auto agree = [this] {
    agreed_ = std::min(agreed_ + 1, kLongest);
    return true;
  };
  if (replacement_begin_ < replacement_end_ && token_at(replacement_begin_) == token) {
    ++replacement_begin_;
    return agree();
  }
  replacement_begin_ = replacement_end_ = 0;
  if (next_ < end && token_at(next_) == token) {
    settle(next_++);
    return agree();
  }
  const Change* change = mismatches_ == 0 ? change_at(static_cast<size_t>(next_)) : nullptr;
  if (change && token_at(change->new_begin) == token) {
    replacement_begin_ = change->new_begin + 1;
    replacement_end_ = change->new_end;
    next_ += change->old_end - change->old_begin;
    return agree();
  }
  if (mismatches_ == 0) {
    mismatch_old_ = next_;
    mismatch_new_ = end;
    is_row_ = agreed_ + agreed_before_mismatch_ >= kRowAgreement;
  }
  if (agreed_ > 0) {
    agreed_before_mismatch_ = std::min((agreed_ + agreed_before_mismatch_) / 2, kLongest / 2);
  }
  agreed_ = 0;
  for (int32_t i = next_ + 1; i < end && i <= next_ + kMaxSkipped && token_at(i) != kMark; ++i) {
    if (token_at(i) != token) continue;
    settle(i);
    next_ = i + 1;
    agreed_ = 1;
    return true;
  }
  // First assume that one token replaced one; then that tokens were inserted before the next.
  if (mismatches_++ == 0) ++next_;
  if (mismatches_ > kMaxMismatches || next_ > end || (next_ < end && token_at(next_) == kMark)) {
    stop_following();
  }
  return false;
}

// Called when the row's token at `old_end` agrees with the text again. Remembers the change before
// it.
void PromptLookup::settle(int32_t old_end) {
  const int32_t end = static_cast<int32_t>(text_.size());
  if (mismatch_old_ >= 0 && old_end > mismatch_old_ && end > mismatch_new_) {
    if (changes_.size() == kMaxChanges) changes_.erase(changes_.begin());
    changes_.push_back({mismatch_old_, old_end, mismatch_new_, end});
  }
  mismatch_old_ = -1;
  mismatches_ = 0;
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

PromptLookup::Occurrence PromptLookup::longest() const {
  Occurrence best = {-1, 0};
  const int32_t last = static_cast<int32_t>(text_.size()) - 1;
  int32_t occurrence = previous_[static_cast<size_t>(last)];
  for (int i = 0; i < kMaxOccurrences && occurrence >= 0 && best.match < kLongest; ++i) {
    int length = 0;
    while (length < kLongest && length <= occurrence &&
           text_[static_cast<size_t>(occurrence - length)] != kMark &&
           text_[static_cast<size_t>(occurrence - length)] ==
               text_[static_cast<size_t>(last - length)]) {
      ++length;
    }
    if (length > best.match) best = {occurrence, length};
    occurrence = previous_[static_cast<size_t>(occurrence)];
  }
  return best;
}

Draft PromptLookup::propose(int limit) const {
  Draft draft;
  if (next_ < 0) return draft;
  draft.match = std::min(agreed_ + (agreed_ > 0 ? agreed_before_mismatch_ : 0), kLongest);
  size_t at = static_cast<size_t>(next_);
  // The draft assumes that the part of the row that varies is over.
  while (mismatches_ > 0 && at < text_.size() && varies_[at]) ++at;
  const size_t most = static_cast<size_t>(limit);
  const auto add = [&](int32_t begin, int32_t end) {
    for (int32_t i = begin; i < end && draft.tokens.size() < most; ++i) {
      draft.tokens.push_back(text_[static_cast<size_t>(i)]);
    }
  };
  add(replacement_begin_, replacement_end_);
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
