#include "runtime/confidence.h"

#include <cmath>

namespace sterna {

double probability_of(std::span<const float> logits, int32_t token,
                      std::span<const int32_t> allowed) {
  const double own = logits[static_cast<size_t>(token)];
  if (!std::isfinite(own)) return 0;
  double sum = 0;
  const auto add = [&](float logit) {
    // False for NaN as well. When exp overflows, the probability becomes 0, as it should.
    if (logit > -INFINITY) sum += std::exp(static_cast<double>(logit) - own);
  };
  if (allowed.empty()) {
    for (const float logit : logits) add(logit);
  } else {
    for (const int32_t id : allowed) add(logits[static_cast<size_t>(id)]);
  }
  return 1 / sum;
}

}  // namespace sterna
