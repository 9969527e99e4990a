// Drafts out of what was read and written already: where the last tokens stood before, what came
// next may come again.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace sterna {

struct Draft {
  std::vector<int32_t> tokens;
  int match = 0;  // tokens before it that agree with the place it was taken from
};

class PromptLookup {
 public:
  // Of the tokens that must agree for a place to be found.
  static constexpr int kShortest = 2;
  // Tokens beyond which a longer agreement says no more.
  static constexpr int kLongest = 16;

  // `expected` is what the text behind the prompt may be, for instance the rest of a suggestion; it
  // may be empty.
  PromptLookup(std::span<const int32_t> prompt, std::span<const int32_t> expected);

  // The next token of the text.
  void push(int32_t token);

  // At most `limit` tokens that may come next: what follows the place that the text goes along
  // with.
  Draft propose(int limit) const;

 private:
  struct Place {
    int32_t end;  // of the agreement; -1 for none
    int match;
  };
  void append(int32_t token);
  void follow(int32_t token);
  Place longest() const;

  std::vector<int32_t> text_;      // the expected tokens, a mark, the prompt, the generated tokens
  std::vector<int32_t> previous_;  // end of the same two tokens before, or -1
  std::unordered_map<uint64_t, int32_t> last_;  // end of two tokens' latest occurrence
  // The place: where the next token is expected to stand, -1 for none. In a list or a table the
  // text goes along with the row before, but for names and numbers: behind some tokens that differ
  // it is followed on.
  int32_t next_ = -1;
  int agreed_ = 0;  // the last so many tokens agree with it
  int before_ = 0;  // and so many agreed before those that did not
  int lost_ = 0;    // tokens that did not agree since
};

}  // namespace sterna
