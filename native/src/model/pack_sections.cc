// Which sections a pack must have, and how large each must be, from its configuration alone
// (packLayout.ts does the same).
#include "model/pack.h"

namespace sterna {
namespace {

uint64_t parts(uint64_t n, uint64_t size) { return (n + size - 1) / size; }

}  // namespace

uint64_t tiles_bytes(TernaryLayout layout, uint64_t rows, uint64_t cols) {
  return parts(rows, kTileRows) * parts(cols, static_cast<uint64_t>(tile_cols(layout))) *
         kTileBytes;
}

uint64_t head_high_bytes(uint64_t rows, uint64_t cols) {
  return parts(rows, 16) * parts(cols, 8) * 64;
}

uint64_t head_middle_bytes(uint64_t rows, uint64_t cols) { return rows * parts(cols, 512) * 64; }

uint64_t head_low_bytes(uint64_t rows, uint64_t cols) { return rows * parts(cols, 128) * 64; }

bool Pack::check_sections(std::string* error) const {
  const ModelConfig& c = config_;
  const uint64_t vocab = static_cast<uint64_t>(c.vocab_size);
  const uint64_t hidden = static_cast<uint64_t>(c.hidden_size);
  const uint64_t ffn = static_cast<uint64_t>(c.ffn_size);
  const uint64_t q = static_cast<uint64_t>(c.q_size());
  const uint64_t kv = static_cast<uint64_t>(c.kv_size());
  size_t known = 0;
  const auto expect = [&](SectionKind kind, uint32_t layer, uint64_t rows, uint64_t cols,
                          uint64_t size) {
    const Section* s = find(kind, layer);
    const std::string name = section_name(kind, layer);
    if (!s) {
      *error = complain(name + " is missing" + kPackAdvice);
      return false;
    }
    if (s->rows != rows || s->cols != cols || (size != 0 && s->size != size)) {
      *error = complain(name + " has the wrong shape or size" + kPackAdvice);
      return false;
    }
    ++known;
    return true;
  };
  const auto ternary = [&](SectionKind kind, uint32_t layer, uint64_t rows, uint64_t cols) {
    return expect(kind, layer, rows, cols,
                  tiles_bytes(layout_, rows, cols) + parts(rows, kTileRows) * kTileRows * 4);
  };
  const auto norm = [&](SectionKind kind, uint32_t layer, uint64_t n) {
    return expect(kind, layer, 1, n, n * 4);
  };
  if (!expect(SectionKind::kVocabulary, kNoLayer, vocab, 0, 0) ||
      !expect(SectionKind::kMetadata, kNoLayer, 0, 0, 0) ||
      !expect(SectionKind::kEmbedding, kNoLayer, vocab, hidden, vocab * hidden * 2) ||
      !expect(SectionKind::kHeadHigh, kNoLayer, vocab, hidden,
              head_high_bytes(vocab, hidden) + vocab * 4 * kHeadRowArrays) ||
      !expect(SectionKind::kHeadMiddle, kNoLayer, vocab, hidden,
              head_middle_bytes(vocab, hidden) + vocab * 4) ||
      !expect(SectionKind::kHeadLow, kNoLayer, vocab, hidden, head_low_bytes(vocab, hidden)) ||
      !norm(SectionKind::kOutputNorm, kNoLayer, hidden)) {
    return false;
  }
  if (!c.tied_head && !expect(SectionKind::kHeadF16, kNoLayer, vocab, hidden, vocab * hidden * 2)) {
    return false;
  }
  for (uint32_t layer = 0; layer < static_cast<uint32_t>(c.layer_count); ++layer) {
    if (!norm(SectionKind::kAttnNorm, layer, hidden) ||
        !ternary(SectionKind::kQkv, layer, q + 2 * kv, hidden) ||
        !ternary(SectionKind::kAttnOutput, layer, hidden, q) ||
        !norm(SectionKind::kFfnNorm, layer, hidden) ||
        !ternary(SectionKind::kGateUp, layer, 2 * ffn, hidden) ||
        !ternary(SectionKind::kFfnDown, layer, hidden, ffn)) {
      return false;
    }
    if (c.sub_norms() && (!norm(SectionKind::kAttnSubNorm, layer, q) ||
                          !norm(SectionKind::kFfnSubNorm, layer, ffn))) {
      return false;
    }
  }
  if (known != sections_.size()) {
    *error = complain(std::string("has sections that this model does not use") + kPackAdvice);
    return false;
  }
  return true;
}

}  // namespace sterna
