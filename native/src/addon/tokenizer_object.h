// The class NativeTokenizer of engine/native.ts.
#pragma once

#include <napi.h>

#include "tokenizer/tokenizer.h"

namespace sterna {

class TokenizerObject : public Napi::ObjectWrap<TokenizerObject> {
 public:
  static Napi::Function define(Napi::Env env);
  static Napi::Object create(Napi::Env env, Tokenizer tokenizer);
  explicit TokenizerObject(const Napi::CallbackInfo& info);

  // See ModelObject::Unwrap.
  static TokenizerObject* Unwrap(Napi::Object object);

 private:
  Napi::Value size(const Napi::CallbackInfo& info);
  Napi::Value special(const Napi::CallbackInfo& info);
  Napi::Value encode(const Napi::CallbackInfo& info);
  Napi::Value decode(const Napi::CallbackInfo& info);
  Napi::Value id_of(const Napi::CallbackInfo& info);

  std::optional<Tokenizer> tokenizer_;
};

}  // namespace sterna
