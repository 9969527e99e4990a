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
  // Tokens [old_begin, old_end) of the row that is followed, and those of the text in their place.
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
  std::vector<bool> varies_;       // another token stood there in the row before
  std::vector<int32_t> previous_;  // end of the same two tokens before, or -1
  std::unordered_map<uint64_t, int32_t> last_;  // end of two tokens' latest occurrence
  // The place: where the next token is expected to stand, -1 for none. In a list or a table the
  // text goes along with the row before, but for names and numbers: behind some tokens that differ
  // it is followed on.
  int32_t next_ = -1;
  int agreed_ = 0;  // the last so many tokens agree with it
  int before_ = 0;  // and so many agreed before those that did not
  int lost_ = 0;    // tokens that did not agree since
  // Where those began, in the row and in the text, and whether it is a row by then.
  int32_t lost_old_ = -1;
  int32_t lost_new_ = -1;
  bool is_row_ = false;
  // The last ones: a name that differs from the row before differs in all its places.
  std::vector<Change> changes_;
  // What such a change makes come next, in the text; next_ is behind it.
  int32_t changed_ = 0;
  int32_t changed_end_ = 0;
};

}  // namespace sterna
