// Builds small vocabulary blobs in the layout of engine/models/packFormat.ts.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sterna::test {

// Starts with the 256 single bytes as tokens 0..255, all of one type.
class VocabularyBuilder {
 public:
  explicit VocabularyBuilder(uint8_t byte_type = 1) {
    for (int byte = 0; byte < 256; ++byte) add(std::string(1, static_cast<char>(byte)), byte_type);
  }

  uint32_t size() const { return static_cast<uint32_t>(tokens_.size()); }
  const std::string& bytes(uint32_t id) const { return tokens_[id]; }
  bool is_normal(uint32_t id) const { return types_[id] == 1; }

  uint32_t add(std::string bytes, uint8_t type = 1) {
    tokens_.push_back(std::move(bytes));
    types_.push_back(type);
    return static_cast<uint32_t>(tokens_.size() - 1);
  }

  // Adds the merge of two tokens, and the token that it results in.
  uint32_t merge(uint32_t left, uint32_t right) {
    const uint32_t merged = add(tokens_[left] + tokens_[right]);
    merge_as(left, right, merged);
    return merged;
  }

  void merge_as(uint32_t left, uint32_t right, uint32_t merged) {
    merges_.insert(merges_.end(), {left, right, merged});
  }

  // Merges the bytes of `word` one after another from the left.
  uint32_t word(std::string_view word) {
    uint32_t token = static_cast<unsigned char>(word[0]);
    for (const char c : word.substr(1)) token = merge(token, static_cast<unsigned char>(c));
    return token;
  }

  uint32_t pre_tokenizer = 0;
  uint32_t flags = 0;
  // bos, eos, eot, fimPrefix, fimSuffix, fimMiddle
  std::array<int32_t, 6> roles{-1, -1, -1, -1, -1, -1};

  std::vector<uint8_t> blob() const {
    std::vector<uint8_t> out{'V', 'O', 'C', '1'};
    const auto u32 = [&out](uint32_t value) {
      for (int shift = 0; shift < 32; shift += 8) {
        out.push_back(static_cast<uint8_t>(value >> shift));
      }
    };
    std::string bytes;
    for (const std::string& token : tokens_) bytes += token;
    u32(static_cast<uint32_t>(tokens_.size()));
    u32(static_cast<uint32_t>(merges_.size() / 3));
    u32(pre_tokenizer);
    u32(flags);
    for (const int32_t role : roles) u32(static_cast<uint32_t>(role));
    u32(static_cast<uint32_t>(bytes.size()));
    out.resize(64);
    uint32_t offset = 0;
    u32(offset);
    for (const std::string& token : tokens_) {
      u32(offset += static_cast<uint32_t>(token.size()));
    }
    out.insert(out.end(), types_.begin(), types_.end());
    while (out.size() % 4 != 0) out.push_back(0);
    for (const uint32_t id : merges_) u32(id);
    out.insert(out.end(), bytes.begin(), bytes.end());
    return out;
  }

 private:
  std::vector<std::string> tokens_;
  std::vector<uint8_t> types_;
  std::vector<uint32_t> merges_;
};

// Small deterministic generator for property tests (splitmix64).
class TestRandom {
 public:
  explicit TestRandom(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }

  // A number from 0 to bound - 1.
  size_t below(size_t bound) { return static_cast<size_t>(next() % bound); }

 private:
  uint64_t state_;
};

}  // namespace sterna::test
