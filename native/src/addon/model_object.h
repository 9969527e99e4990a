// The class NativeModel of engine/native.ts.
#pragma once

#include <napi.h>

#include <memory>
#include <string>

#include "runtime/engine.h"

namespace sterna {

class ModelObject : public Napi::ObjectWrap<ModelObject> {
 public:
  static Napi::Function define(Napi::Env env);
  // loadModel(path, options): returns a promise of a model.
  static Napi::Value load(const Napi::CallbackInfo& info);
  explicit ModelObject(const Napi::CallbackInfo& info);

  // Every property calls this first. It throws when `object` is of another class, because
  // JavaScript can take an accessor from the prototype and call it on anything.
  static ModelObject* Unwrap(Napi::Object object);

 private:
  Napi::Value config(const Napi::CallbackInfo& info);
  Napi::Value tokenizer(const Napi::CallbackInfo& info);
  Napi::Value kernel(const Napi::CallbackInfo& info);
  Napi::Value threads(const Napi::CallbackInfo& info);
  Napi::Value memory(const Napi::CallbackInfo& info);
  Napi::Value generate(const Napi::CallbackInfo& info);
  Napi::Value logits(const Napi::CallbackInfo& info);
  Napi::Value clear_cache(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);
  // Throws when the model is closed.
  Engine& engine(Napi::Env env);

  std::shared_ptr<Engine> engine_;
  Napi::ObjectReference tokenizer_;
};

}  // namespace sterna
