// What the addon keeps for each JavaScript environment.
#pragma once

#include <napi.h>

namespace sterna {

struct Instance {
  Napi::FunctionReference tokenizer_class;
  Napi::FunctionReference model_class;
  Napi::FunctionReference ngram_class;

  static Instance& of(Napi::Env env) { return *env.GetInstanceData<Instance>(); }
};

}  // namespace sterna
