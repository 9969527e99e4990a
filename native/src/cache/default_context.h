// The length of a context where the user has set none.
#pragma once

#include <cstddef>

#include "cache/kv_page.h"

namespace sterna {

// The result is in positions: as many as the model was trained for, but the keys and values of one
// context may take at most an eighth of the machine's memory and at most 2 GiB. The result is at
// least 4,096, or what the model was trained for if that is less.
int default_context(const KvLayout& layout, int trained, size_t machine_bytes);

}  // namespace sterna
