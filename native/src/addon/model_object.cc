#include "addon/model_object.h"

#include "addon/convert.h"
#include "addon/generation.h"
#include "addon/instance.h"
#include "addon/tokenizer_object.h"

namespace sterna {
namespace {

// A random number that marks the objects of this class.
constexpr napi_type_tag kTag = {0x5f9c2d0be4b54c61, 0x9a3de1746c0f8b25};

// Reads the pack on a thread of libuv's pool.
class LoadWorker : public Napi::AsyncWorker {
 public:
  LoadWorker(Napi::Env env, std::string path, EngineOptions options)
      : AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        path_(std::move(path)),
        options_(std::move(options)) {}
  Napi::Promise promise() const { return deferred_.Promise(); }

  void Execute() override {
    std::string error;
    engine_ = Engine::load(path_, options_, &error);
    if (!engine_) SetError(one_line(error));
  }
  void OnOK() override {
    const auto handle = Napi::External<std::shared_ptr<Engine>>::New(Env(), &engine_);
    deferred_.Resolve(Instance::of(Env()).model_class.New({handle}));
  }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  Napi::Promise::Deferred deferred_;
  std::string path_;
  EngineOptions options_;
  std::shared_ptr<Engine> engine_;
};

// Cancels the running jobs, waits for them and frees the memory, all off the JavaScript thread.
class CloseWorker : public Napi::AsyncWorker {
 public:
  CloseWorker(Napi::Env env, std::shared_ptr<Engine> engine)
      : AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        engine_(std::move(engine)) {}
  Napi::Promise promise() const { return deferred_.Promise(); }
  void Execute() override { engine_.reset(); }
  void OnOK() override { deferred_.Resolve(Env().Undefined()); }

 private:
  Napi::Promise::Deferred deferred_;
  std::shared_ptr<Engine> engine_;
};

}  // namespace

Napi::Function ModelObject::define(Napi::Env env) {
  return DefineClass(env, "Model",
                     {InstanceAccessor<&ModelObject::config>("config"),
                      InstanceAccessor<&ModelObject::tokenizer>("tokenizer"),
                      InstanceAccessor<&ModelObject::kernel>("kernel"),
                      InstanceAccessor<&ModelObject::threads>("threads"),
                      InstanceAccessor<&ModelObject::memory>("memory"),
                      InstanceMethod<&ModelObject::generate>("generate"),
                      InstanceMethod<&ModelObject::logits>("logits"),
                      InstanceMethod<&ModelObject::clear_cache>("clearCache"),
                      InstanceMethod<&ModelObject::close>("close")});
}

Napi::Value ModelObject::load(const Napi::CallbackInfo& info) {
  const Napi::Value o = info[1];
  EngineOptions options;
  options.threads = int_field(o, "threads", 1, 64, 0);
  options.head =
      choice_field(o, "head", {"int8", "f16"}, 0) == 0 ? HeadKind::kInt8 : HeadKind::kF16;
  options.kernel = string_field(o, "kernel", "");
  options.context_length = int_field(o, "contextLength", 1, 1 << 20, 0);
  options.cache_bytes = static_cast<size_t>(int_field(o, "cacheMegabytes", 1, 1 << 20, 0)) << 20;
  constexpr KvFormat kFormats[] = {KvFormat::kF16, KvFormat::kInt8, KvFormat::kF32};
  options.kv = kFormats[choice_field(o, "kv", {"f16", "int8", "f32"}, 0)];
  auto* worker = new LoadWorker(info.Env(), string_argument(info, 0, "path"), options);
  worker->Queue();
  return worker->promise();
}

ModelObject* ModelObject::Unwrap(Napi::Object object) {
  if (!object.CheckTypeTag(&kTag)) {
    throw Napi::TypeError::New(object.Env(), "this is no Model");
  }
  return ObjectWrap::Unwrap(object);
}

ModelObject::ModelObject(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  if (info.Length() != 1 || !info[0].IsExternal()) {
    throw Napi::TypeError::New(info.Env(), "use loadModel()");
  }
  info.This().As<Napi::Object>().TypeTag(&kTag);
  engine_ = std::move(*info[0].As<Napi::External<std::shared_ptr<Engine>>>().Data());
  tokenizer_ = Napi::Persistent(TokenizerObject::create(info.Env(), engine_->tokenizer()));
}

Engine& ModelObject::engine(Napi::Env env) {
  if (!engine_) throw Napi::Error::New(env, "the model is closed");
  return *engine_;
}

Napi::Value ModelObject::config(const Napi::CallbackInfo& info) {
  const Engine& e = engine(info.Env());
  const ModelConfig& c = e.config();
  Napi::Object out = Napi::Object::New(info.Env());
  out.Set("vocabSize", c.vocab_size);
  out.Set("hiddenSize", c.hidden_size);
  out.Set("layerCount", c.layer_count);
  out.Set("headCount", c.head_count);
  out.Set("kvHeadCount", c.kv_head_count);
  out.Set("headDim", c.head_dim);
  out.Set("ffnSize", c.ffn_size);
  out.Set("contextLength", e.context_length());
  out.Set("tiedHead", Napi::Boolean::New(info.Env(), c.tied_head));
  return out;
}

Napi::Value ModelObject::tokenizer(const Napi::CallbackInfo&) { return tokenizer_.Value(); }

Napi::Value ModelObject::kernel(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), engine(info.Env()).kernels().name);
}

Napi::Value ModelObject::threads(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), engine(info.Env()).threads());
}

Napi::Value ModelObject::memory(const Napi::CallbackInfo& info) {
  const Engine& e = engine(info.Env());
  Napi::Object out = Napi::Object::New(info.Env());
  out.Set("weightBytes", static_cast<double>(e.weight_bytes()));
  out.Set("headBytes", static_cast<double>(e.head_bytes()));
  out.Set("kvBytes", static_cast<double>(e.kv_bytes()));
  out.Set("kvBudgetBytes", static_cast<double>(e.cache_budget()));
  return out;
}

Napi::Value ModelObject::generate(const Napi::CallbackInfo& info) {
  engine(info.Env());
  // Keeps the engine alive: reading the request may run JavaScript code that closes the model.
  const std::shared_ptr<Engine> held = engine_;
  return start_generation(info.Env(), held, info[0], info[1]);
}

Napi::Value ModelObject::logits(const Napi::CallbackInfo& info) {
  Engine& e = engine(info.Env());
  const std::string kind = string_argument(info, 1, "activations");
  if (kind != "int8" && kind != "float") {
    throw Napi::TypeError::New(info.Env(), "activations must be \"int8\" or \"float\"");
  }
  return start_logits(info.Env(), e, tokens_of(info[0], "tokens"),
                      kind == "float" ? Activations::kFloat : Activations::kInt8);
}

Napi::Value ModelObject::clear_cache(const Napi::CallbackInfo& info) {
  engine(info.Env()).clear_cache();
  return info.Env().Undefined();
}

Napi::Value ModelObject::close(const Napi::CallbackInfo& info) {
  auto* worker = new CloseWorker(info.Env(), std::move(engine_));
  worker->Queue();
  return worker->promise();
}

}  // namespace sterna
