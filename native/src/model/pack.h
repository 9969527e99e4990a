// The packed model file, as engine/models/packFormat.ts describes it: opening and checking. Nothing
// in a pack is believed: every count, offset, size and shape is checked before it is used, every
// section against its CRC-32.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/config.h"
#include "model/file.h"

namespace sterna {

inline constexpr uint32_t kPackVersion = 1;
inline constexpr uint32_t kNoLayer = 0xffffffffu;

enum class SectionKind : uint32_t {
  kVocabulary = 1,
  kEmbedding = 2,
  kHeadF16 = 3,
  kHeadI8 = 4,
  kOutputNorm = 5,
  kMetadata = 6,
  kAttnNorm = 10,
  kQkv = 11,
  kAttnSubNorm = 12,
  kAttnOutput = 13,
  kFfnNorm = 14,
  kGateUp = 15,
  kFfnSubNorm = 16,
  kFfnDown = 17,
};

struct Section {
  SectionKind kind;
  uint32_t layer;
  uint64_t offset;
  uint64_t size;
  uint32_t crc;
  uint32_t rows;
  uint32_t cols;
};

class Pack {
 public:
  // Opens the file, checks header and section table. Null and one line that names file and field on
  // failure.
  static std::unique_ptr<Pack> open(const std::string& path, std::string* error);

  const ModelConfig& config() const { return config_; }
  // Null when the pack has no such section.
  const Section* find(SectionKind kind, uint32_t layer = kNoLayer) const;
  // Reads a section into `out` (section.size bytes) and checks its CRC.
  bool read(const Section& section, uint8_t* out, std::string* error) const;
  // Checks the CRC of a section without keeping it.
  bool verify(const Section& section, std::string* error) const;
  // Maps the file; the pointer is to the section's first byte and lives as long as the pack.
  const uint8_t* map(const Section& section, std::string* error);
  // "path: message", the form of all errors.
  std::string complain(const std::string& message) const;

 private:
  Pack() = default;
  bool check_header(const std::vector<uint8_t>& header, std::string* error);
  bool check_sections(std::string* error) const;

  std::string path_;
  std::unique_ptr<File> file_;
  ModelConfig config_;
  std::vector<Section> sections_;
};

// Bytes of a ternary section of this shape: tiles, then one f32 per padded row.
uint64_t ternary_section_size(uint64_t rows, uint64_t cols);

}  // namespace sterna
