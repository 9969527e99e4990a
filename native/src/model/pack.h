// The packed model file, as engine/models/packFormat.ts describes it: opening and checking. Nothing
// in a pack is believed: every count, offset, size and shape is checked before it is used, every
// section against its CRC-32.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/kernels.h"
#include "model/config.h"
#include "model/file.h"

namespace sterna {

inline constexpr uint32_t kPackVersion = 4;
inline constexpr uint32_t kNoLayer = 0xffffffffu;
// End of every message about the contents of a pack.
inline constexpr char kPackAdvice[] = "; import the model again";

enum class SectionKind : uint32_t {
  kVocabulary = 1,
  kEmbedding = 2,
  kHeadF16 = 3,
  kHeadHigh = 4,
  kOutputNorm = 5,
  kMetadata = 6,
  kHeadLow = 7,
  kHeadMiddle = 8,
  kHeadTernary = 9,
  kAttnNorm = 10,
  kQkv = 11,
  kAttnSubNorm = 12,
  kAttnOutput = 13,
  kFfnNorm = 14,
  kGateUp = 15,
  kFfnSubNorm = 16,
  kFfnDown = 17,
  kAttnQueryNorm = 18,
  kAttnKeyNorm = 19,
};

// For messages: "qkv of layer 3".
std::string section_name(SectionKind kind, uint32_t layer);

struct Section {
  SectionKind kind;
  uint32_t layer;
  uint64_t offset;
  uint64_t size;
  uint32_t crc;
  uint32_t rows;
  uint32_t cols;

  std::string name() const { return section_name(kind, layer); }
};

class Pack {
 public:
  // Opens the file, checks header and section table. Null and one line that names file and field on
  // failure.
  static std::unique_ptr<Pack> open(const std::string& path, std::string* error);

  const ModelConfig& config() const { return config_; }
  // Of the ternary matrices.
  TernaryLayout layout() const { return layout_; }
  // In the order of the file.
  const std::vector<Section>& sections() const { return sections_; }
  // Null when the pack has no such section.
  const Section* find(SectionKind kind, uint32_t layer = kNoLayer) const;
  // Reads `count` bytes from byte `begin` of a section; they are not verified (see
  // section_loader.h).
  bool read(const Section& section, uint64_t begin, uint8_t* out, size_t count,
            std::string* error) const;
  // Maps the file; the pointer is to the section's first byte and lives as long as the pack.
  // `sparsely`: it will be touched here and there.
  const uint8_t* map(const Section& section, bool sparsely, std::string* error);
  // Takes a mapped section out of the process's memory until it is touched again.
  void release(const Section& section) const { file_->release(section.offset, section.size); }
  // "path: message", the form of all errors.
  std::string complain(const std::string& message) const;

 private:
  Pack() = default;
  bool check_header(const std::vector<uint8_t>& header, std::string* error);
  bool read_sections(const std::vector<uint8_t>& table, std::string* error);
  bool check_config(const uint8_t* header, std::string* error);
  bool check_flags(const uint8_t* header, std::string* error);
  bool check_sections(std::string* error) const;

  std::string path_;
  std::unique_ptr<File> file_;
  ModelConfig config_;
  TernaryLayout layout_ = TernaryLayout::kT2;
  std::vector<Section> sections_;
};

// Bytes of the tiles of a ternary matrix with a scale for each row; behind them, one f32 per padded
// row.
uint64_t tiles_bytes(TernaryLayout layout, uint64_t rows, uint64_t cols);
// Bytes of a ternary matrix with a scale per group, see kernels/grouped.h.
uint64_t grouped_bytes(TernaryLayout layout, uint64_t rows, uint64_t cols);
// Bytes of the high nibbles of the int8 head; behind them, kHeadRowArrays times one f32 per row.
uint64_t head_high_bytes(uint64_t rows, uint64_t cols);
inline constexpr int kHeadRowArrays = 4;
// Bytes of the low nibbles' highest bits; behind them, one f32 per row.
uint64_t head_middle_bytes(uint64_t rows, uint64_t cols);
// Bytes of the low nibbles.
uint64_t head_low_bytes(uint64_t rows, uint64_t cols);

}  // namespace sterna
