#include "addon/generation.h"

#include <algorithm>
#include <cstring>

#include "addon/convert.h"
#include "addon/ngram_object.h"

namespace sterna {
namespace {

// Adds a view of the repository's index as it is at the moment of the request.
void add_repository(GenerateRequest& request, const Napi::Value& value) {
  const Napi::Value handle = field(value, "index");
  if (!handle.IsObject()) throw Napi::TypeError::New(value.Env(), "index must be an NgramIndex");
  const NgramIndex& index = NgramObject::Unwrap(handle.As<Napi::Object>())->index();
  request.repository =
      index.view(string_field(value, "path", ""), int_field(value, "family", 0, 1 << 16, 0),
                 strings_field(value, "hidden"));
  const Napi::Value weights = field(value, "weights");
  if (!weights.IsArray() || weights.As<Napi::Array>().Length() != NgramIndex::kNearnesses) {
    throw Napi::TypeError::New(value.Env(), "weights must be an array of 4 numbers");
  }
  for (uint32_t i = 0; i < NgramIndex::kNearnesses; ++i) {
    const Napi::Value weight = weights.As<Napi::Array>().Get(i);
    const double number = weight.IsNumber() ? weight.As<Napi::Number>().DoubleValue() : -1;
    if (!(number >= 0 && number <= 1)) {
      throw Napi::TypeError::New(value.Env(), "weights must be numbers from 0 to 1");
    }
    request.repository_weights[i] = number;
  }
}

GenerateRequest request_of(const Napi::Value& value) {
  GenerateRequest request;
  request.tokens = tokens_of(field(value, "tokens"), "tokens");
  request.max_tokens = int_field(value, "maxTokens", 0, 1 << 20, 0);
  const Napi::Value s = field(value, "sampling");
  SamplingOptions& sampling = request.sampling;
  sampling.temperature = static_cast<float>(number_field(s, "temperature", 0));
  sampling.top_k = int_field(s, "topK", 0, 1 << 20, 0);
  sampling.top_p = static_cast<float>(number_field(s, "topP", 1));
  sampling.min_p = static_cast<float>(number_field(s, "minP", 0));
  sampling.repetition_penalty = static_cast<float>(number_field(s, "repetitionPenalty", 1));
  sampling.repetition_window = int_field(s, "repetitionWindow", 0, 1 << 20, 64);
  const double seed = number_field(s, "seed", 0);
  if (!(seed >= 0 && seed <= 4294967295.0)) {
    throw Napi::TypeError::New(value.Env(), "seed must be from 0 to 4294967295");
  }
  sampling.seed = static_cast<uint32_t>(seed);
  request.stop = strings_field(value, "stop");
  const Napi::Value stop_tokens = field(value, "stopTokens");
  if (!is_absent(stop_tokens)) request.stop_tokens = tokens_of(stop_tokens, "stopTokens");
  request.ngram_texts = strings_field(value, "ngramTexts");
  const Napi::Value repository = field(value, "repository");
  if (!is_absent(repository)) add_repository(request, repository);
  request.forced_prefix = string_field(value, "forcedPrefix", "");
  request.rated_tokens = int_field(value, "ratedTokens", 0, 1 << 20, 0);
  request.min_confidence = static_cast<float>(number_field(value, "minConfidence", 0));
  const Napi::Value script = field(value, "script");
  if (!is_absent(script)) request.forced_tokens = tokens_of(script, "script");
  request.keep_logits = bool_field(value, "keepLogits", false);
  request.priority = int_field(value, "priority", 0, 2, 0);
  request.activations = choice_field(value, "activations", {"int8", "float"}, 0) == 0
                            ? Activations::kInt8
                            : Activations::kFloat;
  request.drafts = bool_field(value, "drafts", true);
  const Napi::Value draft = field(value, "draft");
  if (!is_absent(draft)) request.draft = tokens_of(draft, "draft");
  return request;
}

const char* reason_name(EndReason reason) {
  switch (reason) {
    case EndReason::kStopText:
      return "stop-text";
    case EndReason::kStopToken:
      return "stop-token";
    case EndReason::kUnsure:
      return "unsure";
    case EndReason::kLength:
      return "length";
    case EndReason::kContext:
      return "context";
    case EndReason::kCancelled:
    case EndReason::kFailed:
      break;
  }
  return "cancelled";
}

Napi::Object to_object(Napi::Env env, const PhaseTimes& phases) {
  Napi::Object out = Napi::Object::New(env);
  out.Set("bodyMs", phases.body);
  out.Set("attentionMs", phases.attention);
  out.Set("headMs", phases.head);
  out.Set("otherMs", phases.other);
  out.Set("headBytes", phases.head_bytes);
  return out;
}

Napi::Object to_object(Napi::Env env, const GenerateResult& r) {
  Napi::Object out = Napi::Object::New(env);
  out.Set("text", r.text);
  out.Set("tokens", to_uint32_array(env, r.tokens));
  Napi::Float32Array probabilities = Napi::Float32Array::New(env, r.probabilities.size());
  std::ranges::copy(r.probabilities, probabilities.Data());
  out.Set("probabilities", probabilities);
  Napi::Float32Array logits = Napi::Float32Array::New(env, r.logits.size());
  std::ranges::copy(r.logits, logits.Data());
  out.Set("logits", logits);
  out.Set("reason", reason_name(r.reason));
  out.Set("promptTokens", r.prompt_tokens);
  out.Set("cachedTokens", r.cached_tokens);
  out.Set("prefilledTokens", r.prefilled_tokens);
  out.Set("decodedTokens", r.decoded_tokens);
  out.Set("draftedTokens", r.drafted_tokens);
  out.Set("acceptedTokens", r.accepted_tokens);
  out.Set("queueMs", r.queue_ms);
  out.Set("prefillMs", r.prefill_ms);
  out.Set("decodeMs", r.decode_ms);
  out.Set("prefillPhases", to_object(env, r.prefill_phases));
  out.Set("decodePhases", to_object(env, r.decode_phases));
  return out;
}

// A promise that is settled by the inference thread. The thread-safe function carries the calls to
// the JavaScript thread in order, and keeps the event loop alive until it is released. While the
// environment is being torn down, it refuses the calls and they are dropped.
class Bridge {
 public:
  Bridge(Napi::Env env, const Napi::Function& callback)
      : deferred_(Napi::Promise::Deferred::New(env)),
        function_(Napi::ThreadSafeFunction::New(env, callback, "sterna", 0, 1)) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

  void text(std::string text) {
    auto* data = new std::string(std::move(text));
    const auto call = [](Napi::Env env, Napi::Function callback, std::string* out) {
      const std::unique_ptr<std::string> owned(out);
      callback.Call({Napi::String::New(env, *owned)});
    };
    if (function_.BlockingCall(data, call) != napi_ok) delete data;
  }

  // Calls settle(env, deferred) on the JavaScript thread, then releases the thread-safe function.
  void settle(std::function<void(Napi::Env, Napi::Promise::Deferred&)> settle) {
    using Data = std::pair<Napi::Promise::Deferred, decltype(settle)>;
    auto* data = new Data(deferred_, std::move(settle));
    const auto call = [](Napi::Env env, Napi::Function, Data* out) {
      const std::unique_ptr<Data> owned(out);
      owned->second(env, owned->first);
    };
    if (function_.BlockingCall(data, call) != napi_ok) delete data;
    function_.Release();
  }

 private:
  Napi::Promise::Deferred deferred_;
  Napi::ThreadSafeFunction function_;
};

Napi::Function nothing(Napi::Env env) {
  return Napi::Function::New(env, [](const Napi::CallbackInfo&) {});
}

}  // namespace

Napi::Value start_generation(Napi::Env env, const std::shared_ptr<Engine>& engine,
                             const Napi::Value& value, const Napi::Value& on_text) {
  GenerateRequest request = request_of(value);
  const std::string problem = engine->validate(request);
  if (!problem.empty()) throw Napi::RangeError::New(env, problem);
  const bool streams = on_text.IsFunction();
  auto bridge =
      std::make_shared<Bridge>(env, streams ? on_text.As<Napi::Function>() : nothing(env));

  JobCallbacks callbacks;
  if (streams) callbacks.on_text = [bridge](std::string text) { bridge->text(std::move(text)); };
  callbacks.on_done = [bridge](GenerateResult result) {
    bridge->settle([result = std::move(result)](Napi::Env js, Napi::Promise::Deferred& deferred) {
      if (result.reason == EndReason::kFailed) {
        deferred.Reject(Napi::Error::New(js, result.error).Value());
      } else {
        deferred.Resolve(to_object(js, result));
      }
    });
  };
  const uint64_t id = engine->submit(std::move(request), std::move(callbacks));

  Napi::Object out = Napi::Object::New(env);
  out.Set("done", bridge->promise());
  // The pointer is weak, because JavaScript code that keeps a generation must not keep the memory
  // of the model.
  out.Set("cancel", Napi::Function::New(
                        env, [weak = std::weak_ptr<Engine>(engine), id](const Napi::CallbackInfo&) {
                          if (const auto alive = weak.lock()) alive->cancel(id);
                        }));
  return out;
}

Napi::Value start_logits(Napi::Env env, Engine& engine, std::vector<int32_t> tokens,
                         Activations activations) {
  auto bridge = std::make_shared<Bridge>(env, nothing(env));
  engine.logits(std::move(tokens), activations,
                [bridge](std::vector<float> logits, std::string error) {
                  bridge->settle([logits = std::move(logits), error = std::move(error)](
                                     Napi::Env js, Napi::Promise::Deferred& deferred) {
                    if (!error.empty()) {
                      deferred.Reject(Napi::RangeError::New(js, error).Value());
                      return;
                    }
                    Napi::Float32Array array = Napi::Float32Array::New(js, logits.size());
                    std::memcpy(array.Data(), logits.data(), logits.size() * sizeof(float));
                    deferred.Resolve(array);
                  });
                });
  return bridge->promise();
}

}  // namespace sterna
