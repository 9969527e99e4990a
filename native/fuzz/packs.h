// Small packs by the instructions of an input: sound ones of any shape, and such as lie.
#pragma once

#include <cstdint>
#include <vector>

#include "input.h"

namespace sterna::fuzz {

struct BuiltPack {
  std::vector<uint8_t> file;
  // Nothing was bent: the loader has to take it.
  bool is_sound;
};

// Takes the shape, then changes of single bytes: of the header and the table, of sections, of the
// file's length. Checksums are made to fit afterwards, unless the input says not to.
BuiltPack build_pack(Input& in);

// A file of the input's own bytes, its header's checksum made to fit when `seals`.
std::vector<uint8_t> raw_pack(Input& in, bool seals);

}  // namespace sterna::fuzz
