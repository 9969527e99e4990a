#include "model/pack.h"

#include <cmath>
#include <cstring>

#include "kernels/grouped.h"
#include "model/crc32.h"

namespace sterna {
namespace {

constexpr size_t kHeaderBytes = 256;
constexpr size_t kEntryBytes = 64;
constexpr uint64_t kAlignment = 4096;
constexpr size_t kCrcField = 12;
constexpr uint32_t kMaxSections = 16 * 1024;

uint32_t u32_at(const uint8_t* p) {
  return static_cast<uint32_t>(p[0]) | static_cast<uint32_t>(p[1]) << 8 |
         static_cast<uint32_t>(p[2]) << 16 | static_cast<uint32_t>(p[3]) << 24;
}

uint64_t u64_at(const uint8_t* p) { return u32_at(p) | static_cast<uint64_t>(u32_at(p + 4)) << 32; }

float f32_at(const uint8_t* p) {
  const uint32_t bits = u32_at(p);
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

std::string kind_name(SectionKind kind) {
  switch (kind) {
    case SectionKind::kVocabulary:
      return "vocabulary";
    case SectionKind::kEmbedding:
      return "embedding";
    case SectionKind::kHeadF16:
      return "head (f16)";
    case SectionKind::kHeadHigh:
      return "head (high nibbles)";
    case SectionKind::kHeadMiddle:
      return "head (middle bits)";
    case SectionKind::kHeadLow:
      return "head (low nibbles)";
    case SectionKind::kHeadTernary:
      return "head (ternary)";
    case SectionKind::kOutputNorm:
      return "output norm";
    case SectionKind::kMetadata:
      return "metadata";
    case SectionKind::kAttnNorm:
      return "attention norm";
    case SectionKind::kQkv:
      return "qkv";
    case SectionKind::kAttnSubNorm:
      return "attention sub-norm";
    case SectionKind::kAttnOutput:
      return "attention output";
    case SectionKind::kFfnNorm:
      return "feed-forward norm";
    case SectionKind::kGateUp:
      return "gate and up";
    case SectionKind::kFfnSubNorm:
      return "feed-forward sub-norm";
    case SectionKind::kFfnDown:
      return "feed-forward down";
    case SectionKind::kAttnQueryNorm:
      return "query norm";
    case SectionKind::kAttnKeyNorm:
      return "key norm";
    case SectionKind::kRopeFactors:
      return "rope factors";
  }
  return "unknown";
}

}  // namespace

std::string section_name(SectionKind kind, uint32_t layer) {
  return kind_name(kind) + (layer == kNoLayer ? "" : " of layer " + std::to_string(layer));
}

std::string Pack::complain(const std::string& message) const { return path_ + ": " + message; }

std::unique_ptr<Pack> Pack::open(const std::string& path, std::string* error) {
  std::unique_ptr<Pack> pack(new Pack);
  pack->path_ = path;
  std::string reason;
  pack->file_ = File::open(path, &reason);
  if (!pack->file_) {
    *error = pack->complain("cannot be opened: " + reason);
    return nullptr;
  }
  if (pack->file_->size() < kHeaderBytes) {
    *error = pack->complain("too short for a packed model" + std::string(kPackAdvice));
    return nullptr;
  }
  std::vector<uint8_t> header(kHeaderBytes);
  if (!pack->file_->read(0, header.data(), kHeaderBytes, &reason)) {
    *error = pack->complain("header cannot be read: " + reason);
    return nullptr;
  }
  if (!pack->check_header(header, error) || !pack->check_sections(error)) return nullptr;
  return pack;
}

bool Pack::check_header(const std::vector<uint8_t>& header, std::string* error) {
  const uint8_t* h = header.data();
  const auto fail = [&](const std::string& message) {
    *error = complain(message + kPackAdvice);
    return false;
  };
  if (std::memcmp(h, "STERNAPK", 8) != 0) return fail("not a packed model (magic)");
  const uint32_t version = u32_at(h + 8);
  if (version != kPackVersion) {
    return fail("version " + std::to_string(version) + " of the packed format, this engine reads " +
                std::to_string(kPackVersion));
  }
  if (u64_at(h + 16) != file_->size()) {
    return fail("file size is " + std::to_string(file_->size()) + " bytes, header says " +
                std::to_string(u64_at(h + 16)));
  }
  const uint32_t count = u32_at(h + 24);
  if (count == 0 || count > kMaxSections ||
      kHeaderBytes + uint64_t{count} * kEntryBytes > file_->size()) {
    return fail("section count " + std::to_string(count) + " is out of range");
  }
  std::vector<uint8_t> table(size_t{count} * kEntryBytes);
  std::string reason;
  if (!file_->read(kHeaderBytes, table.data(), table.size(), &reason)) {
    return fail("section table cannot be read: " + reason);
  }
  std::vector<uint8_t> zeroed = header;
  std::memset(zeroed.data() + kCrcField, 0, 4);
  const uint32_t crc = crc32(crc32(0, zeroed.data(), zeroed.size()), table.data(), table.size());
  if (crc != u32_at(h + kCrcField)) return fail("header checksum does not match");

  return check_config(h, error) && check_flags(h, error) && read_sections(table, error);
}

bool Pack::read_sections(const std::vector<uint8_t>& table, std::string* error) {
  const auto fail = [&](const std::string& message) {
    *error = complain(message + kPackAdvice);
    return false;
  };
  uint64_t end = kHeaderBytes + table.size();
  for (uint32_t i = 0; i < table.size() / kEntryBytes; ++i) {
    const uint8_t* e = table.data() + size_t{i} * kEntryBytes;
    Section s{static_cast<SectionKind>(u32_at(e)),
              u32_at(e + 4),
              u64_at(e + 8),
              u64_at(e + 16),
              u32_at(e + 24),
              u32_at(e + 28),
              u32_at(e + 32)};
    const std::string name = "section " + std::to_string(i) + " (" + s.name() + ")";
    if (s.offset % kAlignment != 0 || s.offset < end) return fail(name + ": offset is wrong");
    if (s.size == 0 || s.offset > file_->size() || s.size > file_->size() - s.offset) {
      return fail(name + ": reaches past the end of the file");
    }
    end = s.offset + s.size;
    if (find(s.kind, s.layer)) return fail(name + ": appears twice");
    sections_.push_back(s);
  }
  return true;
}

bool Pack::check_config(const uint8_t* h, std::string* error) {
  const auto fail = [&](const std::string& message) {
    *error = complain(message + kPackAdvice);
    return false;
  };
  const uint32_t layout = u32_at(h + 28);
  if (layout > static_cast<uint32_t>(TernaryLayout::kB1)) {
    return fail("weight layout " + std::to_string(layout) + " is unknown");
  }
  layout_ = static_cast<TernaryLayout>(layout);
  struct Field {
    const char* name;
    size_t offset;
    uint32_t low, high;
    int* out;
  };
  ModelConfig& c = config_;
  const Field fields[] = {
      {"vocabulary size", 36, 1, 1u << 20, &c.vocab_size},
      {"hidden size", 40, 16, 1u << 16, &c.hidden_size},
      {"layer count", 44, 1, 1024, &c.layer_count},
      {"head count", 48, 1, 1024, &c.head_count},
      {"key/value head count", 52, 1, 1024, &c.kv_head_count},
      {"head dimension", 56, 2, 1024, &c.head_dim},
      {"feed-forward size", 60, 16, 1u << 18, &c.ffn_size},
      {"context length", 64, 1, 1u << 20, &c.context_length},
      {"rope dimension", 76, 2, 1024, &c.rope_dim},
  };
  for (const Field& field : fields) {
    const uint32_t value = u32_at(h + field.offset);
    if (value < field.low || value > field.high) {
      return fail(std::string(field.name) + " " + std::to_string(value) + " is out of range");
    }
    *field.out = static_cast<int>(value);
  }
  if (c.hidden_size % 4 != 0) return fail("hidden size is no multiple of 4");
  if (c.head_count % c.kv_head_count != 0) return fail("heads are no multiple of key/value heads");
  if (c.rope_dim > c.head_dim || c.rope_dim % 2 != 0) return fail("rope dimension does not fit");
  c.rms_epsilon = f32_at(h + 68);
  c.rope_theta = f32_at(h + 72);
  if (!(c.rms_epsilon > 0 && c.rms_epsilon < 1)) return fail("norm epsilon is out of range");
  if (!(c.rope_theta > 1 && c.rope_theta < 1e12f)) return fail("rope theta is out of range");
  return true;
}

bool Pack::check_flags(const uint8_t* h, std::string* error) {
  ModelConfig& c = config_;
  const auto fail = [&](const std::string& message) {
    *error = complain(message + kPackAdvice);
    return false;
  };
  struct Field {
    const char* name;
    size_t offset;
    uint32_t high;
    uint32_t* out;
  };
  uint32_t activation, pairing, tied, sub_norms, qk_norms, scaling, original, group, ternary;
  const Field fields[] = {
      {"activation", 32, 2, &activation},
      {"rope pairing", 80, 1, &pairing},
      {"tied-head flag", 84, 1, &tied},
      {"sub-norms flag", 88, 1, &sub_norms},
      {"query and key norms flag", 92, 1, &qk_norms},
      {"rope scaling", 96, 2, &scaling},
      {"original context length", 104, 1u << 20, &original},
      {"columns of a scale", 112, kGroupColumns, &group},
      {"ternary embedding flag", 116, 1, &ternary},
  };
  for (const Field& field : fields) {
    *field.out = u32_at(h + field.offset);
    if (*field.out > field.high) {
      return fail(std::string(field.name) + " " + std::to_string(*field.out) + " is unknown");
    }
  }
  c.activation = static_cast<Activation>(activation);
  c.rope_pairing = static_cast<RopePairing>(pairing);
  c.tied_head = tied == 1;
  c.sub_norms = sub_norms == 1;
  c.qk_norms = qk_norms == 1;
  c.rope_scaling = static_cast<RopeScaling>(scaling);
  c.rope_factor = f32_at(h + 100);
  c.rope_original_context = static_cast<int>(original);
  c.rope_magnitude = f32_at(h + 108);
  c.group_size = static_cast<int>(group);
  c.ternary_embedding = ternary == 1;
  if (!(c.rope_factor >= 1 && c.rope_factor < 1e6f)) return fail("rope factor is out of range");
  if (!(c.rope_magnitude > 0 && c.rope_magnitude < 1e3f)) {
    return fail("rope magnitude is out of range");
  }
  if (c.rope_scaling != RopeScaling::kNone && original == 0) {
    return fail("original context length is missing");
  }
  return check_groups(error);
}

bool Pack::check_groups(std::string* error) const {
  const ModelConfig& c = config_;
  const auto fail = [&](const std::string& message) {
    *error = complain(message + kPackAdvice);
    return false;
  };
  if (c.group_size == 0) {
    if (layout_ == TernaryLayout::kB1) return fail("weights of 1 bit need a scale per group");
    if (c.ternary_embedding) return fail("a ternary embedding needs a scale per group");
    return true;
  }
  if (c.group_size != kGroupColumns) {
    return fail("columns of a scale " + std::to_string(c.group_size) + " are unknown");
  }
  for (const int columns : {c.hidden_size, c.q_size(), c.ffn_size}) {
    if (columns % kGroupColumns == 0) continue;
    return fail("rows of " + std::to_string(columns) + " weights are no whole groups");
  }
  return true;
}

const Section* Pack::find(SectionKind kind, uint32_t layer) const {
  for (const Section& s : sections_) {
    if (s.kind == kind && s.layer == layer) return &s;
  }
  return nullptr;
}

bool Pack::read(const Section& section, uint64_t begin, uint8_t* out, size_t count,
                std::string* error) const {
  std::string reason;
  if (file_->read(section.offset + begin, out, count, &reason)) return true;
  *error = complain(section.name() + " cannot be read: " + reason);
  return false;
}

const uint8_t* Pack::map(const Section& section, bool sparsely, std::string* error) {
  std::string reason;
  const uint8_t* base = file_->map(&reason);
  if (!base) {
    *error = complain("cannot be mapped: " + reason);
    return nullptr;
  }
  if (sparsely) file_->advise_random(section.offset, section.size);
  return base + section.offset;
}

}  // namespace sterna
