// One piece of work for the engine thread, and what comes back.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cache/slots.h"
#include "runtime/confidence.h"
#include "runtime/forced_text.h"
#include "runtime/stop_matcher.h"
#include "runtime/transformer.h"
#include "sampling/sampler.h"
#include "tokenizer/tokenizer.h"

namespace sterna {

struct GenerateRequest {
  std::vector<int32_t> tokens;
  int max_tokens = 0;
  SamplingOptions sampling;
  std::vector<std::string> stop;
  std::vector<int32_t> stop_tokens;
  std::string forced_prefix;  // UTF-8 that the output begins with; not part of the text given out
  int rated_tokens = 0;       // the first tokens behind the forced text whose probability is wanted
  float floor = 0;            // least probability of the rated tokens together (confidence.h)
  int priority = 0;           // lower runs first
  Activations activations = Activations::kInt8;
};

enum class EndReason { kStopText, kStopToken, kUnsure, kLength, kContext, kCancelled, kFailed };

struct GenerateResult {
  std::string text;
  std::vector<int32_t> tokens;
  // Of the rated tokens, in order: one that ended the generation (kStopToken, kUnsure) comes last.
  std::vector<float> probabilities;
  EndReason reason = EndReason::kCancelled;
  std::string error;  // for kFailed
  int prompt_tokens = 0;
  int cached_tokens = 0;
  int prefilled_tokens = 0;
  int decoded_tokens = 0;
  double queue_ms = 0;
  double prefill_ms = 0;
  double decode_ms = 0;
  PhaseTimes prefill_phases;
  PhaseTimes decode_phases;
};

// Called on the engine thread; must return quickly.
struct JobCallbacks {
  std::function<void(std::string)> on_text;
  std::function<void(GenerateResult)> on_done;
};

// A generation that the engine thread moves on in steps: a chunk of the prompt, or one token.
class Job {
 public:
  using Clock = std::chrono::steady_clock;

  Job(uint64_t id, GenerateRequest request, JobCallbacks callbacks, const Tokenizer& tokenizer,
      const PrefixIndex& prefixes);

  uint64_t id() const { return id_; }
  int priority() const { return request_.priority; }
  void cancel() { cancelled_ = true; }
  bool cancelled() const { return cancelled_; }
  bool finished() const { return finished_; }
  // Has a slot of the cache.
  bool begun() const { return slot_ != nullptr; }

  // One step.
  void step(Transformer& transformer, Slots& slots, int vocab_size);
  // Gives the slot back for a more urgent job; the next step takes one again.
  void suspend(Slots& slots);
  // Ends the job and calls on_done once.
  void finish(Slots& slots, EndReason reason, std::string error = {});

 private:
  bool begin(Slots& slots);
  void accept(Slots& slots, int32_t token);

  const uint64_t id_;
  GenerateRequest request_;
  JobCallbacks callbacks_;
  std::atomic<bool> cancelled_{false};
  bool finished_ = false;
  bool result_begun_ = false;  // the figures of the start are in result_
  KvSlot* slot_ = nullptr;
  const Tokenizer& tokenizer_;
  Sampler sampler_;
  ForcedText forced_;
  Confidence confidence_;
  Detokenizer detokenizer_;
  StopMatcher stops_;
  std::vector<int32_t> history_;  // prompt, then what was generated
  std::vector<float> logits_;
  GenerateResult result_;
  Clock::time_point created_ = Clock::now();
};

}  // namespace sterna
