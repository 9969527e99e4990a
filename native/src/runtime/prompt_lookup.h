// Drafts from what was read and written already (prompt lookup decoding): where the last tokens
// occurred before, the same tokens may follow again.
//
// In lists and tables the text imitates an earlier line, the *row*. The lookup follows that row
// even past a few tokens that differ, such as names and numbers. A *change* is a run of tokens of
// the row together with the run that replaced it in the text. The same replacement is expected
// wherever the old run occurs again, because a name that differs from the row usually differs in
// all its places.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace sterna {

struct Draft {
  std::vector<int32_t> tokens;
  int match = 0;  // tokens before it that agree with the occurrence it was taken from
};

class PromptLookup {
 public:
  // How many tokens must agree for an occurrence to be found.
  static constexpr int kShortest = 2;
  // The longest agreement that is compared. A longer match is not more informative.
  static constexpr int kLongest = 16;

  // `expected` is what the text after the prompt may be, for example the rest of a suggestion; it
  // may be empty.
  PromptLookup(std::span<const int32_t> prompt, std::span<const int32_t> expected);

  // Adds the next token of the text.
  void push(int32_t token);

  // At most `limit` tokens that may come next: those after the occurrence that the text follows.
  Draft propose(int limit) const;

 private:
  struct Occurrence {
    int32_t end;  // end of the occurrence that agrees; -1 for none
    int match;
  };
  // Tokens [old_begin, old_end) of the row, and the tokens [new_begin, new_end) that replaced them.
  // All four are indexes into text_.
  struct Change {
    int32_t old_begin, old_end;
    int32_t new_begin, new_end;
  };
  void append(int32_t token, bool varies);
  bool follow(int32_t token);
  void stop_following();
  void settle(int32_t old_end);
  Occurrence longest() const;
  const Change* change_at(size_t at) const;

  std::vector<int32_t> text_;      // the expected tokens, a mark, the prompt, the generated tokens
  std::vector<bool> varies_;       // by token: whether it replaced another token of its row
  std::vector<int32_t> previous_;  // end of the previous occurrence of the same two tokens, or -1
  std::unordered_map<uint64_t, int32_t> last_;  // end of the latest occurrence of two tokens
  // Where in text_ the occurrence that is followed has the next token, -1 when none is followed.
  int32_t next_ = -1;
  int agreed_ = 0;  // how many of the last tokens agree with that occurrence
  // Half of how many agreed before the last mismatch, as credit for the occurrence.
  int agreed_before_mismatch_ = 0;
  int mismatches_ = 0;  // how many tokens have not agreed since the last one that did
  // Where the mismatches began in the occurrence and in the text (mismatch_old_ is -1 when there
  // are none), and whether enough tokens had agreed until then for the occurrence to count as a
  // row.
  int32_t mismatch_old_ = -1;
  int32_t mismatch_new_ = -1;
  bool is_row_ = false;
  // The last changes, the latest at the end.
  std::vector<Change> changes_;
  // While a change is repeated: the tokens [begin, end) of text_ that are still expected of its new
  // run. The token at next_ is expected after them. Otherwise empty.
  int32_t replacement_begin_ = 0;
  int32_t replacement_end_ = 0;
};

}  // namespace sterna
