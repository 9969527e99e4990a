#include "runtime/draft_policy.h"

#include <algorithm>
#include <cstdlib>

namespace sterna {
namespace {

// The share of all passes that drafts may lose.
constexpr double kRisk = 0.02;
constexpr double kMaxCredit = 4;
// The expected gain below which a draft is not worth its risk.
constexpr double kLeastGain = 1.05;
// After this many further drafts the outcome of a draft counts half.
constexpr double kMemory = 24;
// The weight of a new time in the running mean.
constexpr double kNew = 0.1;
// The cost of a drafted token, in passes of one token, that is assumed until one has been timed.
constexpr double kUntimed = 0.15;

}  // namespace

size_t DraftPolicy::kind_of(int match) {
  return match < 1 ? 0 : match < 3 ? 1 : match < 5 ? 2 : match < 12 ? 3 : 4;
}

double DraftPolicy::chance(int match) const {
  const Experience& e = experience_[kind_of(match)];
  return e.right / (e.right + e.wrong);
}

double DraftPolicy::cost(int drafted) const {
  // A pass cannot cost more than one over more tokens. So the lowest of their times counts, which
  // corrects times that other programs have disturbed.
  double least = 0;
  int nearest = 0;
  for (int n = 1; n <= kMaxDraft; ++n) {
    const Timed& timed = timed_[static_cast<size_t>(n)];
    if (timed.count == 0) continue;
    if (n >= drafted && (least == 0 || timed.cost < least)) least = timed.cost;
    if (nearest == 0 || std::abs(n - drafted) < std::abs(nearest - drafted)) nearest = n;
  }
  if (nearest == drafted) return least;
  const double each =
      nearest == 0 ? kUntimed : (timed_[static_cast<size_t>(nearest)].cost - 1) / nearest;
  return 1 + each * drafted;
}

int DraftPolicy::length(int match, int limit) const {
  if (single_ms_ == 0) return 0;  // there is nothing to compare with
  const double p = chance(match);
  double expected = 1;  // the tokens that the pass is expected to give
  double power = 1;
  double best_gain = kLeastGain;
  int best = 0;
  for (int n = 1; n <= std::min(limit, kMaxDraft); ++n) {
    power *= p;
    expected += power;
    const double gain = expected / cost(n);
    if (gain > best_gain && cost(n) - 1 <= credit_) {
      best_gain = gain;
      best = n;
    }
  }
  // From time to time a draft is made although it is not expected to pay, to find out if that has
  // changed.
  return best == 0 && limit > 0 && credit_ >= kMaxCredit ? 1 : best;
}

void DraftPolicy::record_draft(int match, int drafted, int accepted) {
  Experience& e = experience_[kind_of(match)];
  constexpr double kKeep = 1 - 0.7 / kMemory;  // 0.7 is about ln 2, so its kMemory-th power is 1/2
  e.right = e.right * kKeep + accepted;
  e.wrong = e.wrong * kKeep + (accepted < drafted ? 1 : 0);
  credit_ = std::min(kMaxCredit, credit_ + accepted - (cost(drafted) - 1));
}

void DraftPolicy::record_pass(int tokens, double ms) {
  credit_ = std::min(kMaxCredit, credit_ + kRisk);
  if (tokens == 1) {
    single_ms_ = single_ms_ == 0 ? ms : single_ms_ + kNew * (ms - single_ms_);
  } else if (single_ms_ > 0) {
    Timed& timed = timed_[static_cast<size_t>(tokens - 1)];
    const double cost = std::clamp(ms / single_ms_, 1.0, static_cast<double>(tokens));
    timed.cost += std::max(kNew, 1.0 / ++timed.count) * (cost - timed.cost);
  }
}

}  // namespace sterna
