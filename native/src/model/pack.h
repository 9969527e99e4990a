// Opens and checks a packed model file, which engine/models/packFormat.ts describes. Nothing in a
// pack is trusted: every count, offset, size and shape is checked before it is used, and every
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
// The end of every error message about the contents of a pack.
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
  kRopeFactors = 20,
};

// A section's name for messages, for example "qkv of layer 3".
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
  // Opens the file and checks header and section table. Returns null, and one line in `error` that
  // names file and field, on failure.
  static std::unique_ptr<Pack> open(const std::string& path, std::string* error);

  const ModelConfig& config() const { return config_; }
  // The layout of the ternary matrices.
  TernaryLayout layout() const { return layout_; }
  // The sections in the order of the file.
  const std::vector<Section>& sections() const { return sections_; }
  // The section, or null when the pack has none of this kind and layer.
  const Section* find(SectionKind kind, uint32_t layer = kNoLayer) const;
  // Reads `count` bytes from byte `begin` of a section. They are not verified; section_loader.h
  // does that.
  bool read(const Section& section, uint64_t begin, uint8_t* out, size_t count,
            std::string* error) const;
  // Maps the file. The pointer is to the section's first byte and lives as long as the pack.
  // `sparsely` says that only some of the bytes will be read, in no order.
  const uint8_t* map(const Section& section, bool sparsely, std::string* error);
  // Removes a mapped section from the process's memory until it is touched again.
  void release(const Section& section) const { file_->release(section.offset, section.size); }
  // "path: message", the form of all errors.
  std::string complain(const std::string& message) const;

 private:
  Pack() = default;
  bool check_header(const std::vector<uint8_t>& header, std::string* error);
  bool read_sections(const std::vector<uint8_t>& table, std::string* error);
  bool check_config(const uint8_t* header, std::string* error);
  bool check_flags(const uint8_t* header, std::string* error);
  bool check_groups(std::string* error) const;
  bool check_sections(std::string* error) const;

  std::string path_;
  std::unique_ptr<File> file_;
  ModelConfig config_;
  TernaryLayout layout_ = TernaryLayout::kT2;
  std::vector<Section> sections_;
};

// The bytes of the tiles of a ternary matrix with one scale per row. They are followed by one f32
// per padded row.
uint64_t tiles_bytes(TernaryLayout layout, uint64_t rows, uint64_t cols);
// The bytes of a ternary matrix with a scale per group, see kernels/grouped.h.
uint64_t grouped_bytes(TernaryLayout layout, uint64_t rows, uint64_t cols);
// The bytes of the int8 head's high nibbles. They are followed by kHeadRowArrays arrays of one f32
// per row.
uint64_t head_high_bytes(uint64_t rows, uint64_t cols);
inline constexpr int kHeadRowArrays = 4;
// The bytes of the highest bits of the low nibbles. They are followed by one f32 per row.
uint64_t head_middle_bytes(uint64_t rows, uint64_t cols);
// The bytes of the low nibbles.
uint64_t head_low_bytes(uint64_t rows, uint64_t cols);

}  // namespace sterna
