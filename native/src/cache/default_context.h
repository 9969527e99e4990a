// How long a context may be where nobody has said.
#pragma once

#include <cstddef>

#include "cache/kv_page.h"

namespace sterna {

// Positions: as many as the model was trained for, but keys and values of one context take at most
// an eighth of the machine's memory and 2 GiB. At least 4,096, or what the model has.
int default_context(const KvLayout& layout, int trained, size_t machine_bytes);

}  // namespace sterna
