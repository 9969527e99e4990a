// The class NativeNgramIndex of engine/native.ts.
#pragma once

#include <napi.h>

#include <memory>

#include "ngram/ngram_index.h"

namespace sterna {

class NgramObject : public Napi::ObjectWrap<NgramObject> {
 public:
  static Napi::Function define(Napi::Env env);
  // createNgramIndex(maxBytes) of engine/native.ts.
  static Napi::Value create(const Napi::CallbackInfo& info);
  explicit NgramObject(const Napi::CallbackInfo& info);

  // Every method calls this first. It throws when `object` is of another class.
  static NgramObject* Unwrap(Napi::Object object);

  const NgramIndex& index() const { return *index_; }

 private:
  Napi::Value reserve(const Napi::CallbackInfo& info);
  Napi::Value set(const Napi::CallbackInfo& info);
  Napi::Value remove(const Napi::CallbackInfo& info);
  Napi::Value clear(const Napi::CallbackInfo& info);
  Napi::Value compact(const Napi::CallbackInfo& info);
  Napi::Value stats(const Napi::CallbackInfo& info);
  // measureLookUps(file, text, count): the microseconds of each of `count` look-ups, spread over
  // the text of a file, which itself is left out of the view.
  Napi::Value measure_look_ups(const Napi::CallbackInfo& info);

  std::shared_ptr<NgramIndex> index_;
};

}  // namespace sterna
