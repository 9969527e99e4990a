#include "runtime/job.h"

#include <algorithm>
#include <cmath>

namespace sterna {
namespace {

double ms_since(Job::Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Job::Clock::now() - start).count();
}

}  // namespace

Job::Job(uint64_t id, GenerateRequest request, JobCallbacks callbacks, const Tokenizer& tokenizer,
         const PrefixIndex& prefixes, int context_length)
    : id_(id),
      request_(std::move(request)),
      callbacks_(std::move(callbacks)),
      capacity_(static_cast<size_t>(context_length)),
      tokenizer_(tokenizer),
      prefixes_(prefixes),
      sampler_(request_.sampling),
      forced_(request_.forced_prefix, prefixes),
      confidence_(request_.rated_tokens, request_.min_confidence),
      detokenizer_(tokenizer.detokenizer()),
      stops_(request_.stop),
      history_(request_.tokens) {
  result_.prompt_tokens = static_cast<int>(request_.tokens.size());
}

void Job::begin(KvCache& cache) {
  // The sequence is opened with the whole history and not only with the prompt, so that a job that
  // was suspended finds what it had generated, or computes it again.
  sequence_.emplace(cache.open(history_, request_.tokens.size(),
                               /*keep_last=*/request_.max_tokens > 0,
                               static_cast<int>(request_.activations)));
  if (!result_begun_) {
    result_begun_ = true;
    result_.cached_tokens = static_cast<int>(sequence_->tokens().size());
    result_.queue_ms = ms_since(created_);
  }
}

PassSignal Job::signal(const ThreadContext& context) const {
  if (cancelled_.load(std::memory_order_relaxed)) return PassSignal::kCancel;
  return context.most_urgent.load(std::memory_order_relaxed) < priority() ? PassSignal::kPause
                                                                          : PassSignal::kContinue;
}

bool Job::step(const ThreadContext& context) {
  if (cancelled_) {
    finish(EndReason::kCancelled);
    return true;
  }
  if (!sequence_) begin(context.cache);
  const auto start = Clock::now();
  const size_t have = sequence_->tokens().size();
  const bool generates = request_.max_tokens > 0;
  DraftPolicy& policy = context.policies[is_greedy() ? 0 : 1];
  const bool was_paused = paused_.has_value();
  if (!was_paused) make_batch(policy, static_cast<size_t>(context.transformer.max_batch()));
  if (known_ == 0 || have + known_ > capacity_) {
    // Either this is a warm-up whose whole prompt was cached, or there is no room for the token
    // that was chosen last.
    finish(known_ == 0 ? EndReason::kLength : EndReason::kContext);
    return true;
  }
  if (!sequence_->reserve(batch_.size())) return false;

  const size_t drafted = batch_.size() - known_;
  const bool at_end = have + known_ == history_.size();
  context.transformer.take_phases();  // discards what logits() has left, which belongs to no job
  chosen_.clear();
  rated_.clear();
  bool done = context.transformer.forward(
      batch_, *sequence_, request_.activations, [&] { return signal(context); }, paused_);
  if (done) context.head.release_pages(static_cast<int>(batch_.size()));
  if (done && at_end && generates && !choose(context)) {
    paused_ = context.transformer.state_after_forward(static_cast<int>(batch_.size()));
    done = false;
  }
  // The number of the draft's tokens that the model has chosen as well.
  const size_t accepted = chosen_.empty() ? 0 : chosen_.size() - 1;
  sequence_->truncate(done ? have + known_ + accepted : have);

  const double ms = ms_since(start);
  const bool is_prefill = have < request_.tokens.size();
  (is_prefill ? result_.prefill_ms : result_.decode_ms) += ms;
  (is_prefill ? result_.prefill_phases : result_.decode_phases) +=
      context.transformer.take_phases();
  if (!done) {
    if (cancelled_) finish(EndReason::kCancelled);
    return true;
  }
  (is_prefill ? result_.prefilled_tokens : result_.decoded_tokens) += static_cast<int>(known_);
  result_.decoded_tokens += static_cast<int>(accepted);
  if (!is_prefill && known_ == 1 && !was_paused) {
    policy.record_pass(static_cast<int>(batch_.size()), ms);
  }
  if (drafted > 0) {
    policy.record_draft(draft_match_, static_cast<int>(drafted), static_cast<int>(accepted));
    result_.drafted_tokens += static_cast<int>(drafted);
    result_.accepted_tokens += static_cast<int>(accepted);
  }
  if (!generates && at_end) finish(EndReason::kLength);
  accept_chosen(context);
  return true;
}

// Accepts the chosen tokens one after another, until one ends the generation.
void Job::accept_chosen(const ThreadContext& context) {
  for (size_t i = 0; i < chosen_.size() && !finished_; ++i) {
    if (request_.keep_logits) keep_logits(context, i);
    if (i < rated_.size() && !confidence_.accept(rated_[i])) {
      finish(EndReason::kUnsure);
    } else {
      accept(chosen_[i]);
    }
  }
}

void Job::make_batch(const DraftPolicy& policy, size_t most_tokens) {
  const size_t have = sequence_->tokens().size();
  // Warm-ups are often cancelled. At most a pass of this many tokens is lost then.
  constexpr size_t kWarmBatch = 32;
  const bool is_ahead = request_.max_tokens == 0 && priority() > 0;
  known_ =
      std::min(history_.size() - have, is_ahead ? std::min(kWarmBatch, most_tokens) : most_tokens);
  const auto begin = history_.begin() + static_cast<ptrdiff_t>(have);
  batch_.assign(begin, begin + static_cast<ptrdiff_t>(known_));
  if (have + known_ < history_.size() || request_.max_tokens == 0) return;
  const std::vector<int32_t> draft = propose(policy, most_tokens - known_);
  batch_.insert(batch_.end(), draft.begin(), draft.end());
}

// Whether the next token is simply the model's likeliest one.
bool Job::is_greedy() {
  return sampler_.takes_likeliest() && forced_.allowed().empty() && !has_ngrams();
}

// Whether there is anything to interpolate with. The repository's index alone is not enough: the
// words before the cursor, which are looked up in it, are in the first of the texts.
bool Job::has_ngrams() const { return !request_.ngram_texts.empty(); }

// At most `free` tokens that may follow the batch, which ends with the last known token.
std::vector<int32_t> Job::propose(const DraftPolicy& policy, size_t free) {
  const size_t wanted = static_cast<size_t>(request_.max_tokens) - result_.tokens.size();
  if (history_.size() >= capacity_) return {};
  const size_t room = std::min(capacity_ - history_.size(), free);
  const size_t limit = std::min({wanted - 1, room, size_t{DraftPolicy::kMaxDraft}});
  // While text is forced only some tokens can be chosen, so that drafts would often be wrong. The
  // forced text is short, so little is lost.
  if (!request_.drafts || limit == 0 || !forced_.allowed().empty()) return {};
  if (!lookup_) {
    lookup_.emplace(request_.tokens, request_.draft);
    for (const int32_t token : result_.tokens) lookup_->push(token);
  }
  Draft draft = lookup_->propose(static_cast<int>(limit));
  draft_match_ = draft.match;
  const size_t length = static_cast<size_t>(policy.length(draft.match, static_cast<int>(limit)));
  draft.tokens.resize(std::min(draft.tokens.size(), length));
  return std::move(draft.tokens);
}

// Sets chosen_ to the token that follows the known ones and, for as long as the draft agrees with
// what is chosen, to those that follow the draft's tokens. Returns false when it was stopped before
// the first token.
bool Job::choose(const ThreadContext& context) {
  const std::function<bool()> stop = [&] { return signal(context) != PassSignal::kContinue; };
  const std::span<const int32_t> draft = std::span(batch_).subspan(known_);
  const size_t cols = static_cast<size_t>(context.head.cols());
  const size_t rows = draft.size() + 1;
  hidden_.resize(rows * cols);
  context.transformer.hidden(static_cast<int>(known_) - 1, static_cast<int>(rows), hidden_.data());
  const size_t known = history_.size();
  if (!ngrams_ && has_ngrams()) {
    NgramIndex::View* repository = request_.repository ? &*request_.repository : nullptr;
    ngrams_.emplace(NgramInterpolator::Sources{.texts = request_.ngram_texts,
                                               .repository = repository,
                                               .weights = request_.repository_weights},
                    request_.stop_tokens, tokenizer_, prefixes_);
  }
  for (size_t i = 0; i < rows; ++i) {
    const float* hidden = &hidden_[i * cols];
    const bool rates = confidence_.wanted(rated_.size());
    if (is_greedy() && !rates) {  // the rows behind the first one are greedy, too
      std::array<int32_t, Head::kMaxTokens> likeliest;
      const size_t left = rows - i;
      if (context.head.greedy(hidden, static_cast<int>(left), likeliest.data(),
                              context.transformer.phases(), stop)) {
        for (size_t k = 0; k < left; ++k) likeliest[k] = forced_or(i + k, likeliest[k]);
        const std::span<const int32_t> tokens(likeliest.data(), left);
        const size_t right = common_prefix(tokens, draft.subspan(i));
        chosen_.insert(chosen_.end(), tokens.begin(),
                       tokens.begin() + static_cast<ptrdiff_t>(right) + 1);
      }
      break;
    }
    logits_.resize(static_cast<size_t>(context.head.rows()));
    // A token that has been drawn is kept, even when the next one is stopped.
    if (!context.head.logits(hidden, logits_, context.transformer.phases(), stop)) break;
    const std::span<const int32_t> allowed = forced_.allowed();
    // Drafts are not made while text is forced, so only the first row has forced text.
    const std::string_view forced = forced_.rest();
    if (ngrams_) ngrams_->interpolate(logits_, forced, allowed);
    const int32_t token = forced_or(i, sampler_.pick(logits_, history_, allowed));
    chosen_.push_back(token);
    // Every chosen token is either accepted or ends the generation.
    if (ngrams_) ngrams_->push(token, forced);
    if (rates && forced_.reaches_past(tokenizer_.token_bytes(token).size())) {
      // The interpolated logits are logarithms of probabilities.
      rated_.push_back(ngrams_ ? std::exp(static_cast<double>(logits_[static_cast<size_t>(token)]))
                               : probability_of(logits_, token, allowed));
    }
    if (i == draft.size() || token != draft[i]) break;
    history_.push_back(
        token);  // for the repetition penalty of the following rows; accept() keeps its own history
  }
  history_.resize(known);
  return !chosen_.empty();
}

// The forced token for row `i` of the present step, or `token`, the sampled one, when there is
// none.
int32_t Job::forced_or(size_t i, int32_t token) const {
  const size_t at = result_.tokens.size() + i;
  return at < request_.forced_tokens.size() ? request_.forced_tokens[at] : token;
}

// Keeps the logits from which the token after row `row` of hidden_ was chosen.
void Job::keep_logits(const ThreadContext& context, size_t row) {
  const size_t rows = static_cast<size_t>(context.head.rows());
  const size_t cols = static_cast<size_t>(context.head.cols());
  std::vector<float>& all = result_.logits;
  all.resize(all.size() + rows);
  const std::span<float> out(all.end() - static_cast<ptrdiff_t>(rows), all.end());
  context.head.logits(&hidden_[row * cols], out, context.transformer.phases(),
                      [] { return false; });
}

void Job::accept(int32_t token) {
  if (std::ranges::find(request_.stop_tokens, token) != request_.stop_tokens.end()) {
    return finish(EndReason::kStopToken);
  }
  forced_.accept(tokenizer_.token_bytes(token));
  history_.push_back(token);
  if (lookup_) lookup_->push(token);
  result_.tokens.push_back(token);
  const std::string text = stops_.push(forced_.strip(detokenizer_.push(token)));
  result_.text += text;
  if (!text.empty() && callbacks_.on_text) callbacks_.on_text(text);
  if (stops_.stopped()) return finish(EndReason::kStopText);
  if (static_cast<int>(result_.tokens.size()) >= request_.max_tokens) {
    finish(EndReason::kLength);
  }
}

void Job::finish(EndReason reason, std::string error) {
  if (finished_) return;
  finished_ = true;
  suspend();
  if (reason != EndReason::kStopText) {
    std::string rest = stops_.push(forced_.strip(detokenizer_.flush()));
    rest += stops_.flush();
    result_.text += rest;
    if (!rest.empty() && callbacks_.on_text) callbacks_.on_text(rest);
  }
  if (!result_begun_) result_.queue_ms = ms_since(created_);
  result_.probabilities = confidence_.probabilities();
  result_.reason = reason;
  result_.error = std::move(error);
  callbacks_.on_done(std::move(result_));
}

}  // namespace sterna
