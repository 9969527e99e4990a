#include "tokenizer/bpe.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <queue>
#include <utility>

#include "tokenizer/pre_tokenizer.h"

namespace sterna {
namespace {

// Pieces up to this many bytes (all but a few per cent) are merged by scanning for the best pair,
// which needs no memory and beats the heap until about here.
constexpr std::size_t kScanLimit = 48;

constexpr std::uint32_t kNoMerge = UINT32_MAX;
constexpr std::size_t kNone = SIZE_MAX;

// Encodes plain text, piece by piece.
class PieceEncoder {
 public:
  PieceEncoder(const Vocabulary& vocabulary, std::vector<std::int32_t>* out)
      : vocabulary_(vocabulary), out_(*out) {}

  void encode(std::string_view text) {
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = piece_end(text, begin);
      piece(text.substr(begin, end - begin));
      begin = end;
    }
  }

 private:
  void piece(std::string_view bytes) {
    if (vocabulary_.ignore_merges()) {
      const std::int32_t id = vocabulary_.find_text(bytes);
      if (id >= 0) return out_.push_back(id);
    }
    if (bytes.size() <= kScanLimit) {
      merge_by_scan(bytes);
    } else {
      merge_by_heap(bytes);
    }
  }

  std::int32_t byte_id(char byte) const {
    return vocabulary_.byte_id(static_cast<std::uint8_t>(byte));
  }

  // Merges the leftmost pair of lowest rank until none is left.
  void merge_by_scan(std::string_view bytes) {
    std::array<std::int32_t, kScanLimit> ids;
    std::array<std::uint32_t, kScanLimit> ranks;  // of the pair (i, i + 1)
    std::array<std::int32_t, kScanLimit> merged;  // what that pair gives
    std::size_t count = bytes.size();
    const auto update = [&](std::size_t i) {
      const Vocabulary::Merge* merge = vocabulary_.find_merge(ids[i], ids[i + 1]);
      ranks[i] = merge ? merge->rank : kNoMerge;
      if (merge) merged[i] = merge->merged;
    };
    for (std::size_t i = 0; i < count; ++i) ids[i] = byte_id(bytes[i]);
    for (std::size_t i = 0; i + 1 < count; ++i) update(i);
    while (count > 1) {
      const auto best = static_cast<std::size_t>(
          std::min_element(ranks.begin(), ranks.begin() + (count - 1)) - ranks.begin());
      if (ranks[best] == kNoMerge) break;
      ids[best] = merged[best];
      // The right neighbour goes, and with it the pair that it began.
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
    std::int32_t id;  // -1 once it was merged into its left neighbour
    std::size_t previous;
    std::size_t next;
  };

  struct Candidate {
    std::uint32_t rank;
    std::int32_t merged;
    std::size_t left;
    // Ids when it was queued: a candidate is stale unless both are still there.
    std::int32_t left_id;
    std::int32_t right_id;

    // For a queue with the lowest rank, then the leftmost, on top.
    bool operator<(const Candidate& other) const {
      return std::pair(rank, left) > std::pair(other.rank, other.left);
    }
  };

  // The same result by a linked list and a queue of candidates.
  void merge_by_heap(std::string_view bytes) {
    std::vector<Symbol> symbols(bytes.size());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      symbols[i] = {byte_id(bytes[i]), i == 0 ? kNone : i - 1,
                    i + 1 == bytes.size() ? kNone : i + 1};
    }
    std::priority_queue<Candidate> queue;
    const auto consider = [&](std::size_t left) {
      if (left == kNone || symbols[left].next == kNone) return;
      const std::int32_t left_id = symbols[left].id;
      const std::int32_t right_id = symbols[symbols[left].next].id;
      if (const Vocabulary::Merge* merge = vocabulary_.find_merge(left_id, right_id)) {
        queue.push({merge->rank, merge->merged, left, left_id, right_id});
      }
    };
    for (std::size_t i = 0; i < symbols.size(); ++i) consider(i);
    while (!queue.empty()) {
      const Candidate best = queue.top();
      queue.pop();
      Symbol& left = symbols[best.left];
      if (left.id != best.left_id || left.next == kNone || symbols[left.next].id != best.right_id) {
        continue;
      }
      Symbol& right = symbols[left.next];
      left.id = best.merged;
      right.id = -1;
      left.next = right.next;
      if (left.next != kNone) symbols[left.next].previous = best.left;
      consider(left.previous);
      consider(best.left);
    }
    for (std::size_t i = 0; i != kNone; i = symbols[i].next) out_.push_back(symbols[i].id);
  }

  const Vocabulary& vocabulary_;
  std::vector<std::int32_t>& out_;
};

}  // namespace

BpeEncoder::BpeEncoder(std::shared_ptr<const Vocabulary> vocabulary)
    : vocabulary_(std::move(vocabulary)), markers_(*vocabulary_) {}

std::vector<std::int32_t> BpeEncoder::encode(std::string_view text, EncodeOptions options) const {
  std::vector<std::int32_t> out;
  out.reserve(text.size() / 3 + 1);
  if (options.bos && vocabulary_->special().bos >= 0) out.push_back(vocabulary_->special().bos);
  PieceEncoder pieces(*vocabulary_, &out);
  if (!options.special) {
    pieces.encode(text);
    return out;
  }
  for (std::size_t position = 0; position < text.size();) {
    const MarkerIndex::Match marker = markers_.find(text, position);
    pieces.encode(text.substr(position, marker.begin - position));
    if (marker.id >= 0) out.push_back(marker.id);
    position = marker.end;
  }
  return out;
}

}  // namespace sterna
