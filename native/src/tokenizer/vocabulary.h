// The vocabulary of a BPE tokenizer, as stored in a pack.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sterna {

// The ids of tokens with a special role; -1 where the vocabulary has none.
struct SpecialTokens {
  int32_t bos = -1;
  int32_t eos = -1;
  int32_t eot = -1;
  int32_t fim_prefix = -1;
  int32_t fim_suffix = -1;
  int32_t fim_middle = -1;
  // Whether the model was trained with BOS before every text.
  bool add_bos = false;
};

enum class TokenType : uint8_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,
  kUnused = 5,
  kByte = 6,
};

// What merging starts with, and within which pieces of a text it works.
enum class PreTokenizer : uint32_t {
  // Bytes, within the matches of the expression in pre_tokenizer.h.
  kLlamaBpe = 0,
  // SentencePiece: characters that are tokens, and the bytes of the others, in the whole text.
  kSentencePiece = 1,
  // Bytes, within the matches of the same expression with single digits. The text must be brought
  // to Unicode's normal form C before it is encoded.
  kQwen2 = 2,
};

// Tokens, merges and roles. Immutable, so it may be shared between threads.
class Vocabulary {
 public:
  // The result of merging two neighbours.
  struct Merge {
    uint32_t left;
    uint32_t right;
    // Lower ranks merge first.
    uint32_t rank;
    // -1 marks a free slot of the hash table.
    int32_t merged;
  };

  // Parses the blob that engine/models/packFormat.ts documents ("VOC1"). Every count, offset and id
  // is checked, so a blob from any source is safe. On failure it returns nothing, and in *error
  // what is wrong.
  static std::optional<Vocabulary> parse(std::span<const uint8_t> blob, std::string* error);

  int32_t size() const { return static_cast<int32_t>(types_.size()); }
  const SpecialTokens& special() const { return special_; }
  // Whether a piece of text that is a token is used as it is, without merging up to it.
  bool ignore_merges() const { return ignore_merges_; }
  PreTokenizer pre_tokenizer() const { return pre_tokenizer_; }
  // Whether a space is put before every text, as in the model's training.
  bool space_prefix() const { return space_prefix_; }
  bool contains(int32_t id) const { return id >= 0 && id < size(); }

  // The bytes and the type of a token; contains(id) must hold.
  std::string_view bytes(int32_t id) const;
  TokenType type(int32_t id) const { return types_[static_cast<size_t>(id)]; }
  // Whether the token is of a type that plain text is made of.
  bool is_text(int32_t id) const {
    return type(id) == TokenType::kNormal || type(id) == TokenType::kByte;
  }

  // The id of the token with exactly these bytes, or -1. Of several, a normal token is preferred to
  // a byte's, a text token to others, and then the lowest id.
  int32_t find(std::string_view bytes) const;
  // The same, but only among text tokens.
  int32_t find_text(std::string_view bytes) const;
  // The id of the token for this one byte (SentencePiece: whatever character it is part of). A
  // parsed vocabulary has all 256.
  int32_t byte_id(uint8_t byte) const { return byte_ids_[byte]; }

  // How two neighbouring tokens merge, or null when they do not.
  const Merge* find_merge(int32_t left, int32_t right) const;

 private:
  class Parser;

  Vocabulary() = default;
  size_t slot_of(std::string_view bytes) const;
  size_t slot_of(uint32_t left, uint32_t right) const;

  SpecialTokens special_;
  bool ignore_merges_ = false;
  bool space_prefix_ = false;
  PreTokenizer pre_tokenizer_ = PreTokenizer::kLlamaBpe;
  std::vector<TokenType> types_;
  // size() + 1 positions in text_.
  std::vector<uint32_t> offsets_;
  std::string text_;
  size_t longest_ = 0;
  std::array<int32_t, 256> byte_ids_{};
  // Hash tables with open addressing and linear probing. Their sizes are powers of two, and they
  // are at most two thirds full.
  std::vector<int32_t> ids_;
  std::vector<Merge> merges_;
};

}  // namespace sterna
