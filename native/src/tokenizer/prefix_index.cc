#include "tokenizer/prefix_index.h"

#include <algorithm>
#include <tuple>

namespace sterna {

PrefixIndex::PrefixIndex(const Vocabulary& vocabulary) {
  for (int32_t id = 0; id < vocabulary.size(); ++id) {
    if (vocabulary.is_text(id) && !vocabulary.bytes(id).empty()) ids_.push_back(id);
  }
  std::ranges::sort(ids_, [&vocabulary](int32_t a, int32_t b) {
    return std::make_tuple(vocabulary.bytes(a), a) < std::make_tuple(vocabulary.bytes(b), b);
  });
  bytes_.reserve(ids_.size());
  for (const int32_t id : ids_) bytes_.push_back(vocabulary.bytes(id));
}

void PrefixIndex::compatible(std::string_view wanted, std::vector<int32_t>* ids) const {
  ids->clear();
  // The tokens that agree with `wanted` so far; every byte narrows them down.
  auto low = bytes_.begin();
  auto high = bytes_.end();
  const auto id_of = [this](auto at) { return ids_.begin() + (at - bytes_.begin()); };
  for (size_t depth = 0; low != high && depth < wanted.size(); ++depth) {
    const int next = static_cast<unsigned char>(wanted[depth]);
    const auto byte_of = [depth](std::string_view token) {
      return depth < token.size() ? static_cast<unsigned char>(token[depth]) : -1;
    };
    low = std::partition_point(low, high, [&](auto token) { return byte_of(token) < next; });
    high = std::partition_point(low, high, [&](auto token) { return byte_of(token) == next; });
    // Tokens that end here come first; at the end of `wanted` they are part of the rest.
    if (depth + 1 == wanted.size()) break;
    const auto longer = std::find_if(low, high, [&](auto t) { return t.size() > depth + 1; });
    ids->insert(ids->end(), id_of(low), id_of(longer));
  }
  ids->insert(ids->end(), id_of(low), id_of(high));
}

}  // namespace sterna
