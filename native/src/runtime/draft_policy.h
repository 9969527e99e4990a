// Decides how many tokens to draft: as many as make the pass worthwhile, judged by what passes have
// cost and how often drafts were right. Where drafts fail it stops drafting, so that they cost a
// few percent at most.
#pragma once

#include <array>
#include <cstddef>

namespace sterna {

class DraftPolicy {
 public:
  // The most tokens that the head takes at once, less the one that is certain.
  static constexpr int kMaxDraft = 7;

  // How many tokens to draft, 0 to `limit`, where `match` tokens before them agree.
  int length(int match, int limit) const;

  // Reports that a draft of `drafted` tokens was verified and that `accepted` of them were right.
  void record_draft(int match, int drafted, int accepted);

  // Reports that a pass over `tokens` tokens after the prompt, head included, took `ms`
  // milliseconds.
  void record_pass(int tokens, double ms);

  // The cost of a pass with this many drafted tokens, in passes of one token.
  double cost(int drafted) const;

 private:
  struct Experience {
    double right;  // drafted tokens that were accepted
    double wrong;  // drafts in which some token was wrong
  };
  struct Timed {
    double cost = 0;
    int count = 0;
  };
  static size_t kind_of(int match);
  double chance(int match) const;

  // By the length of the match (kind_of()). The initial values weigh as much as a few drafts.
  std::array<Experience, 5> experience_ = {{{1, 2}, {2, 2}, {3, 2}, {4, 1}, {8, 1}}};
  double single_ms_ = 0;  // milliseconds of a pass of one token; 0 while unknown
  // By the number of drafted tokens, because kernels process some numbers together and the cost
  // grows unevenly.
  std::array<Timed, kMaxDraft + 1> timed_;
  // A budget for unsuccessful drafts, in passes of one token. A draft spends the extra cost of its
  // pass and earns one for each accepted token; every pass adds kRisk. The budget is at most
  // kMaxCredit.
  double credit_ = 1;
};

}  // namespace sterna
