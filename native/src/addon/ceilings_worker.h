// The function measureCeilings() of engine/native.ts.
#pragma once

#include <napi.h>

namespace sterna {

// Returns a promise of {readGBs, macGMACs}.
Napi::Value start_ceilings(const Napi::CallbackInfo& info);

}  // namespace sterna
