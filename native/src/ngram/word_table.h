// Numbers words: every distinct word is kept once and gets an id.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sterna {

// Ids count up from 0. Not safe for use by several threads at once.
class WordTable {
 public:
  static constexpr uint32_t kUnknown = UINT32_MAX;

  // The id of the word, which is added if it is new.
  uint32_t intern(std::string_view word);
  // The id of the word, or kUnknown.
  uint32_t find(std::string_view word) const;
  // Valid until the next intern().
  std::string_view word(uint32_t id) const;
  // The number of words.
  size_t size() const { return starts_.size() - 1; }
  size_t bytes() const;

 private:
  size_t slot_of(std::string_view word) const;
  void grow();

  std::string text_;                    // all words, one after another
  std::vector<uint32_t> starts_ = {0};  // where the words begin in text_, and its end
  std::vector<uint32_t> slots_ =  // open addressing: an id, or kUnknown where the slot is free
      std::vector<uint32_t>(1024, kUnknown);
};

// Tells whether a word of the table begins with the given letters. Occurrences often have the same
// next word, so the latest answers are cached.
class BeginsWith {
 public:
  BeginsWith(const WordTable& table, std::string_view begun) : table_(table), begun_(begun) {
    ids_.fill(WordTable::kUnknown);
  }

  bool operator()(uint32_t word) {
    if (begun_.empty()) return true;
    const size_t slot = word % ids_.size();
    if (ids_[slot] != word) {
      ids_[slot] = word;
      answers_[slot] = table_.word(word).starts_with(begun_);
    }
    return answers_[slot];
  }

 private:
  const WordTable& table_;
  std::string_view begun_;
  std::array<uint32_t, 64> ids_;
  std::array<bool, 64> answers_{};
};

// FNV-1a, 64 bits.
constexpr uint64_t hash_bytes(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace sterna
