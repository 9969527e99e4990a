#include "tokenizer/marker_index.h"

#include <algorithm>
#include <tuple>

namespace sterna {

MarkerIndex::MarkerIndex(const Vocabulary& vocabulary) {
  for (int32_t id = 0; id < vocabulary.size(); ++id) {
    const TokenType type = vocabulary.type(id);
    if (type != TokenType::kControl && type != TokenType::kUserDefined) continue;
    const std::string_view bytes = vocabulary.bytes(id);
    if (bytes.empty()) continue;
    markers_.push_back({bytes, id});
    begins_[static_cast<unsigned char>(bytes[0])] = true;
  }
  std::ranges::sort(markers_, [](const Marker& a, const Marker& b) {
    return std::tie(a.bytes, a.id) < std::tie(b.bytes, b.id);
  });
}

MarkerIndex::Match MarkerIndex::find(std::string_view text, size_t from) const {
  for (size_t i = from; i < text.size(); ++i) {
    if (!begins_[static_cast<unsigned char>(text[i])]) continue;
    if (const Marker* marker = longest_at(text, i)) {
      return {i, i + marker->bytes.size(), marker->id};
    }
  }
  return {text.size(), text.size(), -1};
}

const MarkerIndex::Marker* MarkerIndex::longest_at(std::string_view text, size_t position) const {
  const Marker* longest = nullptr;
  // The markers that agree with the text so far; every byte narrows them down.
  auto low = markers_.begin();
  auto high = markers_.end();
  for (size_t depth = 0; low != high && position + depth < text.size(); ++depth) {
    const int wanted = static_cast<unsigned char>(text[position + depth]);
    const auto byte_of = [depth](const Marker& marker) {
      return depth < marker.bytes.size() ? static_cast<unsigned char>(marker.bytes[depth]) : -1;
    };
    low = std::partition_point(low, high, [&](const Marker& m) { return byte_of(m) < wanted; });
    high = std::partition_point(low, high, [&](const Marker& m) { return byte_of(m) == wanted; });
    if (low != high && low->bytes.size() == depth + 1) longest = &*low;
  }
  return longest;
}

}  // namespace sterna
