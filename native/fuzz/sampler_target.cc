// Settings of the sampler as JavaScript may pass them, and logits with any bits.
#include <cfloat>
#include <cmath>

#include "input.h"
#include "sampling/sampler.h"
#include "targets.h"

namespace sterna::fuzz {
namespace {

SamplingOptions options_of(Input& in) {
  SamplingOptions o;
  // Half of the values are ordinary ones, so that most inputs pass the checks.
  const uint8_t odd = in.u8();
  const auto number = [&](int bit, float scale) {
    return (odd >> bit & 1) != 0 ? in.f32() : static_cast<float>(in.u8()) * scale;
  };
  o.temperature = number(0, 1.0f / 64);
  o.top_p = number(1, 1.0f / 255);
  o.min_p = number(2, 1.0f / 255);
  o.repetition_penalty = number(3, 1.0f / 64);
  o.top_k = (odd & 16) != 0 ? static_cast<int>(in.u32()) : in.u8();
  o.repetition_window = (odd & 32) != 0 ? static_cast<int>(in.u32()) : in.u8();
  o.seed = in.u32();
  return o;
}

bool usable(float logit) { return logit >= -FLT_MAX; }  // false for NaN

}  // namespace

void fuzz_sampler(std::span<const uint8_t> bytes) {
  Input in(bytes);
  const SamplingOptions options = options_of(in);
  const std::string problem = Sampler::validate(options);
  if (!problem.empty()) return require_one_line(problem);

  const uint8_t form = in.u8();
  std::vector<float> logits(static_cast<size_t>(in.u8()));
  for (float& logit : logits) {
    logit = (form & 1) != 0 ? in.f32() : static_cast<float>(static_cast<int8_t>(in.u8())) / 4;
  }
  std::vector<int32_t> history(static_cast<size_t>(in.below(32)));
  for (int32_t& id : history) {
    id = (form & 2) != 0 ? static_cast<int32_t>(in.u32()) : in.u8();
  }
  std::vector<int32_t> allowed;
  if ((form & 4) != 0 && !logits.empty()) {
    allowed.resize(static_cast<size_t>(in.below(16)));
    for (int32_t& id : allowed) id = static_cast<int32_t>(in.u8() % logits.size());
  }

  Sampler sampler(options);
  Sampler again(options);
  bool any = allowed.empty();
  for (const int32_t id : allowed) any = any || usable(logits[static_cast<size_t>(id)]);
  for (int draw = 0; draw < 4; ++draw) {
    const int id = sampler.pick(logits, history, allowed);
    require(id == again.pick(logits, history, allowed), "the same seed gives the same tokens");
    if (logits.empty()) {
      require(id == -1, "there is nothing to choose from");
      continue;
    }
    require(id >= 0 && static_cast<size_t>(id) < logits.size(), "the choice is a token");
    require(allowed.empty() || std::ranges::find(allowed, id) != allowed.end(),
            "the choice is allowed");
    // A penalty may turn a logit into infinity, and then none may be usable.
    const bool is_plain = options.repetition_penalty == 1;
    const bool has_usable = allowed.empty() ? std::ranges::any_of(logits, usable) : any;
    if (is_plain && has_usable) {
      require(usable(logits[static_cast<size_t>(id)]), "an unusable logit is never chosen");
    }
    if (sampler.takes_likeliest() && allowed.empty() && has_usable) {
      for (size_t i = 0; i < logits.size(); ++i) {
        const float best = logits[static_cast<size_t>(id)];
        require(!(logits[i] > best) && !(logits[i] == best && i < static_cast<size_t>(id)),
                "greedy takes the first of the largest");
      }
    }
  }
}

}  // namespace sterna::fuzz
