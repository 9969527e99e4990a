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
  // Of the tokens that must agree.
  static constexpr int kShortest = 2;
  // Tokens beyond which a longer agreement says no more.
  static constexpr int kLongest = 16;

  // `expected` is what the text behind the prompt may be, for instance the rest of a suggestion; it
  // may be empty.
  PromptLookup(std::span<const int32_t> prompt, std::span<const int32_t> expected);

  // The next token of the text.
  void push(int32_t token);

  // At most `limit` tokens that may come next: the expected ones as long as the text is as
  // expected, else what followed the longest agreement (the latest of equals). Behind a token that
  // is not as expected the text is first supposed to go on as if it were.
  Draft propose(int limit) const;

 private:
  void append(int32_t token);

  std::vector<int32_t> text_;      // the expected tokens, a mark, the prompt, the generated tokens
  std::vector<int32_t> previous_;  // end of the same two tokens before, or -1
  std::unordered_map<uint64_t, int32_t> last_;  // end of two tokens' latest occurrence
  size_t expected_;                             // how many there are
  size_t followed_ = 0;                         // of them, how many stand against the text
  int agreed_;                                  // of those, the last so many agree with it
};

}  // namespace sterna
