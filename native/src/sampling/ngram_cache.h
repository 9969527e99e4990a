// Predicts what may come next from the open texts. Code repeats itself, so the places in these
// texts that have the same words before them as the cursor show how the text may continue.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sterna {

// Words are runs of letters, digits, _ and $ (all that is not ASCII counts as a letter), line ends
// with the indentation after them, runs of blanks, and single other characters. Words find more
// than tokens do, because a token often includes the character before a name
// (docs/measurements/ngrams.md).
class NgramCache {
 public:
  // The number of words before an occurrence that are compared. A longer match is not more
  // informative.
  static constexpr int kLongest = 8;
  // How many bytes of the text at an occurrence are returned.
  static constexpr size_t kNext = 32;
  // The most occurrences that are returned: those before which the most words agree, and of equally
  // good ones the last in the texts.
  static constexpr size_t kOccurrences = 256;

  struct Occurrence {
    std::string_view next;  // up to the end of the line or kNext bytes; empty at a line end
    int match;              // words before it that agree; half a word at the cursor does not count
    bool is_own;            // in one of the first two texts
  };

  // `texts` are UTF-8. The first ends at the cursor, the second is the rest of that document, and
  // the others are anything else that is open, the most important first.
  explicit NgramCache(const std::vector<std::string>& texts);

  // The end of the text before the cursor, followed by what was pushed.
  std::string_view before() const { return tail_; }

  // Adds text at the cursor. What was pushed is not searched itself.
  void push(std::string_view bytes) { tail_ += bytes; }

  // If the text before the cursor ends in a word of letters, digits, _ or $, returns the places
  // with a word that begins with it, even if no word before them agrees. Otherwise returns the
  // places before which at least one word agrees. The result is valid until the next call.
  const std::vector<Occurrence>& occurrences();

 private:
  struct Found {
    uint32_t word;
    int match;
  };
  std::string_view word(size_t index) const;
  int match_before(size_t index, const std::vector<std::string_view>& context) const;
  std::string_view next_of(size_t at) const;

  std::string text_;              // all texts, each after a separator, the first one last
  size_t own_ = SIZE_MAX;         // where the second text begins in text_
  std::vector<uint32_t> starts_;  // where its words begin, and its end
  // Two bytes of every word, its first one and its hash, so that many words are compared at once.
  std::string firsts_;
  std::string hashes_;
  std::string tail_;  // end of the text before the cursor, and what was pushed
  std::vector<Found> found_;
  std::vector<Occurrence> occurrences_;
};

}  // namespace sterna
