// Derives from a model's configuration alone which sections its pack must have and how large each
// must be (packLayout.ts does the same).
#include "kernels/grouped.h"
#include "model/pack.h"

namespace sterna {
namespace {

uint64_t parts(uint64_t n, uint64_t size) { return (n + size - 1) / size; }

}  // namespace

uint64_t tiles_bytes(TernaryLayout layout, uint64_t rows, uint64_t cols) {
  return parts(rows, kTileRows) * parts(cols, static_cast<uint64_t>(tile_cols(layout))) *
         kTileBytes;
}

uint64_t grouped_bytes(TernaryLayout layout, uint64_t rows, uint64_t cols) {
  return parts(rows, kTileRows) *
         grouped_row_tile_bytes(layout, static_cast<int>(parts(cols, kGroupColumns)));
}

uint64_t head_high_bytes(uint64_t rows, uint64_t cols) {
  return parts(rows, 16) * parts(cols, 8) * 64;
}

uint64_t head_middle_bytes(uint64_t rows, uint64_t cols) { return rows * parts(cols, 512) * 64; }

uint64_t head_low_bytes(uint64_t rows, uint64_t cols) { return rows * parts(cols, 128) * 64; }

namespace {

// Finds the sections that a model needs and counts them.
class SectionCheck {
 public:
  SectionCheck(const Pack& pack, std::string* error) : pack_(pack), error_(error) {}

  // With `size` 0 any size is accepted.
  bool expect(SectionKind kind, uint32_t layer, uint64_t rows, uint64_t cols, uint64_t size) {
    const Section* s = pack_.find(kind, layer);
    if (!s) return fail(section_name(kind, layer) + " is missing");
    if (s->rows != rows || s->cols != cols || (size != 0 && s->size != size)) {
      return fail(section_name(kind, layer) + " has the wrong shape or size");
    }
    ++known_;
    return true;
  }
  bool ternary(SectionKind kind, uint32_t layer, uint64_t rows, uint64_t cols) {
    const TernaryLayout layout = pack_.layout();
    const uint64_t size =
        pack_.config().group_size > 0
            ? grouped_bytes(layout, rows, cols)
            : tiles_bytes(layout, rows, cols) + parts(rows, kTileRows) * kTileRows * 4;
    return expect(kind, layer, rows, cols, size);
  }
  bool norm(SectionKind kind, uint32_t layer, uint64_t n) {
    return expect(kind, layer, 1, n, n * 4);
  }
  bool no_others() {
    return known_ == pack_.sections().size() || fail("has sections that this model does not use");
  }

 private:
  bool fail(const std::string& message) {
    *error_ = pack_.complain(message + kPackAdvice);
    return false;
  }

  const Pack& pack_;
  std::string* error_;
  size_t known_ = 0;
};

bool check_head(const ModelConfig& c, SectionCheck& check) {
  const uint64_t vocab = static_cast<uint64_t>(c.vocab_size);
  const uint64_t hidden = static_cast<uint64_t>(c.hidden_size);
  if (c.ternary_embedding) {
    return check.ternary(SectionKind::kEmbedding, kNoLayer, vocab, hidden) &&
           (c.tied_head || check.ternary(SectionKind::kHeadTernary, kNoLayer, vocab, hidden));
  }
  return check.expect(SectionKind::kEmbedding, kNoLayer, vocab, hidden, vocab * hidden * 2) &&
         check.expect(SectionKind::kHeadHigh, kNoLayer, vocab, hidden,
                      head_high_bytes(vocab, hidden) + vocab * 4 * kHeadRowArrays) &&
         check.expect(SectionKind::kHeadMiddle, kNoLayer, vocab, hidden,
                      head_middle_bytes(vocab, hidden) + vocab * 4) &&
         check.expect(SectionKind::kHeadLow, kNoLayer, vocab, hidden,
                      head_low_bytes(vocab, hidden)) &&
         (c.tied_head ||
          check.expect(SectionKind::kHeadF16, kNoLayer, vocab, hidden, vocab * hidden * 2));
}

bool check_layer(const ModelConfig& c, uint32_t layer, SectionCheck& check) {
  const uint64_t hidden = static_cast<uint64_t>(c.hidden_size);
  const uint64_t ffn = static_cast<uint64_t>(c.ffn_size);
  const uint64_t q = static_cast<uint64_t>(c.q_size());
  const uint64_t kv = static_cast<uint64_t>(c.kv_size());
  const uint64_t head_dim = static_cast<uint64_t>(c.head_dim);
  if (!check.norm(SectionKind::kAttnNorm, layer, hidden) ||
      !check.ternary(SectionKind::kQkv, layer, q + 2 * kv, hidden) ||
      !check.ternary(SectionKind::kAttnOutput, layer, hidden, q) ||
      !check.norm(SectionKind::kFfnNorm, layer, hidden) ||
      !check.ternary(SectionKind::kGateUp, layer, 2 * ffn, hidden) ||
      !check.ternary(SectionKind::kFfnDown, layer, hidden, ffn)) {
    return false;
  }
  if (c.sub_norms && (!check.norm(SectionKind::kAttnSubNorm, layer, q) ||
                      !check.norm(SectionKind::kFfnSubNorm, layer, ffn))) {
    return false;
  }
  return !c.qk_norms || (check.norm(SectionKind::kAttnQueryNorm, layer, head_dim) &&
                         check.norm(SectionKind::kAttnKeyNorm, layer, head_dim));
}

}  // namespace

bool Pack::check_sections(std::string* error) const {
  SectionCheck check(*this, error);
  if (!check.expect(SectionKind::kVocabulary, kNoLayer, static_cast<uint64_t>(config_.vocab_size),
                    0, 0) ||
      !check.expect(SectionKind::kMetadata, kNoLayer, 0, 0, 0) || !check_head(config_, check) ||
      !check.norm(SectionKind::kOutputNorm, kNoLayer, static_cast<uint64_t>(config_.hidden_size))) {
    return false;
  }
  if (config_.rope_scaling == RopeScaling::kLongRope &&
      !check.norm(SectionKind::kRopeFactors, kNoLayer,
                  static_cast<uint64_t>(config_.rope_dim / 2))) {
    return false;
  }
  for (uint32_t layer = 0; layer < static_cast<uint32_t>(config_.layer_count); ++layer) {
    if (!check_layer(config_, layer, check)) return false;
  }
  return check.no_others();
}

}  // namespace sterna
