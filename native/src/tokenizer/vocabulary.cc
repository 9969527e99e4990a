#include "tokenizer/vocabulary.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace sterna {
namespace {

// Limits far above any vocabulary in use, so that a damaged count is found early and named.
constexpr uint32_t kMaxTokens = 1u << 20;
constexpr uint32_t kMaxMerges = 1u << 22;
constexpr size_t kHeaderBytes = 64;
constexpr size_t kReservedAt = 48;
constexpr uint32_t kAddBos = 1;
constexpr uint32_t kIgnoreMerges = 2;
constexpr uint32_t kSpacePrefix = 4;
constexpr int32_t kFree = -1;

// The finalizer of MurmurHash3: spreads every input bit over the low bits, which choose the slot.
uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdull;
  x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ull;
  return x ^ (x >> 33);
}

uint64_t hash_bytes(std::string_view bytes) {
  uint64_t hash = bytes.size();
  while (!bytes.empty()) {
    uint64_t word = 0;
    const size_t taken = std::min(bytes.size(), sizeof(word));
    std::memcpy(&word, bytes.data(), taken);
    hash = mix(hash ^ word);
    bytes.remove_prefix(taken);
  }
  return hash;
}

size_t table_size(size_t entries) { return std::bit_ceil(entries + entries / 2 + 1); }

}  // namespace

// Reads the blob from front to back. Sizes are checked first, so later reads need no checks.
class Vocabulary::Parser {
 public:
  explicit Parser(std::span<const uint8_t> blob) : blob_(blob) {}

  const std::string& error() const { return error_; }

  bool parse(Vocabulary* vocabulary) {
    return header(vocabulary) && tokens(vocabulary) && alphabet(vocabulary) && merges(vocabulary);
  }

 private:
  bool fail(const std::string& what) {
    error_ = what;
    return false;
  }

  uint32_t u32(size_t at) const {
    return uint32_t{blob_[at]} | uint32_t{blob_[at + 1]} << 8 | uint32_t{blob_[at + 2]} << 16 |
           uint32_t{blob_[at + 3]} << 24;
  }

  bool role(const char* name, size_t at, int32_t* id) {
    *id = static_cast<int32_t>(u32(at));
    if (*id >= -1 && *id < static_cast<int64_t>(token_count_)) return true;
    return fail(std::string("id ") + std::to_string(*id) + " of " + name + " is outside the " +
                std::to_string(token_count_) + " tokens");
  }

  bool header(Vocabulary* vocabulary) {
    if (blob_.size() < kHeaderBytes) return fail("shorter than its header");
    if (std::memcmp(blob_.data(), "VOC1", 4) != 0) return fail("does not begin with \"VOC1\"");
    token_count_ = u32(4);
    merge_count_ = u32(8);
    byte_count_ = u32(44);
    if (token_count_ == 0 || token_count_ > kMaxTokens) {
      return fail("token count " + std::to_string(token_count_) + " is not in 1.." +
                  std::to_string(kMaxTokens));
    }
    if (merge_count_ > kMaxMerges) {
      return fail("merge count " + std::to_string(merge_count_) + " is over " +
                  std::to_string(kMaxMerges));
    }
    if (u32(12) > 2) return fail("pre-tokenizer " + std::to_string(u32(12)) + " is unknown");
    vocabulary->pre_tokenizer_ = static_cast<PreTokenizer>(u32(12));
    const uint32_t flags = u32(16);
    if ((flags & ~(kAddBos | kIgnoreMerges | kSpacePrefix)) != 0) {
      return fail("flags " + std::to_string(flags) + " are unknown");
    }
    const auto reserved = blob_.subspan(kReservedAt, kHeaderBytes - kReservedAt);
    if (std::ranges::any_of(reserved, [](uint8_t byte) { return byte != 0; })) {
      return fail("reserved bytes of the header are not zero");
    }

    // These are 64-bit sums of bounded 32-bit terms, which cannot overflow.
    offsets_at_ = kHeaderBytes;
    types_at_ = offsets_at_ + (uint64_t{token_count_} + 1) * 4;
    merges_at_ = (types_at_ + token_count_ + 3) / 4 * 4;
    bytes_at_ = merges_at_ + uint64_t{merge_count_} * 12;
    const uint64_t expected = bytes_at_ + byte_count_;
    if (blob_.size() != expected) {
      return fail("has " + std::to_string(blob_.size()) + " bytes where its header asks for " +
                  std::to_string(expected));
    }

    SpecialTokens& special = vocabulary->special_;
    special.add_bos = (flags & kAddBos) != 0;
    vocabulary->ignore_merges_ = (flags & kIgnoreMerges) != 0;
    vocabulary->space_prefix_ = (flags & kSpacePrefix) != 0;
    return role("bos", 20, &special.bos) && role("eos", 24, &special.eos) &&
           role("eot", 28, &special.eot) && role("fimPrefix", 32, &special.fim_prefix) &&
           role("fimSuffix", 36, &special.fim_suffix) && role("fimMiddle", 40, &special.fim_middle);
  }

  bool tokens(Vocabulary* vocabulary) {
    std::vector<uint32_t>& offsets = vocabulary->offsets_;
    offsets.resize(token_count_ + 1);
    for (uint32_t i = 0; i <= token_count_; ++i) {
      offsets[i] = u32(offsets_at_ + size_t{i} * 4);
      if (i == 0 ? offsets[0] != 0 : offsets[i] < offsets[i - 1]) {
        return fail("offset of token " + std::to_string(i) + " is out of order");
      }
    }
    if (offsets.back() != byte_count_) return fail("last offset is not the count of bytes");

    vocabulary->types_.resize(token_count_);
    for (uint32_t i = 0; i < token_count_; ++i) {
      const uint8_t type = blob_[types_at_ + i];
      if (type < 1 || type > 6) {
        return fail("type " + std::to_string(type) + " of token " + std::to_string(i) +
                    " is unknown");
      }
      vocabulary->types_[i] = static_cast<TokenType>(type);
      vocabulary->longest_ = std::max<size_t>(vocabulary->longest_, offsets[i + 1] - offsets[i]);
    }

    const auto bytes = blob_.subspan(bytes_at_);
    vocabulary->text_.assign(bytes.begin(), bytes.end());
    vocabulary->ids_.assign(table_size(token_count_), kFree);
    for (int32_t id = 0; id < vocabulary->size(); ++id) {
      int32_t& slot = vocabulary->ids_[vocabulary->slot_of(vocabulary->bytes(id))];
      if (slot == kFree || preference(*vocabulary, id) > preference(*vocabulary, slot)) slot = id;
    }
    return true;
  }

  // Ranks tokens with the same bytes: a text gets the one with the highest preference.
  static int preference(const Vocabulary& vocabulary, int32_t id) {
    if (!vocabulary.is_text(id)) return 0;
    // In byte-level vocabularies a byte's own token may be of either type.
    if (vocabulary.pre_tokenizer_ != PreTokenizer::kSentencePiece) return 1;
    return vocabulary.type(id) == TokenType::kByte ? 1 : 2;
  }

  // Without all 256 single bytes some texts could not be encoded. So a missing one is an error here
  // and not a gap later.
  bool alphabet(Vocabulary* vocabulary) {
    if (vocabulary->pre_tokenizer_ == PreTokenizer::kSentencePiece) return byte_tokens(vocabulary);
    for (int byte = 0; byte < 256; ++byte) {
      const char text = static_cast<char>(byte);
      const int32_t id = vocabulary->find_text({&text, 1});
      if (id < 0) return fail("no token for the single byte " + std::to_string(byte));
      vocabulary->byte_ids_[static_cast<size_t>(byte)] = id;
    }
    return true;
  }

  // Finds the tokens that stand for the bytes of characters without a token.
  bool byte_tokens(Vocabulary* vocabulary) {
    vocabulary->byte_ids_.fill(-1);
    for (int32_t id = 0; id < vocabulary->size(); ++id) {
      if (vocabulary->type(id) != TokenType::kByte) continue;
      const std::string_view bytes = vocabulary->bytes(id);
      if (bytes.size() != 1) return fail("byte token " + std::to_string(id) + " is no byte");
      int32_t& slot = vocabulary->byte_ids_[static_cast<uint8_t>(bytes[0])];
      if (slot < 0) slot = id;
    }
    const auto missing = std::ranges::find(vocabulary->byte_ids_, -1);
    if (missing == vocabulary->byte_ids_.end()) return true;
    return fail("no token for the single byte " +
                std::to_string(missing - vocabulary->byte_ids_.begin()));
  }

  bool merges(Vocabulary* vocabulary) {
    const bool by_result = vocabulary->pre_tokenizer_ == PreTokenizer::kSentencePiece;
    uint32_t rank = 0;
    uint32_t previous = UINT32_MAX;
    vocabulary->merges_.assign(table_size(merge_count_), Merge{0, 0, 0, kFree});
    for (uint32_t i = 0; i < merge_count_; ++i) {
      const size_t at = merges_at_ + size_t{i} * 12;
      const uint32_t left = u32(at);
      const uint32_t right = u32(at + 4);
      const uint32_t merged = u32(at + 8);
      const auto wrong = [&](const char* what) {
        return fail("merge " + std::to_string(i) + " (" + std::to_string(left) + ", " +
                    std::to_string(right) + " -> " + std::to_string(merged) + ") " + what);
      };
      if (std::max({left, right, merged}) >= token_count_) return wrong("names no token");
      const auto id = static_cast<int32_t>(merged);
      // Merging must never turn text into a control token.
      if (vocabulary->type(id) == TokenType::kControl) return wrong("gives a control token");
      const std::string_view a = vocabulary->bytes(static_cast<int32_t>(left));
      const std::string_view b = vocabulary->bytes(static_cast<int32_t>(right));
      const std::string_view whole = vocabulary->bytes(id);
      if (a.empty() || b.empty() || whole.size() != a.size() + b.size() || !whole.starts_with(a) ||
          !whole.ends_with(b)) {
        return wrong("does not join the bytes of its parts");
      }
      // SentencePiece ranks the result of a merge: the different ways to get it, which follow one
      // another, have equal rank.
      if (!by_result || merged != previous) rank = i;
      previous = merged;
      // A byte's token is never merged, because texts are cut at them.
      if (by_result && !(is_normal(*vocabulary, left) && is_normal(*vocabulary, right))) {
        return wrong("joins what is no normal token");
      }
      Merge& slot = vocabulary->merges_[vocabulary->slot_of(left, right)];
      // A pair that is listed twice keeps its better rank.
      if (slot.merged == kFree) slot = {left, right, rank, id};
    }
    return true;
  }

  static bool is_normal(const Vocabulary& vocabulary, uint32_t id) {
    return vocabulary.type(static_cast<int32_t>(id)) == TokenType::kNormal;
  }

  std::span<const uint8_t> blob_;
  std::string error_;
  uint32_t token_count_ = 0;
  uint32_t merge_count_ = 0;
  uint32_t byte_count_ = 0;
  // Positions in the blob.
  size_t offsets_at_ = 0;
  size_t types_at_ = 0;
  size_t merges_at_ = 0;
  size_t bytes_at_ = 0;
};

std::optional<Vocabulary> Vocabulary::parse(std::span<const uint8_t> blob, std::string* error) {
  Parser parser(blob);
  try {
    Vocabulary vocabulary;
    if (parser.parse(&vocabulary)) return vocabulary;
    *error = parser.error();
  } catch (const std::bad_alloc&) {
    *error = "not enough memory";
  }
  return std::nullopt;
}

std::string_view Vocabulary::bytes(int32_t id) const {
  const auto i = static_cast<size_t>(id);
  return std::string_view(text_).substr(offsets_[i], offsets_[i + 1] - offsets_[i]);
}

// The slot that holds these bytes, or the free slot where they would go.
size_t Vocabulary::slot_of(std::string_view wanted) const {
  const size_t mask = ids_.size() - 1;
  size_t slot = hash_bytes(wanted) & mask;
  while (ids_[slot] != kFree && bytes(ids_[slot]) != wanted) slot = (slot + 1) & mask;
  return slot;
}

size_t Vocabulary::slot_of(uint32_t left, uint32_t right) const {
  const size_t mask = merges_.size() - 1;
  size_t slot = mix(uint64_t{left} << 32 | right) & mask;
  while (merges_[slot].merged != kFree &&
         (merges_[slot].left != left || merges_[slot].right != right)) {
    slot = (slot + 1) & mask;
  }
  return slot;
}

int32_t Vocabulary::find(std::string_view bytes) const {
  return bytes.size() > longest_ ? -1 : ids_[slot_of(bytes)];
}

int32_t Vocabulary::find_text(std::string_view bytes) const {
  const int32_t id = find(bytes);
  return id >= 0 && is_text(id) ? id : -1;
}

const Vocabulary::Merge* Vocabulary::find_merge(int32_t left, int32_t right) const {
  const Merge& merge = merges_[slot_of(static_cast<uint32_t>(left), static_cast<uint32_t>(right))];
  return merge.merged == kFree ? nullptr : &merge;
}

}  // namespace sterna
