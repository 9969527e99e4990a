#include "packs.h"

#include <cstring>

#include "kernels/grouped.h"
#include "model/crc32.h"
#include "model/pack.h"
#include "vocabularies.h"

namespace sterna::fuzz {
namespace {

constexpr size_t kHeaderBytes = 256;
constexpr size_t kEntryBytes = 64;
constexpr size_t kAlignment = 4096;
constexpr size_t kCrcAt = 12;
constexpr size_t kSectionCrcAt = 24;

void put_u32(std::vector<uint8_t>& out, size_t at, uint32_t value) {
  for (size_t i = 0; i < 4; ++i) out[at + i] = static_cast<uint8_t>(value >> (8 * i));
}
void put_u64(std::vector<uint8_t>& out, size_t at, uint64_t value) {
  put_u32(out, at, static_cast<uint32_t>(value));
  put_u32(out, at + 4, static_cast<uint32_t>(value >> 32));
}
void put_f32(std::vector<uint8_t>& out, size_t at, float value) {
  put_u32(out, at, std::bit_cast<uint32_t>(value));
}

struct Shape {
  TernaryLayout layout;
  uint32_t vocab, hidden, layers, heads, kv_heads, head_dim, ffn, context, rope_dim;
  uint32_t pairing;
  Activation activation;
  bool tied, sub_norms, qk_norms, yarn, long_rope, grouped, ternary_embedding;
};

Shape shape_of(Input& in, uint32_t tokens) {
  Shape s;
  const uint8_t form = in.u8();
  s.layout = (form & 1) != 0 ? TernaryLayout::kT16 : TernaryLayout::kT2;
  // With scales per group there is a third layout.
  if ((form & 0x45) == 0x45) s.layout = TernaryLayout::kB1;
  s.tied = (form & 2) == 0;
  s.pairing = form >> 2 & 1;
  // The graphs that the supported models have.
  constexpr Activation kActivations[] = {Activation::kReluSquared, Activation::kSilu,
                                         Activation::kSilu, Activation::kPortableSilu};
  const int graph = form >> 3 & 3;
  s.activation = kActivations[graph];
  s.sub_norms = graph < 2;
  s.qk_norms = s.yarn = graph == 3;
  s.grouped = (form & 64) != 0;
  s.long_rope = graph == 2 && s.grouped;
  s.ternary_embedding = s.grouped && (form & 128) != 0;
  s.vocab = tokens + static_cast<uint32_t>(in.below(40));
  s.hidden = 4 * static_cast<uint32_t>(4 + in.below(40));
  s.layers = 1 + (form >> 5 & 1);
  s.kv_heads = static_cast<uint32_t>(1 + in.below(3));
  s.heads = s.kv_heads * static_cast<uint32_t>(1 + in.below(4));
  s.head_dim = static_cast<uint32_t>(2 + in.below(70));
  s.ffn = static_cast<uint32_t>(16 + in.below(180));
  s.context = static_cast<uint32_t>(1 + in.below(100));
  if (s.grouped) {
    s.hidden = 128 * (1 + s.hidden / 4 % 3);
    s.heads = 2 * s.kv_heads;
    s.head_dim = 64;
    s.ffn = 128 * (1 + s.ffn % 3);
  }
  s.rope_dim = 2 * (1 + in.u8() % (s.head_dim / 2));
  return s;
}

// Bytes that pass every check of a section's contents.
class Contents {
 public:
  explicit Contents(uint32_t seed) : random_(seed) {}

  std::vector<uint8_t> ternary(TernaryLayout layout, uint32_t rows, uint32_t cols) {
    std::vector<uint8_t> out = tiles(layout, tiles_bytes(layout, rows, cols));
    const size_t padded = (rows + kTileRows - 1) / kTileRows * kTileRows;
    for (size_t row = 0; row < padded; ++row) append(out, row < rows ? positive() : 0);
    return out;
  }
  std::vector<uint8_t> tiles(TernaryLayout layout, uint64_t size) {
    std::vector<uint8_t> out(size);
    for (uint8_t& byte : out) {
      const uint64_t r = random_.next();
      if (layout == TernaryLayout::kT16) {
        byte = static_cast<uint8_t>(r % 243);
      } else if (layout == TernaryLayout::kB1) {
        byte = static_cast<uint8_t>(r);
      } else {
        byte = 0;
        for (int i = 0; i < 4; ++i) {
          byte = static_cast<uint8_t>(byte << 2 | (r >> (8 * i) & 0xff) % 3);
        }
      }
    }
    return out;
  }
  // Bytes with scales per group.
  std::vector<uint8_t> grouped(TernaryLayout layout, uint32_t rows, uint32_t cols) {
    std::vector<uint8_t> out;
    const size_t scales = static_cast<size_t>(unit_groups(layout)) * kGroupScaleBytes / 2;
    while (out.size() < grouped_bytes(layout, rows, cols)) {
      const std::vector<uint8_t> unit_scales = random_f16(scales);
      out.insert(out.end(), unit_scales.begin(), unit_scales.end());
      const std::vector<uint8_t> unit_tiles = tiles(layout, unit_bytes(layout) - 2 * scales);
      out.insert(out.end(), unit_tiles.begin(), unit_tiles.end());
    }
    return out;
  }
  std::vector<uint8_t> norm(size_t n) {
    std::vector<uint8_t> out;
    while (out.size() < 4 * n) append(out, positive() - 0.25f);
    return out;
  }
  std::vector<uint8_t> factors(size_t n) {
    std::vector<uint8_t> out;
    while (out.size() < 4 * n) append(out, positive());
    return out;
  }
  std::vector<uint8_t> random_f16(size_t n) {
    std::vector<uint8_t> out(2 * n);
    for (size_t i = 0; i < n; ++i) {
      const uint64_t r = random_.next();
      out[2 * i] = static_cast<uint8_t>(r);
      // Exponents from 2^-6 to 2^1.
      out[2 * i + 1] = static_cast<uint8_t>((r >> 8 & 0x83) | (9 + (r >> 16) % 8) << 2);
    }
    return out;
  }
  std::vector<uint8_t> head_high(uint32_t rows, uint32_t cols) {
    std::vector<uint8_t> out = any(head_high_bytes(rows, cols));
    for (size_t i = 0; i < size_t{rows} * kHeadRowArrays; ++i) append(out, positive());
    return out;
  }
  std::vector<uint8_t> head_middle(uint32_t rows, uint32_t cols) {
    std::vector<uint8_t> out = any(head_middle_bytes(rows, cols));
    for (size_t i = 0; i < rows; ++i) append(out, positive());
    return out;
  }
  std::vector<uint8_t> any(size_t n) {
    std::vector<uint8_t> out(n);
    for (uint8_t& byte : out) byte = static_cast<uint8_t>(random_.next());
    return out;
  }

 private:
  float positive() { return static_cast<float>(1 + random_.below(255)) / 256; }
  static void append(std::vector<uint8_t>& out, float value) {
    out.resize(out.size() + 4);
    put_f32(out, out.size() - 4, value);
  }

  test::TestRandom random_;
};

struct Part {
  SectionKind kind;
  uint32_t layer, rows, cols;
  std::vector<uint8_t> bytes;
};

std::vector<Part> parts_of(const Shape& s, std::vector<uint8_t> vocabulary, uint32_t seed) {
  Contents make(seed);
  std::vector<Part> parts;
  const auto add = [&](SectionKind kind, uint32_t layer, uint32_t rows, uint32_t cols,
                       std::vector<uint8_t> bytes) {
    parts.push_back({kind, layer, rows, cols, std::move(bytes)});
  };
  const auto ternary = [&](SectionKind kind, uint32_t layer, uint32_t rows, uint32_t cols) {
    add(kind, layer, rows, cols,
        s.grouped ? make.grouped(s.layout, rows, cols) : make.ternary(s.layout, rows, cols));
  };
  const auto norm = [&](SectionKind kind, uint32_t layer, uint32_t n) {
    add(kind, layer, 1, n, make.norm(n));
  };
  add(SectionKind::kVocabulary, kNoLayer, s.vocab, 0, std::move(vocabulary));
  add(SectionKind::kMetadata, kNoLayer, 0, 0, {'{', '}'});
  if (s.ternary_embedding) {
    ternary(SectionKind::kEmbedding, kNoLayer, s.vocab, s.hidden);
    if (!s.tied) ternary(SectionKind::kHeadTernary, kNoLayer, s.vocab, s.hidden);
  } else {
    add(SectionKind::kEmbedding, kNoLayer, s.vocab, s.hidden,
        make.random_f16(size_t{s.vocab} * s.hidden));
    add(SectionKind::kHeadHigh, kNoLayer, s.vocab, s.hidden, make.head_high(s.vocab, s.hidden));
    add(SectionKind::kHeadMiddle, kNoLayer, s.vocab, s.hidden, make.head_middle(s.vocab, s.hidden));
    add(SectionKind::kHeadLow, kNoLayer, s.vocab, s.hidden,
        make.any(head_low_bytes(s.vocab, s.hidden)));
    if (!s.tied) {
      add(SectionKind::kHeadF16, kNoLayer, s.vocab, s.hidden,
          make.random_f16(size_t{s.vocab} * s.hidden));
    }
  }
  norm(SectionKind::kOutputNorm, kNoLayer, s.hidden);
  if (s.long_rope) {
    add(SectionKind::kRopeFactors, kNoLayer, 1, s.rope_dim / 2, make.factors(s.rope_dim / 2));
  }
  const uint32_t q = s.heads * s.head_dim;
  const uint32_t kv = s.kv_heads * s.head_dim;
  for (uint32_t layer = 0; layer < s.layers; ++layer) {
    norm(SectionKind::kAttnNorm, layer, s.hidden);
    ternary(SectionKind::kQkv, layer, q + 2 * kv, s.hidden);
    ternary(SectionKind::kAttnOutput, layer, s.hidden, q);
    norm(SectionKind::kFfnNorm, layer, s.hidden);
    ternary(SectionKind::kGateUp, layer, 2 * s.ffn, s.hidden);
    ternary(SectionKind::kFfnDown, layer, s.hidden, s.ffn);
    if (s.sub_norms) {
      norm(SectionKind::kAttnSubNorm, layer, q);
      norm(SectionKind::kFfnSubNorm, layer, s.ffn);
    }
    if (s.qk_norms) {
      norm(SectionKind::kAttnQueryNorm, layer, s.head_dim);
      norm(SectionKind::kAttnKeyNorm, layer, s.head_dim);
    }
  }
  return parts;
}

void put_header(std::vector<uint8_t>& file, const Shape& s, size_t sections) {
  std::memcpy(file.data(), "STERNAPK", 8);
  put_u32(file, 8, kPackVersion);
  put_u64(file, 16, file.size());
  const uint32_t fields[] = {static_cast<uint32_t>(sections),
                             static_cast<uint32_t>(s.layout),
                             static_cast<uint32_t>(s.activation),
                             s.vocab,
                             s.hidden,
                             s.layers,
                             s.heads,
                             s.kv_heads,
                             s.head_dim,
                             s.ffn,
                             s.context};
  for (size_t i = 0; i < std::size(fields); ++i) put_u32(file, 24 + 4 * i, fields[i]);
  put_f32(file, 68, 1e-5f);
  put_f32(file, 72, 10000);
  put_u32(file, 76, s.rope_dim);
  put_u32(file, 80, s.pairing);
  put_u32(file, 84, s.tied ? 1 : 0);
  put_u32(file, 88, s.sub_norms ? 1 : 0);
  put_u32(file, 92, s.qk_norms ? 1 : 0);
  put_u32(file, 96, s.yarn ? 1 : s.long_rope ? 2 : 0);
  put_f32(file, 100, s.yarn ? 4.0f : 1.0f);
  put_u32(file, 104, s.yarn || s.long_rope ? 32 : 0);
  put_f32(file, 108, s.yarn ? 1.1386f : 1.0f);
  put_u32(file, 112, s.grouped ? kGroupColumns : 0);
  put_u32(file, 116, s.ternary_embedding ? 1 : 0);
}

// Computes the header's checksum over as many sections as the header says there are.
void seal(std::vector<uint8_t>& file) {
  if (file.size() < kHeaderBytes) return;
  uint32_t count;
  std::memcpy(&count, &file[24], 4);
  const size_t end = kHeaderBytes + size_t{count} * kEntryBytes;
  if (end > file.size()) return;
  put_u32(file, kCrcAt, 0);
  put_u32(file, kCrcAt, crc32(0, file.data(), end));
}

}  // namespace

std::vector<uint8_t> raw_pack(Input& in, bool seals) {
  const auto bytes = in.rest();
  std::vector<uint8_t> file(bytes.begin(), bytes.end());
  if (seals) seal(file);
  return file;
}

BuiltPack build_pack(Input& in) {
  const std::vector<uint8_t> vocabulary = build_vocabulary(in);
  uint32_t tokens;
  std::memcpy(&tokens, &vocabulary[4], 4);
  const Shape shape = shape_of(in, tokens);
  const std::vector<Part> parts = parts_of(shape, vocabulary, in.u8());

  std::vector<uint8_t> file(kHeaderBytes + parts.size() * kEntryBytes);
  std::vector<size_t> offsets;
  for (size_t i = 0; i < parts.size(); ++i) {
    const Part& part = parts[i];
    file.resize((file.size() + kAlignment - 1) / kAlignment * kAlignment);
    offsets.push_back(file.size());
    const size_t entry = kHeaderBytes + i * kEntryBytes;
    put_u32(file, entry, static_cast<uint32_t>(part.kind));
    put_u32(file, entry + 4, part.layer);
    put_u64(file, entry + 8, file.size());
    put_u64(file, entry + 16, part.bytes.size());
    put_u32(file, entry + 28, part.rows);
    put_u32(file, entry + 32, part.cols);
    file.insert(file.end(), part.bytes.begin(), part.bytes.end());
  }
  put_header(file, shape, parts.size());

  // What is changed, and whether the checksums are made to fit.
  const uint8_t form = in.u8();
  const auto bend = [&](size_t begin, size_t size) {
    if (size > 0) file[begin + in.u16() % size] = in.u8();
  };
  const int of_sections = form >> 2 & 7;
  for (int i = 0; i < of_sections; ++i) {
    const size_t section = in.u8() % parts.size();
    bend(offsets[section], parts[section].bytes.size());
  }
  if ((form & 1) == 0) {
    for (size_t i = 0; i < parts.size(); ++i) {
      const uint32_t crc = crc32(0, &file[offsets[i]], parts[i].bytes.size());
      put_u32(file, kHeaderBytes + i * kEntryBytes + kSectionCrcAt, crc);
    }
  }
  const int of_header = form >> 5;
  for (int i = 0; i < of_header; ++i) bend(0, kHeaderBytes + parts.size() * kEntryBytes);
  if ((form & 2) == 0) seal(file);
  const uint8_t cut = in.u8();
  if (cut > 0) file.resize(file.size() * cut / 255);
  return {std::move(file), form == 0 && cut == 0};
}

}  // namespace sterna::fuzz
