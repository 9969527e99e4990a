// Runs jobs for JavaScript: requests go in, text and results come back on the JavaScript thread.
#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "runtime/engine.h"

namespace sterna {

// Takes a GenerateRequest of engine/native.ts and returns a Generation ({cancel, done}).
Napi::Value start_generation(Napi::Env env, const std::shared_ptr<Engine>& engine,
                             const Napi::Value& request, const Napi::Value& on_text);

// Returns a promise of a Float32Array.
Napi::Value start_logits(Napi::Env env, Engine& engine, std::vector<int32_t> tokens,
                         Activations activations);

}  // namespace sterna
