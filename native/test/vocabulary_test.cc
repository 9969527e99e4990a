#include "tokenizer/vocabulary.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "check.h"
#include "tokenizer/tokenizer.h"
#include "vocabulary_builder.h"

namespace {

using sterna::Tokenizer;
using sterna::Vocabulary;
using sterna::test::TestRandom;
using sterna::test::VocabularyBuilder;

constexpr uint8_t kControl = 3;

VocabularyBuilder sample() {
  VocabularyBuilder builder;
  builder.word("the");
  builder.word(" a");
  builder.roles[0] = static_cast<int32_t>(builder.add("<s>", kControl));
  builder.roles[1] = static_cast<int32_t>(builder.add("</s>", kControl));
  builder.flags = 3;
  return builder;
}

std::string error_of(const std::vector<uint8_t>& blob) {
  std::string error;
  const auto vocabulary = Vocabulary::parse(blob, &error);
  return vocabulary ? "" : error;
}

void put_u32(std::vector<uint8_t>* blob, size_t at, uint32_t value) {
  for (int i = 0; i < 4; ++i) (*blob)[at + i] = static_cast<uint8_t>(value >> (8 * i));
}

}  // namespace

TEST(vocabulary_reads_tokens_roles_flags_and_merges) {
  std::string error;
  const auto vocabulary = Vocabulary::parse(sample().blob(), &error);
  CHECK_EQ(error, "");
  CHECK(vocabulary.has_value());
  if (!vocabulary) return;
  CHECK_EQ(vocabulary->size(), 261);
  CHECK_EQ(vocabulary->bytes(257), "the");
  CHECK_EQ(vocabulary->special().bos, 259);
  CHECK_EQ(vocabulary->special().eos, 260);
  CHECK_EQ(vocabulary->special().fim_middle, -1);
  CHECK(vocabulary->special().add_bos);
  CHECK(vocabulary->ignore_merges());
  CHECK_EQ(vocabulary->find("the"), 257);
  CHECK_EQ(vocabulary->find("<s>"), 259);
  CHECK_EQ(vocabulary->find_text("<s>"), -1);
  CHECK_EQ(vocabulary->find("thee"), -1);
  CHECK_EQ(vocabulary->find(""), -1);
  CHECK_EQ(vocabulary->find(std::string(1000, 'x')), -1);
  const Vocabulary::Merge* merge = vocabulary->find_merge('t', 'h');
  CHECK(merge != nullptr);
  if (merge) CHECK_EQ(merge->merged, 256);
  CHECK(vocabulary->find_merge('h', 't') == nullptr);
}

TEST(vocabulary_prefers_text_tokens_and_first_merges) {
  VocabularyBuilder builder;
  const uint32_t control = builder.add("ab", kControl);
  const uint32_t first = builder.merge('a', 'b');
  const uint32_t second = builder.merge('a', 'b');
  std::string error;
  const auto vocabulary = Vocabulary::parse(builder.blob(), &error);
  CHECK_EQ(error, "");
  if (!vocabulary) return;
  CHECK_EQ(control, 256u);
  CHECK_EQ(second, 258u);
  CHECK_EQ(vocabulary->find("ab"), static_cast<int32_t>(first));
  CHECK_EQ(vocabulary->find_merge('a', 'b')->rank, 0u);
}

TEST(vocabulary_errors_name_what_is_wrong) {
  using Blob = std::vector<uint8_t>;
  const uint32_t tokens = 261;
  const size_t types = 64 + (tokens + 1) * 4;
  const size_t merges = types + 264;
  const struct {
    const char* expected;
    std::function<void(Blob*)> damage;
  } rows[] = {
      {"shorter than its header", [](Blob* b) { b->resize(63); }},
      {"does not begin with", [](Blob* b) { (*b)[3] = '2'; }},
      {"token count 0", [](Blob* b) { put_u32(b, 4, 0); }},
      {"token count 4294967295", [](Blob* b) { put_u32(b, 4, 0xffffffff); }},
      {"merge count 4194305", [](Blob* b) { put_u32(b, 8, 4194305); }},
      {"pre-tokenizer 7", [](Blob* b) { put_u32(b, 12, 7); }},
      {"flags 8", [](Blob* b) { put_u32(b, 16, 8); }},
      {"of bos is outside", [](Blob* b) { put_u32(b, 20, 261); }},
      {"id -2 of fimMiddle", [](Blob* b) { put_u32(b, 40, 0xfffffffe); }},
      {"reserved bytes", [](Blob* b) { (*b)[63] = 1; }},
      {"where its header asks for", [](Blob* b) { b->pop_back(); }},
      {"where its header asks for", [](Blob* b) { b->push_back(0); }},
      {"where its header asks for", [](Blob* b) { put_u32(b, 44, 0xffffffff); }},
      {"offset of token 0 is out of order", [](Blob* b) { put_u32(b, 64, 1); }},
      {"offset of token 2 is out of order", [](Blob* b) { put_u32(b, 68, 0xffffffff); }},
      {"last offset", [=](Blob* b) { put_u32(b, types - 4, 300); }},
      {"type 0 of token 3", [=](Blob* b) { (*b)[types + 3] = 0; }},
      {"type 7 of token 3", [=](Blob* b) { (*b)[types + 3] = 7; }},
      {"no token for the single byte 9", [=](Blob* b) { (*b)[types + 9] = kControl; }},
      {"merge 1 (256, 261 -> 257) names no token", [=](Blob* b) { put_u32(b, merges + 16, 261); }},
      {"merge 0 (116, 105 -> 256) does not join", [=](Blob* b) { put_u32(b, merges + 4, 'i'); }},
      {"merge 0 (116, 104 -> 259) gives a control", [=](Blob* b) { put_u32(b, merges + 8, 259); }},
  };
  for (const auto& row : rows) {
    Blob blob = sample().blob();
    row.damage(&blob);
    const std::string error = error_of(blob);
    if (error.find(row.expected) == error.npos || error.find('\n') != error.npos) {
      FAIL("expected \"" + std::string(row.expected) + "\", got \"" + error + "\"");
    }
  }
}

// For builds with sanitizers: nothing may be read out of bounds, whatever the bytes are.
TEST(vocabulary_survives_every_truncation) {
  const std::vector<uint8_t> whole = sample().blob();
  for (size_t size = 0; size < whole.size(); ++size) {
    // A copy of the exact size, so that reading one byte too far is noticed.
    const std::vector<uint8_t> part(whole.begin(), whole.begin() + static_cast<long>(size));
    if (error_of(part).empty()) FAIL("accepted " + std::to_string(size) + " bytes");
  }
}

TEST(vocabulary_survives_random_damage) {
  const std::vector<uint8_t> whole = sample().blob();
  TestRandom random(7);
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    std::vector<uint8_t> blob = whole;
    for (size_t n = 1 + random.below(3); n > 0; --n) {
      const size_t at = random.below(random.below(2) ? 64 : blob.size());
      if (random.below(2)) {
        blob[at] = static_cast<uint8_t>(random.next());
      } else {
        static constexpr uint32_t kEdges[] = {0,   1,   255,        256,        260,
                                              261, 262, 0x7fffffff, 0x80000000, 0xffffffff};
        put_u32(&blob, std::min(at, blob.size() - 4) / 4 * 4, kEdges[random.below(10)]);
      }
    }
    std::string error;
    const auto tokenizer = Tokenizer::parse(blob, &error);
    CHECK_EQ(tokenizer.has_value(), error.empty());
    if (!tokenizer) continue;
    ++accepted;
    const std::string text = "the <s> a\xff the";
    for (const bool special : {false, true}) {
      const auto ids = tokenizer->encode(text, {.bos = true, .special = special});
      tokenizer->decode(ids);
    }
  }
  CHECK(accepted > 0);
}
