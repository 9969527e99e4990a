// A job, which is one generation that the inference thread runs, with its request and its result.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cache/kv_cache.h"
#include "runtime/confidence.h"
#include "runtime/draft_policy.h"
#include "runtime/forced_text.h"
#include "runtime/head.h"
#include "runtime/ngram_interpolator.h"
#include "runtime/prompt_lookup.h"
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
  // The texts that the generation may copy from (ngram_cache.h), in UTF-8. The first is the text
  // before the cursor, forced_prefix included. When there are none, the model works alone.
  std::vector<std::string> ngram_texts;
  // The repository's index as it was when the request was made, and the weights of its files'
  // votes.
  std::optional<NgramIndex::View> repository;
  RepositoryWeights repository_weights{};
  std::string
      forced_prefix;  // UTF-8 that the output begins with; it is not part of the result's text
  // How many tokens after the forced text are rated, which means that the result has their
  // probabilities.
  int rated_tokens = 0;
  // Generation stops before a rated token if the joint probability of the rated tokens, that token
  // included, would fall below this (confidence.h).
  float min_confidence = 0;
  // For measurements: teacher forcing. These tokens are used instead of the sampled ones.
  std::vector<int32_t> forced_tokens;
  bool keep_logits = false;  // see GenerateResult::logits
  int priority = 0;          // lower numbers run first
  Activations activations = Activations::kInt8;
  bool drafts = true;  // whether to draft; the text does not depend on it
  std::vector<int32_t>
      draft;  // what the generation is expected to be, for example the rest of a suggestion
};

enum class EndReason { kStopText, kStopToken, kUnsure, kLength, kContext, kCancelled, kFailed };

struct GenerateResult {
  std::string text;
  std::vector<int32_t> tokens;
  // The probabilities of the rated tokens, in order. One that ended the generation (kStopToken,
  // kUnsure) comes last.
  std::vector<float> probabilities;
  // Empty unless asked for. [tokens][vocab]: the model's logits from which each token was chosen,
  // before the interpolation with the n-gram cache. A token that ended the generation is included.
  std::vector<float> logits;
  EndReason reason = EndReason::kCancelled;
  std::string error;  // for kFailed
  int prompt_tokens = 0;
  int cached_tokens = 0;
  int prefilled_tokens = 0;
  int decoded_tokens = 0;
  int drafted_tokens = 0;
  int accepted_tokens = 0;  // how many of the drafted tokens were right
  double queue_ms = 0;
  double prefill_ms = 0;
  double decode_ms = 0;
  PhaseTimes prefill_phases;
  PhaseTimes decode_phases;
};

// Called on the inference thread; they must return quickly.
struct JobCallbacks {
  std::function<void(std::string)> on_text;
  std::function<void(GenerateResult)> on_done;
};

// The parts of the engine that a step of a job works with. Only the inference thread touches them.
struct ThreadContext {
  Transformer& transformer;
  Head& head;
  KvCache& cache;
  // The first is for passes that take the likeliest token as it is. The second is for all others:
  // sampling, forced text and n-gram texts.
  std::array<DraftPolicy, 2>& policies;
  // The lowest priority number among the jobs that wait or run.
  const std::atomic<int>& most_urgent;
};

// A generation, which the inference thread advances in steps. A step is a batch of the prompt, or
// one pass that gives a token or several.
class Job {
 public:
  using Clock = std::chrono::steady_clock;

  Job(uint64_t id, GenerateRequest request, JobCallbacks callbacks, const Tokenizer& tokenizer,
      const PrefixIndex& prefixes, int context_length);

  uint64_t id() const { return id_; }
  int priority() const { return request_.priority; }
  void cancel() { cancelled_ = true; }
  bool cancelled() const { return cancelled_; }
  bool finished() const { return finished_; }
  // Whether it holds pages of the cache.
  bool holds_pages() const { return sequence_.has_value(); }

  // Runs one step. Within a few milliseconds it ends when the job is cancelled, and pauses when a
  // more urgent one waits; the next call continues where it paused. Returns false when the cache
  // has no room because other jobs hold theirs: suspend one of them and call again.
  bool step(const ThreadContext& context);
  // Releases the cache's pages for another job. The next step looks for them again, and computes
  // those that are gone.
  void suspend() {
    sequence_.reset();
    paused_.reset();
  }
  // Ends the job and calls on_done once.
  void finish(EndReason reason, std::string error = {});

 private:
  void begin(KvCache& cache);
  bool is_greedy();
  bool has_ngrams() const;
  PassSignal signal(const ThreadContext& context) const;
  void make_batch(const DraftPolicy& policy, size_t most_tokens);
  std::vector<int32_t> propose(const DraftPolicy& policy, size_t free);
  bool choose(const ThreadContext& context);
  int32_t forced_or(size_t i, int32_t token) const;
  void keep_logits(const ThreadContext& context, size_t row);
  void accept_chosen(const ThreadContext& context);
  void accept(int32_t token);

  const uint64_t id_;
  GenerateRequest request_;
  JobCallbacks callbacks_;
  std::atomic<bool> cancelled_{false};
  bool finished_ = false;
  bool result_begun_ = false;  // whether result_ has the figures of the start
  const size_t capacity_;
  std::optional<KvSequence> sequence_;
  std::optional<PausedPass> paused_;
  const Tokenizer& tokenizer_;
  const PrefixIndex& prefixes_;
  Sampler sampler_;
  ForcedText forced_;
  Confidence confidence_;
  Detokenizer detokenizer_;
  StopMatcher stops_;
  std::vector<int32_t> history_;  // the prompt, then what was generated
  std::optional<PromptLookup> lookup_;
  std::optional<NgramInterpolator> ngrams_;
  // The fields from here to logits_ belong to the present step, or to the paused one.
  std::vector<int32_t> batch_;  // known tokens, then the draft
  size_t known_ = 0;            // how many tokens of the batch are known
  int draft_match_ = 0;
  std::vector<int32_t> chosen_;  // the tokens chosen by the model; all but the last equal the draft
  std::vector<double> rated_;    // the probabilities of the first of them
  std::vector<float> hidden_;    // [1 + drafted tokens][hidden] hidden states, normalised
  std::vector<float> logits_;    // [vocab] of the row that is sampled
  // The result so far, and when the job was created.
  GenerateResult result_;
  Clock::time_point created_ = Clock::now();
};

}  // namespace sterna
