// Reads the sections of a pack, in pieces that threads share, and checks everything in them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/pack.h"

namespace sterna {

// What the bytes must be, beyond matching their checksum.
enum class Content : uint8_t {
  kBytes,       // checked by whoever reads them
  kT2,          // no code 3
  kT16,         // no byte beyond 242
  kGroupedT2,   // units of finite f16 scales and T2 tiles (kernels/grouped.h)
  kGroupedT16,  // the same with T16 tiles
  kGroupedB1,   // the same with B1 tiles
  kF16,         // finite
  kF32,         // finite
  kMagnitudes,  // f32, finite and not negative
  kPositive,    // f32, finite and above 0
};

struct SectionLoad {
  const Section* section;
  // Where section->size bytes are written, or null to verify only: the file is then read through a
  // small buffer, so that nothing of it stays in memory.
  uint8_t* target;
  // What the bytes before `split` (a multiple of 4) must be, and those from there on.
  Content content;
  uint64_t split = UINT64_MAX;
  Content rest = Content::kBytes;
};

// Returns false, and one line that names the section, when a section cannot be read, does not match
// its checksum or holds invalid values.
bool load_sections(const Pack& pack, const std::vector<SectionLoad>& loads, int threads,
                   std::string* error);

// Whether the bytes are what `content` promises. `bytes` is aligned to 4. `begin` says where in the
// section they are, a multiple of 64 for groups.
bool content_ok(Content content, const uint8_t* bytes, size_t size, uint64_t begin = 0);

}  // namespace sterna
