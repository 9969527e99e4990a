#include "tokenizer/bpe.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <queue>
#include <string>
#include <utility>

#include "tokenizer/pre_tokenizer.h"
#include "tokenizer/unicode.h"

namespace sterna {
namespace {

// Pieces up to this many bytes (all but a few per cent) are merged by scanning for the best pair.
// That needs no memory, and up to about this length it is faster than the heap.
constexpr size_t kScanLimit = 48;

constexpr uint32_t kNoMerge = UINT32_MAX;
constexpr size_t kNone = SIZE_MAX;

// Encodes plain text, piece by piece.
class PieceEncoder {
 public:
  PieceEncoder(const Vocabulary& vocabulary, std::vector<int32_t>* out)
      : vocabulary_(vocabulary),
        by_characters_(vocabulary.pre_tokenizer() == PreTokenizer::kSentencePiece),
        most_digits_(vocabulary.pre_tokenizer() == PreTokenizer::kQwen2 ? 1 : 3),
        cuts_lines_(by_characters_ && character_id("\n") < 0),
        out_(*out) {}

  void encode(std::string_view text) {
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = end_of(text, begin);
      piece(text.substr(begin, end - begin));
      begin = end;
    }
  }

 private:
  size_t end_of(std::string_view text, size_t begin) const {
    if (!by_characters_) return piece_end(text, begin, most_digits_);
    // Where the line feed never merges with other bytes, lines can be encoded one by one.
    const size_t line = cuts_lines_ ? text.find('\n', begin) : std::string_view::npos;
    return line == std::string_view::npos ? text.size() : line + 1;
  }

  void piece(std::string_view bytes) {
    if (vocabulary_.ignore_merges()) {
      const int32_t id = vocabulary_.find_text(bytes);
      if (id >= 0) return out_.push_back(id);
    }
    if (bytes.size() <= kScanLimit) {
      merge_by_scan(bytes);
    } else {
      merge_by_heap(bytes);
    }
  }

  int32_t byte_id(char byte) const { return vocabulary_.byte_id(static_cast<uint8_t>(byte)); }

  // The id of a character that is a normal token, or -1.
  int32_t character_id(std::string_view character) const {
    const int32_t id = vocabulary_.find_text(character);
    return id >= 0 && vocabulary_.type(id) == TokenType::kNormal ? id : -1;
  }

  // Calls take(id) for each symbol that merging starts with, from the left.
  template <class Take>
  void symbols(std::string_view bytes, const Take& take) const {
    if (!by_characters_) {
      for (const char byte : bytes) take(byte_id(byte));
      return;
    }
    for (size_t at = 0; at < bytes.size();) {
      const std::string_view character = bytes.substr(at, decode_utf8(bytes, at).length);
      const int32_t id = character_id(character);
      if (id >= 0) {
        take(id);
      } else {
        for (const char byte : character) take(byte_id(byte));
      }
      at += character.size();
    }
  }

  // Merges the leftmost pair of lowest rank until none is left.
  void merge_by_scan(std::string_view bytes) {
    std::array<int32_t, kScanLimit> ids;
    std::array<uint32_t, kScanLimit> ranks;  // the rank of the pair (i, i + 1)
    std::array<int32_t, kScanLimit> merged;  // the token that the pair gives
    size_t count = 0;                        // at most one symbol a byte
    symbols(bytes, [&](int32_t id) { ids[count++] = id; });
    const auto update = [&](size_t i) {
      const Vocabulary::Merge* merge = vocabulary_.find_merge(ids[i], ids[i + 1]);
      ranks[i] = merge ? merge->rank : kNoMerge;
      if (merge) merged[i] = merge->merged;
    };
    for (size_t i = 0; i + 1 < count; ++i) update(i);
    while (count > 1) {
      const auto best = static_cast<size_t>(
          std::min_element(ranks.begin(), ranks.begin() + (count - 1)) - ranks.begin());
      if (ranks[best] == kNoMerge) break;
      ids[best] = merged[best];
      // The right neighbour is removed, and with it the pair that it began.
      std::copy(ids.begin() + best + 2, ids.begin() + count, ids.begin() + best + 1);
      if (best + 2 < count) {
        std::copy(ranks.begin() + best + 2, ranks.begin() + count - 1, ranks.begin() + best + 1);
        std::copy(merged.begin() + best + 2, merged.begin() + count - 1, merged.begin() + best + 1);
      }
      --count;
      if (best + 1 < count) update(best);
      if (best > 0) update(best - 1);
    }
    out_.insert(out_.end(), ids.begin(), ids.begin() + count);
  }

  struct Symbol {
    int32_t id;  // -1 once it was merged into its left neighbour
    size_t previous;
    size_t next;
  };

  struct Candidate {
    uint32_t rank;
    int32_t merged;
    size_t left;
    // The ids when it was queued: a candidate is stale unless both are still there.
    int32_t left_id;
    int32_t right_id;

    // Orders a queue so that the lowest rank, of equals the leftmost, is on top.
    bool operator<(const Candidate& other) const {
      return std::pair(rank, left) > std::pair(other.rank, other.left);
    }
  };

  // Gives the same result with a linked list and a queue of candidates.
  void merge_by_heap(std::string_view bytes) {
    std::vector<Symbol> list;
    list.reserve(bytes.size());
    symbols(bytes, [&](int32_t id) {
      const size_t i = list.size();
      list.push_back({id, i == 0 ? kNone : i - 1, i + 1});
    });
    list.back().next = kNone;
    std::priority_queue<Candidate> queue;
    const auto consider = [&](size_t left) {
      if (left == kNone || list[left].next == kNone) return;
      const int32_t left_id = list[left].id;
      const int32_t right_id = list[list[left].next].id;
      if (const Vocabulary::Merge* merge = vocabulary_.find_merge(left_id, right_id)) {
        queue.push({merge->rank, merge->merged, left, left_id, right_id});
      }
    };
    for (size_t i = 0; i < list.size(); ++i) consider(i);
    while (!queue.empty()) {
      const Candidate best = queue.top();
      queue.pop();
      Symbol& left = list[best.left];
      if (left.id != best.left_id || left.next == kNone || list[left.next].id != best.right_id) {
        continue;
      }
      Symbol& right = list[left.next];
      left.id = best.merged;
      right.id = -1;
      left.next = right.next;
      if (left.next != kNone) list[left.next].previous = best.left;
      consider(left.previous);
      consider(best.left);
    }
    for (size_t i = 0; i != kNone; i = list[i].next) out_.push_back(list[i].id);
  }

  const Vocabulary& vocabulary_;
  const bool by_characters_;
  const size_t most_digits_;
  const bool cuts_lines_;
  std::vector<int32_t>& out_;
};

}  // namespace

BpeEncoder::BpeEncoder(std::shared_ptr<const Vocabulary> vocabulary)
    : vocabulary_(std::move(vocabulary)), markers_(*vocabulary_) {}

std::vector<int32_t> BpeEncoder::encode(std::string_view text, EncodeOptions options) const {
  std::vector<int32_t> out;
  out.reserve(text.size() / 3 + 1);
  if (options.bos && vocabulary_->special().bos >= 0) out.push_back(vocabulary_->special().bos);
  PieceEncoder pieces(*vocabulary_, &out);
  const auto section = [&](std::string_view part, bool begins) {
    if (begins && vocabulary_->space_prefix() && !part.empty()) {
      pieces.encode(std::string(" ").append(part));
    } else {
      pieces.encode(part);
    }
  };
  if (!options.special) {
    section(text, options.bos);
    return out;
  }
  for (size_t position = 0; position < text.size();) {
    const MarkerIndex::Match marker = markers_.find(text, position);
    // After a marker a text begins anew.
    section(text.substr(position, marker.begin - position), position > 0 || options.bos);
    if (marker.id >= 0) out.push_back(marker.id);
    position = marker.end;
  }
  return out;
}

}  // namespace sterna
