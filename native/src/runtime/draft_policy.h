// How many tokens to draft: as many as make the pass pay, by what passes have cost and by how often
// drafts were right. Where drafts fail it lets them be, so that they cost a few percent at most.
#pragma once

#include <array>
#include <cstddef>

namespace sterna {

class DraftPolicy {
 public:
  // What the head takes at once, less the token that is certain.
  static constexpr int kMaxDraft = 7;

  // Tokens to draft, 0 to `limit`, behind an agreement of `match` tokens.
  int length(int match, int limit) const;

  // A draft of `drafted` tokens was verified and `accepted` of them were right.
  void verified(int match, int drafted, int accepted);

  // A pass over `tokens` tokens behind the prompt, and the head, took `ms`.
  void took(int tokens, double ms);

  // What a pass with so many drafted tokens costs, in passes of one token.
  double cost(int drafted) const;

 private:
  struct Experience {
    double right;  // drafted tokens that were accepted
    double wrong;  // drafts that ended before their end
  };
  struct Timed {
    double cost = 0;
    int count = 0;
  };
  static size_t kind_of(int match);
  double chance(int match) const;

  // By length of the agreement. What is known at the start weighs as much as a few drafts.
  std::array<Experience, 5> experience_ = {{{1, 2}, {2, 2}, {3, 2}, {4, 1}, {8, 1}}};
  double single_ms_ = 0;  // of a pass of one token; 0: not known
  // By number of drafted tokens: kernels take some numbers together, so the steps are uneven.
  std::array<Timed, kMaxDraft + 1> timed_;
  // Passes of one token that drafts may lose: they earn what they win, and a little with every
  // pass.
  double credit_ = 1;
};

}  // namespace sterna
