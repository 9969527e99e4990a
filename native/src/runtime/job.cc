#include "runtime/job.h"

#include <algorithm>

namespace sterna {
namespace {

double ms_since(Job::Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Job::Clock::now() - start).count();
}

}  // namespace

Job::Job(uint64_t id, GenerateRequest request, JobCallbacks callbacks, const Tokenizer& tokenizer,
         const PrefixIndex& prefixes)
    : id_(id),
      request_(std::move(request)),
      callbacks_(std::move(callbacks)),
      tokenizer_(tokenizer),
      sampler_(request_.sampling),
      forced_(request_.forced_prefix, prefixes),
      detokenizer_(tokenizer.detokenizer()),
      stops_(request_.stop),
      history_(request_.tokens) {
  result_.prompt_tokens = static_cast<int>(request_.tokens.size());
}

bool Job::begin(Slots& slots) {
  // The history, not the prompt: a suspended job finds (or computes again) what it had generated,
  // too.
  slot_ = slots.acquire(history_, /*keep_last=*/request_.max_tokens > 0,
                        static_cast<int>(request_.activations));
  if (!slot_) return false;
  if (!result_begun_) {
    result_begun_ = true;
    result_.cached_tokens = static_cast<int>(slot_->tokens().size());
    result_.queue_ms = ms_since(created_);
  }
  return true;
}

void Job::suspend(Slots& slots) {
  if (slot_) slots.release(slot_);
  slot_ = nullptr;
}

void Job::step(Transformer& transformer, Head& head, Slots& slots) {
  if (cancelled_) return finish(slots, EndReason::kCancelled);
  if (!slot_ && !begin(slots)) {
    return finish(slots, EndReason::kFailed,
                  "no memory for the prompt cache; close other programs or choose a smaller model");
  }
  transformer.take_phases();  // what logits() without a job has left
  const auto start = Clock::now();
  const size_t have = slot_->tokens().size();
  const size_t count =
      std::min(history_.size() - have, static_cast<size_t>(Transformer::kMaxBatch));
  if (count == 0) return finish(slots, EndReason::kLength);  // warming, and all of it was cached
  if (have + count > static_cast<size_t>(slot_->capacity())) {
    return finish(slots, EndReason::kContext);
  }
  const std::span<const int32_t> batch(history_.data() + have, count);
  const bool done = transformer.forward(batch, *slot_, request_.activations,
                                        [this] { return cancelled_.load(); });
  const bool at_end = have + count == history_.size();
  const bool generates = request_.max_tokens > 0;
  int32_t token = -1;
  if (done && at_end && generates) token = choose(transformer, head, static_cast<int>(count) - 1);
  const double ms = ms_since(start);
  if (have < request_.tokens.size()) {
    result_.prefill_ms += ms;
    result_.prefill_phases += transformer.take_phases();
    if (done) result_.prefilled_tokens += static_cast<int>(count);
  } else {
    result_.decode_ms += ms;
    result_.decode_phases += transformer.take_phases();
    if (done) result_.decoded_tokens += static_cast<int>(count);
  }
  if (!done) return finish(slots, EndReason::kCancelled);
  if (!at_end) return;
  if (!generates) return finish(slots, EndReason::kLength);
  accept(slots, token);
}

// The token that follows token `row` of the last pass.
int32_t Job::choose(Transformer& transformer, Head& head, int row) {
  hidden_.resize(static_cast<size_t>(head.cols()));
  transformer.hidden(row, 1, hidden_.data());
  const std::span<const int32_t> allowed = forced_.allowed();
  int32_t token = 0;
  if (sampler_.takes_likeliest() && allowed.empty()) {
    head.greedy(hidden_.data(), 1, &token, transformer.phases());
    return token;
  }
  logits_.resize(static_cast<size_t>(head.rows()));
  head.logits(hidden_.data(), logits_, transformer.phases());
  return sampler_.pick(logits_, history_, allowed);
}

void Job::accept(Slots& slots, int32_t token) {
  if (std::ranges::find(request_.stop_tokens, token) != request_.stop_tokens.end()) {
    return finish(slots, EndReason::kStopToken);
  }
  forced_.accept(tokenizer_.token_bytes(token));
  history_.push_back(token);
  result_.tokens.push_back(token);
  const std::string text = stops_.push(forced_.without(detokenizer_.push(token)));
  result_.text += text;
  if (!text.empty() && callbacks_.on_text) callbacks_.on_text(text);
  if (stops_.stopped()) return finish(slots, EndReason::kStopText);
  if (static_cast<int>(result_.tokens.size()) >= request_.max_tokens) {
    finish(slots, EndReason::kLength);
  }
}

void Job::finish(Slots& slots, EndReason reason, std::string error) {
  if (finished_) return;
  finished_ = true;
  if (slot_) slots.release(slot_);
  slot_ = nullptr;
  if (reason != EndReason::kStopText) {
    std::string rest = stops_.push(forced_.without(detokenizer_.flush()));
    rest += stops_.flush();
    result_.text += rest;
    if (!rest.empty() && callbacks_.on_text) callbacks_.on_text(rest);
  }
  if (!result_begun_) result_.queue_ms = ms_since(created_);
  result_.reason = reason;
  result_.error = std::move(error);
  callbacks_.on_done(std::move(result_));
}

}  // namespace sterna
