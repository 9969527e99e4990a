#include "model/weights.h"

#include <atomic>
#include <cmath>
#include <cstring>
#include <mutex>
#include <thread>

namespace sterna {
namespace {

size_t aligned(size_t n) { return (n + 63) / 64 * 64; }

bool all_finite(const float* values, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    if (!std::isfinite(values[i])) return false;
  }
  return true;
}

// Code 3 stands for no weight: both bits of a pair set.
bool has_invalid_code(const uint8_t* tiles, size_t n) {
  uint64_t both = 0;
  for (size_t i = 0; i + 8 <= n; i += 8) {  // n is a multiple of 128
    uint64_t word;
    std::memcpy(&word, tiles + i, 8);
    both |= word & (word >> 1) & 0x5555555555555555u;
  }
  return both != 0;
}

// One section to read into memory, and what to check there beyond the checksum.
struct Load {
  const Section* section;
  uint8_t* target;     // null: verify only
  size_t tile_bytes;   // leading bytes that are tiles
  size_t float_start;  // from here to the end: f32 that must be finite; SIZE_MAX for none
};

bool load_one(const Pack& pack, const Load& load, std::string* error) {
  if (!load.target) return pack.verify(*load.section, error);
  if (!pack.read(*load.section, load.target, error)) return false;
  if (has_invalid_code(load.target, load.tile_bytes)) {
    *error = pack.complain("a ternary matrix holds an invalid code; import the model again");
    return false;
  }
  if (load.float_start != SIZE_MAX) {
    const auto* values = reinterpret_cast<const float*>(load.target + load.float_start);
    if (!all_finite(values, (load.section->size - load.float_start) / 4)) {
      *error = pack.complain("a scale or norm is not finite; import the model again");
      return false;
    }
  }
  return true;
}

bool load_all(const Pack& pack, const std::vector<Load>& loads, int threads, std::string* error) {
  std::atomic<size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  const auto work = [&] {
    for (size_t i; !failed && (i = next++) < loads.size();) {
      std::string reason;
      if (load_one(pack, loads[i], &reason)) continue;
      const std::lock_guard<std::mutex> lock(mutex);
      if (!failed.exchange(true)) *error = reason;
    }
  };
  std::vector<std::thread> helpers;
  for (int i = 1; i < threads; ++i) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
  return !failed;
}

}  // namespace

std::unique_ptr<Weights> Weights::load(const std::string& path, HeadKind head, int threads,
                                       std::string* error) {
  std::unique_ptr<Weights> w(new Weights);
  w->pack_ = Pack::open(path, error);
  if (!w->pack_) return nullptr;
  Pack& pack = *w->pack_;
  const ModelConfig& c = pack.config();
  w->head_kind_ = head;

  // Sizes were checked against the shapes when the pack was opened.
  size_t body_size = aligned(pack.find(SectionKind::kOutputNorm)->size);
  constexpr SectionKind kLayerKinds[] = {SectionKind::kAttnNorm,    SectionKind::kQkv,
                                         SectionKind::kAttnSubNorm, SectionKind::kAttnOutput,
                                         SectionKind::kFfnNorm,     SectionKind::kGateUp,
                                         SectionKind::kFfnSubNorm,  SectionKind::kFfnDown};
  for (int layer = 0; layer < c.layer_count; ++layer) {
    for (const SectionKind kind : kLayerKinds) {
      const Section* s = pack.find(kind, static_cast<uint32_t>(layer));
      if (s) body_size += aligned(s->size);
    }
  }
  const Section* embedding = pack.find(SectionKind::kEmbedding);
  const Section* head_i8 = pack.find(SectionKind::kHeadI8);
  const Section* head_f16 = c.tied_head ? embedding : pack.find(SectionKind::kHeadF16);
  w->body_ = Memory(body_size);
  if (head == HeadKind::kInt8) w->head_ = Memory(head_i8->size);
  if (!w->body_.data() || (head == HeadKind::kInt8 && !w->head_.data())) {
    *error = pack.complain("not enough memory for the weights (" +
                           std::to_string((body_size + head_i8->size) >> 20) +
                           " MB); close other programs or choose a smaller model");
    return nullptr;
  }

  std::vector<Load> loads;
  uint8_t* cursor = w->body_.data();
  const auto norm = [&](SectionKind kind, uint32_t layer) -> const float* {
    const Section* s = pack.find(kind, layer);
    if (!s) return nullptr;
    uint8_t* target = cursor;
    cursor += aligned(s->size);
    loads.push_back({s, target, 0, 0});
    return reinterpret_cast<const float*>(target);
  };
  const auto ternary = [&](SectionKind kind, uint32_t layer) {
    const Section* s = pack.find(kind, layer);
    TernaryMatrix m;
    m.rows = static_cast<int>(s->rows);
    m.cols = static_cast<int>(s->cols);
    m.row_tiles = (m.rows + 31) / 32;
    m.k_steps = (m.cols + 15) / 16;
    const size_t tile_bytes = static_cast<size_t>(m.row_tiles) * m.k_steps * 128;
    m.tiles = cursor;
    m.scales = reinterpret_cast<const float*>(cursor + tile_bytes);
    loads.push_back({s, cursor, tile_bytes, tile_bytes});
    cursor += aligned(s->size);
    return m;
  };
  w->output_norm_ = norm(SectionKind::kOutputNorm, kNoLayer);
  w->layers_.resize(static_cast<size_t>(c.layer_count));
  for (uint32_t i = 0; i < static_cast<uint32_t>(c.layer_count); ++i) {
    LayerWeights& layer = w->layers_[i];
    layer.attn_norm = norm(SectionKind::kAttnNorm, i);
    layer.qkv = ternary(SectionKind::kQkv, i);
    layer.attn_sub_norm = norm(SectionKind::kAttnSubNorm, i);
    layer.attn_output = ternary(SectionKind::kAttnOutput, i);
    layer.ffn_norm = norm(SectionKind::kFfnNorm, i);
    layer.gate_up = ternary(SectionKind::kGateUp, i);
    layer.ffn_sub_norm = norm(SectionKind::kFfnSubNorm, i);
    layer.ffn_down = ternary(SectionKind::kFfnDown, i);
  }
  if (head == HeadKind::kInt8) {
    const size_t codes = static_cast<size_t>(head_i8->rows) * head_i8->cols;
    loads.push_back({head_i8, w->head_.data(), 0, codes});
    w->head_i8_ = reinterpret_cast<const int8_t*>(w->head_.data());
    w->head_scales_ = reinterpret_cast<const float*>(w->head_.data() + codes);
    w->head_bytes_ = head_i8->size;
  } else if (!c.tied_head) {
    loads.push_back({head_f16, nullptr, 0, SIZE_MAX});
  }
  const Section* vocabulary = pack.find(SectionKind::kVocabulary);
  w->vocabulary_.resize(vocabulary->size);
  loads.push_back({vocabulary, w->vocabulary_.data(), 0, SIZE_MAX});
  loads.push_back({pack.find(SectionKind::kMetadata), nullptr, 0, SIZE_MAX});
  // Read through a small buffer, not through the mapping: checking must not make all of it
  // resident.
  loads.push_back({embedding, nullptr, 0, SIZE_MAX});
  if (!load_all(pack, loads, threads, error)) return nullptr;

  const uint8_t* mapped = pack.map(*embedding, error);
  if (!mapped) return nullptr;
  w->embedding_ = reinterpret_cast<const uint16_t*>(mapped);
  if (head == HeadKind::kF16) {
    w->head_f16_ = reinterpret_cast<const uint16_t*>(pack.map(*head_f16, error));
    if (!w->head_f16_) return nullptr;
    w->head_bytes_ = head_f16->size;
  }
  return w;
}

}  // namespace sterna
