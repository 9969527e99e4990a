#include "model/weights.h"

#include "kernels/f16.h"
#include "model/section_loader.h"

namespace sterna {
namespace {

size_t aligned(size_t n) { return (n + 63) / 64 * 64; }

// Whether a section belongs to the body: those of a layer do, the last norm, and what all layers
// share.
bool in_body(const Section& s) {
  return s.layer != kNoLayer || s.kind == SectionKind::kOutputNorm ||
         s.kind == SectionKind::kRopeFactors;
}

// The ternary matrix of a section whose bytes are at `bytes`.
TernaryMatrix ternary_matrix(const Pack& pack, const Section& s, const uint8_t* bytes) {
  TernaryMatrix m;
  m.layout = pack.layout();
  m.rows = static_cast<int>(s.rows);
  m.cols = static_cast<int>(s.cols);
  m.row_tiles = (m.rows + kTileRows - 1) / kTileRows;
  m.tiles = bytes;
  if (pack.config().group_size > 0) {
    m.groups = m.cols / kGroupColumns;
  } else {
    m.k_steps = (m.cols + tile_cols(m.layout) - 1) / tile_cols(m.layout);
    m.scales = reinterpret_cast<const float*>(bytes + m.bytes());
  }
  return m;
}

SectionLoad ternary_load(const Pack& pack, const Section& s, const TernaryMatrix& m,
                         uint8_t* target) {
  const bool is_t2 = m.layout == TernaryLayout::kT2;
  if (pack.config().group_size > 0) {
    return {.section = &s,
            .target = target,
            .content = is_t2                             ? Content::kGroupedT2
                       : m.layout == TernaryLayout::kT16 ? Content::kGroupedT16
                                                         : Content::kGroupedB1};
  }
  return {.section = &s,
          .target = target,
          .content = is_t2 ? Content::kT2 : Content::kT16,
          .split = m.bytes(),
          .rest = Content::kF32};
}

// Gives the sections of the body their places, one after another, and lists what to load there.
class Placer {
 public:
  Placer(const Pack& pack, uint8_t* begin, std::vector<SectionLoad>& loads)
      : pack_(pack), cursor_(begin), loads_(loads) {}

  // Returns null where the pack has no such section.
  const float* norm(SectionKind kind, uint32_t layer = kNoLayer) {
    return floats(kind, layer, Content::kF32);
  }

  const float* floats(SectionKind kind, uint32_t layer, Content content) {
    const Section* s = pack_.find(kind, layer);
    if (!s) return nullptr;
    uint8_t* target = take(*s);
    loads_.push_back({.section = s, .target = target, .content = content});
    return reinterpret_cast<const float*>(target);
  }

  TernaryMatrix ternary(SectionKind kind, uint32_t layer) {
    const Section* s = pack_.find(kind, layer);
    uint8_t* target = take(*s);
    const TernaryMatrix m = ternary_matrix(pack_, *s, target);
    loads_.push_back(ternary_load(pack_, *s, m, target));
    return m;
  }

 private:
  uint8_t* take(const Section& s) {
    uint8_t* target = cursor_;
    cursor_ += aligned(s.size);
    return target;
  }

  const Pack& pack_;
  uint8_t* cursor_;
  std::vector<SectionLoad>& loads_;
};

}  // namespace

std::unique_ptr<Weights> Weights::load(const std::string& path, HeadKind head, int threads,
                                       std::string* error) {
  std::unique_ptr<Weights> w(new Weights);
  w->pack_ = Pack::open(path, error);
  if (!w->pack_) return nullptr;
  const bool is_ternary_head = w->config().ternary_embedding;
  w->head_kind_ = !is_ternary_head         ? head
                  : head == HeadKind::kF16 ? HeadKind::kTernaryFloat
                                           : HeadKind::kTernary;
  std::vector<SectionLoad> loads;
  if (!w->allocate(error)) return nullptr;
  w->place_body(&loads);
  w->place_head(&loads);
  const Pack& pack = *w->pack_;
  const Section* vocabulary = pack.find(SectionKind::kVocabulary);
  w->vocabulary_.resize(vocabulary->size);
  loads.push_back({vocabulary, w->vocabulary_.data(), Content::kBytes});
  loads.push_back({pack.find(SectionKind::kMetadata), nullptr, Content::kBytes});
  if (!is_ternary_head) {
    loads.push_back({pack.find(SectionKind::kEmbedding), nullptr, Content::kF16});
  } else if (!w->config().tied_head) {
    const Section* embedding = pack.find(SectionKind::kEmbedding);
    w->embedding_ternary_ = ternary_matrix(pack, *embedding, nullptr);
    loads.push_back(ternary_load(pack, *embedding, w->embedding_ternary_, nullptr));
  }
  if (!load_sections(pack, loads, threads, error) || !w->map(error)) return nullptr;
  return w;
}

// The sizes were checked against the shapes when the pack was opened.
bool Weights::allocate(std::string* error) {
  size_t body = 0;
  for (const Section& s : pack_->sections()) {
    if (in_body(s)) body += aligned(s.size);
  }
  size_t head = 0;
  if (head_kind_ == HeadKind::kInt8) {
    head = aligned(pack_->find(SectionKind::kHeadHigh)->size) +
           pack_->find(SectionKind::kHeadMiddle)->size;
  } else if (is_ternary(head_kind_)) {
    head = ternary_head_section().size;
  }
  body_ = Memory(body);
  head_ = Memory(head);
  if (body_.data() && (head == 0 || head_.data())) return true;
  *error =
      pack_->complain("not enough memory for the weights (" + std::to_string((body + head) >> 20) +
                      " MB); close other programs or choose a smaller model");
  return false;
}

void Weights::place_body(std::vector<SectionLoad>* loads) {
  Placer place(*pack_, body_.data(), *loads);
  output_norm_ = place.norm(SectionKind::kOutputNorm);
  rope_factors_ = place.floats(SectionKind::kRopeFactors, kNoLayer, Content::kPositive);
  layers_.resize(static_cast<size_t>(config().layer_count));
  for (uint32_t i = 0; i < layers_.size(); ++i) {
    LayerWeights& layer = layers_[i];
    layer.attn_norm = place.norm(SectionKind::kAttnNorm, i);
    layer.qkv = place.ternary(SectionKind::kQkv, i);
    layer.attn_sub_norm = place.norm(SectionKind::kAttnSubNorm, i);
    layer.query_norm = place.norm(SectionKind::kAttnQueryNorm, i);
    layer.key_norm = place.norm(SectionKind::kAttnKeyNorm, i);
    layer.attn_output = place.ternary(SectionKind::kAttnOutput, i);
    layer.ffn_norm = place.norm(SectionKind::kFfnNorm, i);
    layer.gate_up = place.ternary(SectionKind::kGateUp, i);
    layer.ffn_sub_norm = place.norm(SectionKind::kFfnSubNorm, i);
    layer.ffn_down = place.ternary(SectionKind::kFfnDown, i);
  }
}

const Section& Weights::ternary_head_section() const {
  return *pack_->find(config().tied_head ? SectionKind::kEmbedding : SectionKind::kHeadTernary);
}

void Weights::place_head(std::vector<SectionLoad>* loads) {
  if (is_ternary(head_kind_)) {
    const Section& s = ternary_head_section();
    head_ternary_ = ternary_matrix(*pack_, s, head_.data());
    loads->push_back(ternary_load(*pack_, s, head_ternary_, head_.data()));
    if (config().tied_head) embedding_ternary_ = head_ternary_;
    return;
  }
  if (const Section* f16 = pack_->find(SectionKind::kHeadF16)) {
    loads->push_back({f16, nullptr, Content::kF16});
  }
  if (head_kind_ == HeadKind::kInt8) place_int8_head(loads);
}

void Weights::place_int8_head(std::vector<SectionLoad>* loads) {
  const Section* high = pack_->find(SectionKind::kHeadHigh);
  const Section* middle = pack_->find(SectionKind::kHeadMiddle);
  const Section* low = pack_->find(SectionKind::kHeadLow);
  const uint64_t plane = head_high_bytes(high->rows, high->cols);
  const uint64_t bits = head_middle_bytes(high->rows, high->cols);
  uint8_t* behind = head_.data() + aligned(high->size);
  loads->push_back({high, head_.data(), Content::kBytes, plane, Content::kMagnitudes});
  loads->push_back({middle, behind, Content::kBytes, bits, Content::kMagnitudes});
  loads->push_back({low, nullptr, Content::kBytes});
  HeadPlanes& h = head_planes_;
  h.high = head_.data();
  h.high_steps = static_cast<int>((high->cols + 7) / 8);
  h.groups = static_cast<int>((high->rows + 15) / 16);
  h.middle = behind;
  h.middle_chunks = static_cast<int>((high->cols + 511) / 512);
  h.rest_norms = reinterpret_cast<const float*>(behind + bits);
  h.low_chunks = static_cast<int>((high->cols + 127) / 128);
  const auto* arrays = reinterpret_cast<const float*>(head_.data() + plane);
  h.scales = arrays;
  h.low_norms = arrays + high->rows;
  h.error_norms = arrays + 2 * size_t{high->rows};
  h.norms = arrays + 3 * size_t{high->rows};
}

void Weights::release_low() const {
  if (head_low_) pack_->release(*head_low_);
}

// The row is read and not touched in the mapping: there, the system maps what is around it as well,
// so that a prompt of 128 tokens adds 120 MB to the process's memory. Where reading fails, the
// mapping still has what the system has cached.
const uint16_t* Weights::read_row(const Section& section, const uint16_t* mapped, int index,
                                  uint16_t* row) const {
  const size_t cols = static_cast<size_t>(config().hidden_size);
  const size_t begin = static_cast<size_t>(index) * cols;
  std::string error;
  auto* bytes = reinterpret_cast<uint8_t*>(row);
  return pack_->read(section, begin * 2, bytes, cols * 2, &error) ? row : mapped + begin;
}

// A small plane stays mapped: it needs little memory, and a system call is slow compared with
// scanning its rows. The rows of a large one are read, see read_row().
const uint8_t* Weights::head_low_plane_rows(int first, int count, uint8_t* rows) const {
  constexpr uint64_t kSmall = 4 << 20;
  const size_t row = static_cast<size_t>(head_planes_.low_chunks) * 64;
  const uint8_t* mapped = head_planes_.low_plane_row(first);
  if (head_low_->size <= kSmall) return mapped;
  std::string error;
  return pack_->read(*head_low_, static_cast<size_t>(first) * row, rows,
                     static_cast<size_t>(count) * row, &error)
             ? rows
             : mapped;
}

// The bytes of one row of a ternary embedding are spread over its row tile. That is in memory where
// the head is tied; otherwise all of it is read (34 KB with 4,096 columns).
void Weights::embedding_row(int token, std::vector<uint8_t>& scratch, float* out) const {
  const size_t cols = static_cast<size_t>(config().hidden_size);
  if (!is_ternary(head_kind_)) {
    scratch.resize(cols * sizeof(uint16_t));
    const auto* mapped = reinterpret_cast<const uint16_t*>(embedding_bytes_);
    const uint16_t* row =
        read_row(*embedding_, mapped, token, reinterpret_cast<uint16_t*>(scratch.data()));
    for (size_t k = 0; k < cols; ++k) out[k] = f16_to_f32(row[k]);
    return;
  }
  const TernaryMatrix& m = embedding_ternary_;
  const size_t begin = static_cast<size_t>(token / kTileRows) * m.row_tile_bytes();
  const uint8_t* row_tile = nullptr;
  if (m.tiles) {
    row_tile = m.tiles + begin;
  } else {
    scratch.resize(m.row_tile_bytes());
    std::string error;
    const bool is_read = pack_->read(*embedding_, begin, scratch.data(), scratch.size(), &error);
    row_tile = is_read ? scratch.data() : embedding_bytes_ + begin;
  }
  grouped_row(m.layout, row_tile, m.groups, token % kTileRows, out);
}

bool Weights::map_ternary(std::string* error) {
  head_bytes_ = head_.size();
  if (config().tied_head) return true;
  embedding_ = pack_->find(SectionKind::kEmbedding);
  embedding_bytes_ = pack_->map(*embedding_, true, error);
  return embedding_bytes_ != nullptr;
}

bool Weights::map(std::string* error) {
  if (is_ternary(head_kind_)) return map_ternary(error);
  const Section* embedding = pack_->find(SectionKind::kEmbedding);
  const Section* f16 = config().tied_head ? embedding : pack_->find(SectionKind::kHeadF16);
  const Section* low = pack_->find(SectionKind::kHeadLow);
  const bool int8 = head_kind_ == HeadKind::kInt8;
  // The f16 head reads all rows in order; the int8 head reads a few rows of the low plane in no
  // order.
  const auto* rows = pack_->map(*embedding, int8 || embedding != f16, error);
  const auto* output = pack_->map(*f16, int8, error);
  head_low_ = int8 ? low : nullptr;
  head_planes_.low = int8 ? pack_->map(*low, true, error) : nullptr;
  if (!rows || !output || (int8 && !head_planes_.low)) return false;
  embedding_ = embedding;
  embedding_bytes_ = rows;
  head_f16_ = f16;
  head_f16_rows_ = reinterpret_cast<const uint16_t*>(output);
  head_bytes_ = int8 ? head_.size() + low->size : f16->size;
  return true;
}

}  // namespace sterna
