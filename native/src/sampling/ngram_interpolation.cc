#include "sampling/ngram_interpolation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace sterna {
namespace {

// One order of the backoff.
//
// match: the least number of words before an occurrence that must agree.
// weight: the pseudo-count of the estimate of the order below. It is multiplied by the number of
// distinct tokens that are voted for, as in Witten-Bell smoothing: where the occurrences disagree,
// more of the probability stays with the order below.
struct Order {
  int match;
  double weight;
};

// docs/measurements/ngrams.md has the alternatives that were tried.
constexpr std::array<Order, 5> kOrders = {{{0, 3}, {1, 10}, {2, 6}, {4, 1}, {8, 0.3}}};

constexpr float kNever = -std::numeric_limits<float>::infinity();

// The votes for one token, summed by order, and the probability that they give it.
struct Share {
  int32_t token;
  std::array<double, kOrders.size()> votes{};
  std::array<double, kOrders.size()> distinct{};  // sums of distinct_weight, each at most 1
  double probability = 0;
};

// Computes the probability that the votes give each of their tokens. Returns the share of the
// probability that stays with the model's distribution.
double share_out(std::vector<Share>& shares) {
  double rest = 1;
  for (size_t k = 0; k < kOrders.size(); ++k) {
    double all = 0;
    double distinct = 0;
    for (const Share& share : shares) {
      all += share.votes[k];
      distinct += share.distinct[k];
    }
    const double weight = kOrders[k].weight * std::max(1.0, distinct);
    for (Share& share : shares) {
      share.probability = (weight * share.probability + share.votes[k]) / (weight + all);
    }
    rest *= weight / (weight + all);
  }
  return rest;
}

std::vector<Share> shares_of(std::span<const Vote> votes) {
  std::vector<Share> shares;
  for (const Vote& vote : votes) {
    auto share = std::ranges::find(shares, vote.token, &Share::token);
    if (share == shares.end()) share = shares.insert(share, Share{vote.token});
    for (size_t k = 0; k < kOrders.size() && kOrders[k].match <= vote.match; ++k) {
      share->votes[k] += vote.weight;
      share->distinct[k] = std::min(1.0, share->distinct[k] + vote.distinct_weight);
    }
  }
  return shares;
}

}  // namespace

void interpolate(std::span<float> logits, std::span<const int32_t> allowed,
                 std::span<const int32_t> line_ends, std::span<const Vote> votes) {
  const auto logit = [&](int32_t token) -> float& { return logits[static_cast<size_t>(token)]; };
  const auto for_each = [&](const auto& take) {
    if (allowed.empty()) {
      for (float& value : logits) take(value);
    } else {
      for (const int32_t token : allowed) take(logit(token));
    }
  };
  float top = kNever;
  // The comparison is false for NaN, so NaN is never the top.
  for_each([&](float value) { top = value > top ? value : top; });
  if (!std::isfinite(top)) return;
  const auto weight = [&](float value) {
    return value > kNever ? std::exp(static_cast<double>(value) - top) : 0;
  };
  double sum = 0;
  for_each([&](float value) { sum += weight(value); });

  std::vector<Share> shares = shares_of(votes);
  const double rest = share_out(shares);
  for (Share& share : shares) {
    if (share.token != kLineEnd) share.probability += rest * weight(logit(share.token)) / sum;
  }
  // All line ends together have one probability. The likeliest of them gets it.
  int32_t end = kLineEnd;
  double ending = 0;
  for (const int32_t token : line_ends) {
    if (!allowed.empty()) break;
    ending += rest * weight(logit(token)) / sum;
    if (end == kLineEnd || logit(token) > logit(end)) end = token;
  }

  const double scale = std::log(rest / sum) - top;
  for_each([&](float& value) { value = static_cast<float>(value + scale); });
  for (const int32_t token : end == kLineEnd ? std::span<const int32_t>() : line_ends) {
    logit(token) = kNever;
  }
  for (const Share& share : shares) {
    if (share.token == kLineEnd) {
      ending += share.probability;
    } else {
      logit(share.token) = static_cast<float>(std::log(share.probability));
    }
  }
  if (end != kLineEnd) logit(end) = static_cast<float>(std::log(ending));
}

}  // namespace sterna
