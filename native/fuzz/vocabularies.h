// Vocabularies for the targets: taken from the input unchanged, or built by its instructions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../test/vocabulary_builder.h"
#include "input.h"

namespace sterna::fuzz {

// A valid blob: the bytes, then up to a few dozen tokens and merges, as the input says.
std::vector<uint8_t> build_vocabulary(Input& in);

}  // namespace sterna::fuzz
