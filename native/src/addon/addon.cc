// The addon's entry point. engine/native.ts describes what it exports as NativeAddon.
#include <napi.h>

#include <thread>

#include "addon/ceilings_worker.h"
#include "addon/confine.h"
#include "addon/convert.h"
#include "addon/instance.h"
#include "addon/model_object.h"
#include "addon/ngram_object.h"
#include "addon/tokenizer_object.h"
#include "kernels/kernels.h"
#include "runtime/engine.h"

namespace sterna {
namespace {

constexpr char kVersion[] = "0.1.0";

#if defined(__x86_64__) || defined(_M_X64)
constexpr char kArch[] = "x64";
#elif defined(__aarch64__) || defined(_M_ARM64)
constexpr char kArch[] = "arm64";
#else
constexpr char kArch[] = "unknown";
#endif

Napi::Value info(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  Napi::Object out = Napi::Object::New(env);
  out.Set("version", kVersion);
  out.Set("arch", kArch);
  Napi::Array features = Napi::Array::New(env);
  for (const std::string& name : cpu_features()) {
    features.Set(features.Length(), Napi::String::New(env, name));
  }
  out.Set("features", features);
  Napi::Array kernels = Napi::Array::New(env);
  for (const KernelSet* set : runnable_kernels()) {
    kernels.Set(kernels.Length(), Napi::String::New(env, set->name));
  }
  out.Set("kernels", kernels);
  out.Set("processors", Napi::Number::New(env, std::thread::hardware_concurrency()));
  return out;
}

Napi::Value self_test(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  Napi::Array out = Napi::Array::New(env);
  for (const KernelSet* set : runnable_kernels()) {
    const KnownAnswer answer = known_answer_test(*set);
    Napi::Object row = Napi::Object::New(env);
    row.Set("kernel", set->name);
    row.Set("ok", Napi::Boolean::New(env, answer.ok));
    row.Set("detail", answer.detail);
    out.Set(out.Length(), row);
  }
  return out;
}

const char* layout_name(TernaryLayout layout) {
  switch (layout) {
    case TernaryLayout::kT2:
      return "t2";
    case TernaryLayout::kT16:
      return "t16";
    case TernaryLayout::kB1:
      return "b1";
  }
  return "";
}

Napi::Value preferred_layouts(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  const std::string wanted = call[0].IsUndefined() ? "" : string_argument(call, 0, "kernel");
  std::string error;
  const KernelSet* kernels = choose_kernels(wanted, &error);
  if (!kernels) throw Napi::Error::New(env, one_line(error));
  Napi::Object out = Napi::Object::New(env);
  out.Set("layout", layout_name(kernels->layout));
  out.Set("binaryLayout", layout_name(kernels->binary_layout));
  return out;
}

Napi::Value create_tokenizer(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  if (!call[0].IsTypedArray() ||
      call[0].As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    throw Napi::TypeError::New(env, "vocabulary must be a Uint8Array");
  }
  const Napi::Uint8Array blob = call[0].As<Napi::Uint8Array>();
  std::string error;
  std::optional<Tokenizer> tokenizer =
      Tokenizer::parse({blob.Data(), blob.ElementLength()}, &error);
  if (!tokenizer) throw Napi::Error::New(env, "vocabulary: " + error);
  return TokenizerObject::create(env, std::move(*tokenizer));
}

Napi::Value confine(const Napi::CallbackInfo& call) {
  return Napi::String::New(call.Env(), confine_process());
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto* instance = new Instance;
  instance->tokenizer_class = Napi::Persistent(TokenizerObject::define(env));
  instance->model_class = Napi::Persistent(ModelObject::define(env));
  instance->ngram_class = Napi::Persistent(NgramObject::define(env));
  env.SetInstanceData(instance);  // deleted with the environment
  exports.Set("info", Napi::Function::New<info>(env, "info"));
  exports.Set("selfTest", Napi::Function::New<self_test>(env, "selfTest"));
  exports.Set("preferredLayouts", Napi::Function::New<preferred_layouts>(env, "preferredLayouts"));
  exports.Set("createTokenizer", Napi::Function::New<create_tokenizer>(env, "createTokenizer"));
  exports.Set("loadModel", Napi::Function::New<ModelObject::load>(env, "loadModel"));
  exports.Set("createNgramIndex",
              Napi::Function::New<NgramObject::create>(env, "createNgramIndex"));
  exports.Set("measureCeilings", Napi::Function::New<start_ceilings>(env, "measureCeilings"));
  exports.Set("confine", Napi::Function::New<confine>(env, "confine"));
  return exports;
}

}  // namespace
}  // namespace sterna

Napi::Object sterna_init(Napi::Env env, Napi::Object exports) { return sterna::init(env, exports); }

NODE_API_MODULE(sterna, sterna_init)
