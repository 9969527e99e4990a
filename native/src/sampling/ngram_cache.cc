#include "sampling/ngram_cache.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace sterna {
namespace {

constexpr char kMark = '\0';
// How many bytes at the end of the text are compared.
constexpr size_t kTail = 256;

// How many of the texts belong to the document with the cursor: before and after it.
constexpr size_t kOwn = 2;

enum class Kind : uint8_t { kOther, kName, kBlank, kLineEnd };

constexpr std::array<Kind, 256> kKinds = [] {
  std::array<Kind, 256> kinds{};
  for (size_t c = 0; c < kinds.size(); ++c) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
    if (is_letter || (c >= '0' && c <= '9') || c == '_' || c == '$') kinds[c] = Kind::kName;
  }
  kinds[' '] = kinds['\t'] = Kind::kBlank;
  kinds['\n'] = Kind::kLineEnd;
  return kinds;
}();

Kind kind_of(char c) { return kKinds[static_cast<unsigned char>(c)]; }

// Whether a word with a character of one kind goes on with a character of the other kind.
constexpr bool joins(Kind one, Kind other) {
  return other == Kind::kName
             ? one == Kind::kName
             : other == Kind::kBlank && (one == Kind::kBlank || one == Kind::kLineEnd);
}

// The offsets at which the words of a text begin, and then the text's length. There is no branch
// for each word, because processors could not predict it.
std::vector<uint32_t> word_starts(std::string_view text) {
  std::vector<uint32_t> starts(text.size() + 1);
  size_t count = 0;
  Kind before = Kind::kOther;
  for (size_t at = 0; at < text.size(); ++at) {
    const Kind kind = kind_of(text[at]);
    starts[count] = static_cast<uint32_t>(at);
    count += joins(before, kind) ? 0 : 1;
    before = kind;
  }
  starts[count] = static_cast<uint32_t>(text.size());
  starts.resize(count + 1);
  return starts;
}

// A hash of the word's ends and its length. Hashing every byte would take as long as all other
// reading of a text.
char hash_of(std::string_view word) {
  const auto byte = [](char c) { return static_cast<size_t>(static_cast<unsigned char>(c)); };
  return static_cast<char>(byte(word.front()) + 7 * byte(word.back()) + 31 * word.size());
}

// The word that ends the text. It may be half a word or a whole one; that is not known yet.
std::string_view begun_word(std::string_view text) {
  size_t begin = text.size();
  while (begin > 0 && kind_of(text[begin - 1]) == Kind::kName) --begin;
  return text.substr(begin);
}

// The last words of the text, the last one first.
std::vector<std::string_view> last_words(std::string_view text, size_t count) {
  const std::vector<uint32_t> starts = word_starts(text);
  std::vector<std::string_view> words;
  for (size_t i = starts.size() - 1; i > 0 && words.size() < count; --i) {
    words.push_back(text.substr(starts[i - 1], starts[i] - starts[i - 1]));
  }
  return words;
}

}  // namespace

NgramCache::NgramCache(const std::vector<std::string>& texts) {
  size_t size = texts.size();
  for (const std::string& text : texts) size += text.size();
  text_.reserve(size);
  for (size_t i = texts.size(); i-- > 0;) {
    if (i < kOwn) own_ = std::min(own_, text_.size());
    text_ += kMark;
    std::ranges::remove_copy(texts[i], std::back_inserter(text_), '\r');
  }
  starts_ = word_starts(text_);
  const size_t words = starts_.size() - 1;
  firsts_.resize(words);
  hashes_.resize(words);
  for (size_t i = 0; i < words; ++i) {
    firsts_[i] = text_[starts_[i]];
    hashes_[i] = hash_of(word(i));
  }
  if (!texts.empty()) {
    const std::string& before = texts.front();
    tail_ = before.substr(before.size() - std::min(before.size(), kTail));
  }
}

std::string_view NgramCache::word(size_t index) const {
  return std::string_view(text_).substr(starts_[index], starts_[index + 1] - starts_[index]);
}

// How many words before the word at `index` agree with the context.
int NgramCache::match_before(size_t index, const std::vector<std::string_view>& context) const {
  int match = 0;
  for (const std::string_view expected : context) {
    if (index == 0 || word(--index) != expected) break;
    ++match;
  }
  return match;
}

std::string_view NgramCache::next_of(size_t at) const {
  const std::string_view next = std::string_view(text_).substr(at, kNext);
  return next.substr(0, next.find_first_of(std::string_view("\n\0", 2)));
}

const std::vector<NgramCache::Occurrence>& NgramCache::occurrences() {
  const std::string_view text =
      std::string_view(tail_).substr(tail_.size() - std::min(tail_.size(), kTail));
  const std::string_view begun = begun_word(text);
  const std::vector<std::string_view> context =
      last_words(text.substr(0, text.size() - begun.size()), kLongest);
  found_.clear();
  const auto take = [&](size_t index, int match) {
    // The word at the end of the texts is the one at the cursor itself.
    if (starts_[index] + begun.size() < text_.size()) {
      found_.push_back({static_cast<uint32_t>(index), match});
    }
  };
  if (!begun.empty()) {
    const char first = begun[0];
    for (size_t at = firsts_.find(first); at != firsts_.npos; at = firsts_.find(first, at + 1)) {
      if (word(at).starts_with(begun)) take(at, match_before(at, context));
    }
  } else if (!context.empty()) {
    const char hash = hash_of(context[0]);
    for (size_t at = hashes_.find(hash); at != hashes_.npos; at = hashes_.find(hash, at + 1)) {
      const int match = match_before(at + 1, context);
      if (match > 0) take(at + 1, match);
    }
  }
  if (found_.size() > kOccurrences) {
    const auto better = [](const Found& a, const Found& b) {
      return a.match != b.match ? a.match > b.match : a.word > b.word;
    };
    std::ranges::nth_element(found_, found_.begin() + kOccurrences, better);
    found_.resize(kOccurrences);
  }
  occurrences_.clear();
  for (const Found& found : found_) {
    const size_t at = starts_[found.word];
    occurrences_.push_back({next_of(at + begun.size()), found.match, at >= own_});
  }
  return occurrences_;
}

}  // namespace sterna
