#include "runtime/draft_policy.h"

#include <algorithm>

namespace sterna {
namespace {

// Share of all passes that drafts may lose.
constexpr double kRisk = 0.02;
constexpr double kMaxCredit = 4;
// Expected gain below which a draft is not worth its risk.
constexpr double kLeastGain = 1.05;
// Drafts after which an experience weighs half.
constexpr double kMemory = 24;
// Weight of a new time in the running mean.
constexpr double kNew = 0.1;

}  // namespace

size_t DraftPolicy::kind_of(int match) {
  return match < 3 ? 0 : match < 5 ? 1 : match < 12 ? 2 : 3;
}

double DraftPolicy::chance(int match) const {
  const Experience& e = experience_[kind_of(match)];
  return e.right / (e.right + e.wrong);
}

int DraftPolicy::length(int match, int limit) const {
  const double p = chance(match);
  double expected = 1;  // tokens of the pass
  double power = 1;
  double best_gain = kLeastGain;
  int best = 0;
  for (int n = 1; n <= std::min(limit, kMaxDraft); ++n) {
    power *= p;
    expected += power;
    const double gain = expected / (1 + cost_ * n);
    if (gain > best_gain && cost_ * n <= credit_) {
      best_gain = gain;
      best = n;
    }
  }
  // From time to time a draft that is not expected to pay tells whether that is still so.
  return best == 0 && limit > 0 && credit_ >= kMaxCredit ? 1 : best;
}

void DraftPolicy::verified(int match, int drafted, int accepted) {
  Experience& e = experience_[kind_of(match)];
  constexpr double kKeep = 1 - 0.7 / kMemory;
  e.right = e.right * kKeep + accepted;
  e.wrong = e.wrong * kKeep + (accepted < drafted ? 1 : 0);
  credit_ = std::min(kMaxCredit, credit_ + accepted - cost_ * drafted);
}

void DraftPolicy::took(int tokens, double ms) {
  credit_ = std::min(kMaxCredit, credit_ + kRisk);
  if (tokens == 1) {
    single_ms_ = single_ms_ == 0 ? ms : single_ms_ + kNew * (ms - single_ms_);
  } else if (single_ms_ > 0) {
    const double cost = std::clamp((ms / single_ms_ - 1) / (tokens - 1), 0.02, 1.0);
    cost_ += kNew * (cost - cost_);
  }
}

}  // namespace sterna
