// Builds small packs from the instructions in an input: correct ones of any shape, and wrong ones.
#pragma once

#include <cstdint>
#include <vector>

#include "input.h"

namespace sterna::fuzz {

struct BuiltPack {
  std::vector<uint8_t> file;
  // Whether nothing was changed, so that the loader has to accept it.
  bool is_sound;
};

// Reads the shape from the input, then changes of single bytes of the header, the table and
// sections, and of the file's length. Checksums are made to fit afterwards, unless the input says
// otherwise.
BuiltPack build_pack(Input& in);

// A file with the input's own bytes. With `seals` the header's checksum is made to fit.
std::vector<uint8_t> raw_pack(Input& in, bool seals);

}  // namespace sterna::fuzz
