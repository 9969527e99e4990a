// Writes the key and the value of one position into a block of the cache.
#pragma once

#include <cstdint>

#include "kernels/kernels.h"

namespace sterna {

// key and value: [head_dim]. `column` is the position's place in the block, 0 to 31.
struct KvPosition {
  const float* key;
  const float* value;
  int head_dim;
  int column;
};

void store_position(const KernelSet& kernels, KvFormat format, const KvPosition& position,
                    uint8_t* block);

}  // namespace sterna
