// Finds special tokens, such as <|eot_id|>, that are written out in a text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tokenizer/vocabulary.h"

namespace sterna {

// The control and user-defined tokens by their bytes. It refers to the vocabulary, which must
// outlive it.
class MarkerIndex {
 public:
  explicit MarkerIndex(const Vocabulary& vocabulary);

  struct Match {
    size_t begin;
    size_t end;
    // -1 means no marker; begin and end are then the end of the text.
    int32_t id;
  };

  // The first marker at or after `from`; of several that begin there, the longest one.
  Match find(std::string_view text, size_t from) const;

 private:
  struct Marker {
    std::string_view bytes;
    int32_t id;
  };

  // The longest marker that begins exactly at `position`, or null.
  const Marker* longest_at(std::string_view text, size_t position) const;

  // Sorted by bytes, then by id.
  std::vector<Marker> markers_;
  // Whether some marker begins with the byte.
  std::array<bool, 256> begins_{};
};

}  // namespace sterna
