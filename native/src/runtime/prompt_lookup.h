// Drafts from what was read and written already: where the last tokens occurred before, the same
// tokens may follow again.
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
  // How many tokens must agree for a place to be found.
  static constexpr int kShortest = 2;
  // The longest agreement that is compared; more says no more.
  static constexpr int kLongest = 16;

  // `expected` is what the text after the prompt may be, for example the rest of a suggestion; it
  // may be empty.
  PromptLookup(std::span<const int32_t> prompt, std::span<const int32_t> expected);

  // Adds the next token of the text.
  void push(int32_t token);

  // At most `limit` tokens that may come next: those after the place that the text follows.
  Draft propose(int limit) const;

 private:
  struct Place {
    int32_t end;  // end of the place that agrees; -1 for none
    int match;
  };
  // Tokens [old_begin, old_end) of the row that is followed, and the text's tokens that replaced
  // them.
  struct Change {
    int32_t old_begin, old_end;
    int32_t new_begin, new_end;
  };
  void append(int32_t token, bool varies);
  bool follow(int32_t token);
  void leave();
  void settle(int32_t old_end);
  Place longest() const;
  const Change* change_at(size_t at) const;

  std::vector<int32_t> text_;      // the expected tokens, a mark, the prompt, the generated tokens
  std::vector<bool> varies_;       // whether another token was there in the row before
  std::vector<int32_t> previous_;  // end of the previous occurrence of the same two tokens, or -1
  std::unordered_map<uint64_t, int32_t> last_;  // end of the latest occurrence of two tokens
  // The place that is followed: where the next token is expected, -1 for none. In a list or a table
  // the text follows the row before, except for names and numbers; so a place is followed past a
  // few tokens that differ.
  int32_t next_ = -1;
  int agreed_ = 0;  // how many of the last tokens agree with it
  int before_ = 0;  // how many agreed before those that did not
  int lost_ = 0;    // how many tokens did not agree since
  // Where those began in the row and in the text, and whether it counted as a row by then.
  int32_t lost_old_ = -1;
  int32_t lost_new_ = -1;
  bool is_row_ = false;
  // The last changes: a name that differs from the row before differs in all of its places.
  std::vector<Change> changes_;
  // The tokens of such a change that are expected next, in the text; next_ is after them.
  int32_t changed_ = 0;
  int32_t changed_end_ = 0;
};

}  // namespace sterna
