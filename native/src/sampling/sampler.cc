#include "sampling/sampler.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <limits>
#include <sstream>

namespace sterna {
namespace {

// e^x for x <= 0, within two units in the last place, computed with IEEE additions and
// multiplications only. So it has the same bits everywhere, which different C libraries do not
// promise. Below e^-700 it is 0.
double exp_of_nonpositive(double x) {
  constexpr double kLog2E = 1.4426950408889634;
  // ln 2 in two parts. The first has trailing zeros, so that its products with n are exact.
  constexpr double kLn2High = 6.93147180369123816490e-01;
  constexpr double kLn2Low = 1.90821492927058770002e-10;
  constexpr int kTerms = 14;
  if (!(x > -700)) return 0;
  const double n = std::floor(x * kLog2E + 0.5);
  const double r = (x - n * kLn2High) - n * kLn2Low;  // |r| <= ln(2) / 2
  double sum = 1;
  for (int i = kTerms; i > 0; --i) sum = 1 + sum * r / i;  // Taylor series
  return std::ldexp(sum, static_cast<int>(n));
}

std::string out_of_range(const char* name, double value, const char* range) {
  std::ostringstream text;
  text << name << " is " << value << ", but must be " << range;
  return text.str();
}

}  // namespace

// The comparisons are written so that NaN fails them.
std::string Sampler::validate(const SamplingOptions& options) {
  const SamplingOptions& o = options;
  if (!(o.temperature >= 0 && o.temperature <= 100)) {
    return out_of_range("temperature", o.temperature, "0 to 100");
  }
  if (o.top_k < 0) return out_of_range("topK", o.top_k, "0 or more");
  if (!(o.top_p > 0 && o.top_p <= 1)) return out_of_range("topP", o.top_p, "over 0, up to 1");
  if (!(o.min_p >= 0 && o.min_p <= 1)) return out_of_range("minP", o.min_p, "0 to 1");
  if (!(o.repetition_penalty > 0 && o.repetition_penalty <= 100)) {
    return out_of_range("repetitionPenalty", o.repetition_penalty, "over 0, up to 100");
  }
  if (o.repetition_window < 0) {
    return out_of_range("repetitionWindow", o.repetition_window, "0 or more");
  }
  return "";
}

int Sampler::pick(std::span<const float> logits, std::span<const int32_t> history,
                  std::span<const int32_t> allowed) {
  if (logits.empty()) return -1;
  logits_.assign(logits.begin(), logits.end());
  penalise(history);
  if (!allowed.empty()) restrict_to(allowed);
  int id;
  if (options_.temperature == 0) {
    id = greedy();
  } else {
    filter();
    id = draw();
  }
  // If no logit is usable both functions return 0, which may not be among the allowed tokens.
  const float logit = logits_[static_cast<size_t>(id)];
  return allowed.empty() || logit >= -FLT_MAX ? id : allowed.front();
}

void Sampler::restrict_to(std::span<const int32_t> allowed) {
  kept_.clear();
  for (const int32_t id : allowed) kept_.push_back(logits_[static_cast<size_t>(id)]);
  std::ranges::fill(logits_, -std::numeric_limits<float>::infinity());
  for (size_t i = 0; i < allowed.size(); ++i) {
    logits_[static_cast<size_t>(allowed[i])] = kept_[i];
  }
}

void Sampler::penalise(std::span<const int32_t> history) {
  if (options_.repetition_penalty == 1) return;
  const auto window = static_cast<size_t>(options_.repetition_window);
  const auto last = history.last(std::min(history.size(), window));
  recent_.assign(last.begin(), last.end());
  std::ranges::sort(recent_);
  // Not std::ranges::unique: clang 14 cannot compile libstdc++ 12's.
  recent_.erase(std::unique(recent_.begin(), recent_.end()), recent_.end());
  for (const int32_t id : recent_) {
    if (id < 0 || static_cast<size_t>(id) >= logits_.size()) continue;
    float& logit = logits_[static_cast<size_t>(id)];
    logit = logit > 0 ? logit / options_.repetition_penalty : logit * options_.repetition_penalty;
  }
}

int Sampler::greedy() const {
  size_t best = 0;
  for (size_t i = 1; i < logits_.size(); ++i) {
    // Comparisons with NaN are false, so a NaN that comes first has to be replaced explicitly.
    if (logits_[i] > logits_[best] || (std::isnan(logits_[best]) && !std::isnan(logits_[i]))) {
      best = i;
    }
  }
  return static_cast<int>(best);
}

bool Sampler::before(const Candidate& a, const Candidate& b) {
  return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
}

// Steps 3 to 5. Leaves the candidates with their weights, in an order that depends only on the
// logits, because sums of floating-point numbers depend on their order.
void Sampler::filter() {
  candidates_.clear();
  for (size_t i = 0; i < logits_.size(); ++i) {
    const float logit = std::min(logits_[i], FLT_MAX);
    // The comparison is false for NaN as well.
    if (logit >= -FLT_MAX) candidates_.push_back({logit, static_cast<int32_t>(i), 0});
  }
  const auto k = static_cast<size_t>(options_.top_k);
  if (k > 0 && k < candidates_.size()) {
    const auto end = candidates_.begin() + static_cast<ptrdiff_t>(k);
    std::partial_sort(candidates_.begin(), end, candidates_.end(), before);
    candidates_.erase(end, candidates_.end());
  }
  if (candidates_.empty()) return;
  const double top = std::ranges::min_element(candidates_, before)->logit;
  const double min_p = options_.min_p;
  std::erase_if(candidates_, [&](Candidate& candidate) {
    const double below = candidate.logit - top;
    if (min_p > 0 && exp_of_nonpositive(below) < min_p) return true;
    candidate.weight = exp_of_nonpositive(below / options_.temperature);
    return candidate.weight == 0;
  });
}

// Steps 6 and 7. A heap is used because it sorts only as much of the list as is needed.
int Sampler::draw() {
  const double random = uniform();
  if (candidates_.empty()) return 0;
  double mass = 0;
  for (const Candidate& candidate : candidates_) mass += candidate.weight;

  const auto after = [](const Candidate& a, const Candidate& b) { return before(b, a); };
  std::ranges::make_heap(candidates_, after);
  auto heap_end = candidates_.end();
  // Candidates that were taken are after the heap, the likeliest one last.
  const auto take = [&] {
    std::pop_heap(candidates_.begin(), heap_end, after);
    return *--heap_end;
  };

  if (options_.top_p < 1) {
    const double wanted = mass * options_.top_p;
    mass = 0;
    while (mass < wanted && heap_end != candidates_.begin()) mass += take().weight;
    // Only the head of the list is left; it becomes a new heap.
    candidates_.erase(candidates_.begin(), heap_end);
    std::ranges::make_heap(candidates_, after);
    heap_end = candidates_.end();
  }

  const double target = random * mass;
  double sum = 0;
  int32_t id = 0;
  // Rounding may leave the sum just short of the mass; the last candidate is chosen then.
  while (heap_end != candidates_.begin()) {
    const Candidate candidate = take();
    id = candidate.id;
    sum += candidate.weight;
    if (target < sum) break;
  }
  return id;
}

// SplitMix64 (Steele, Lea, Flood 2014); the upper 53 bits make the fraction of a double.
double Sampler::uniform() {
  uint64_t z = state_ += 0x9e3779b97f4a7c15ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  z ^= z >> 31;
  return static_cast<double>(z >> 11) * 0x1p-53;
}

}  // namespace sterna
