// Finds tokens such as <|eot_id|> that are written out in a text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tokenizer/vocabulary.h"

namespace sterna {

// Control and user-defined tokens by their bytes. Views the vocabulary, which must outlive it.
class MarkerIndex {
 public:
  explicit MarkerIndex(const Vocabulary& vocabulary);

  struct Match {
    size_t begin;
    size_t end;
    // -1: no marker; begin and end are then the end of the text.
    int32_t id;
  };

  // The first marker at or after `from`; of several that begin there, the longest.
  Match find(std::string_view text, size_t from) const;

 private:
  struct Marker {
    std::string_view bytes;
    int32_t id;
  };

  // Longest marker that begins exactly at `position`, or null.
  const Marker* longest_at(std::string_view text, size_t position) const;

  // Sorted by bytes, then id.
  std::vector<Marker> markers_;
  // Whether some marker begins with the byte.
  std::array<bool, 256> begins_{};
};

}  // namespace sterna
