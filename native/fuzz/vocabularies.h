// Vocabularies for the targets: taken from the input as they are, or built by its instructions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../test/vocabulary_builder.h"
#include "input.h"

namespace sterna::fuzz {

// A sound blob: the bytes, then what the input says, up to a few dozen tokens and merges.
std::vector<uint8_t> build_vocabulary(Input& in);

}  // namespace sterna::fuzz
