// Running jobs from JavaScript: requests in, text and results back on the JavaScript thread.
#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "runtime/engine.h"

namespace sterna {

// GenerateRequest of engine/native.ts in, a Generation ({cancel, done}) out.
Napi::Value start_generation(Napi::Env env, const std::shared_ptr<Engine>& engine,
                             const Napi::Value& request, const Napi::Value& on_text);

// A promise of a Float32Array.
Napi::Value start_logits(Napi::Env env, Engine& engine, std::vector<int32_t> tokens,
                         Activations activations);

}  // namespace sterna
