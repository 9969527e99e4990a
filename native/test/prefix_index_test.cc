#include "tokenizer/prefix_index.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "check.h"
#include "runtime/forced_text.h"
#include "vocabulary_builder.h"

namespace {

using sterna::ForcedText;
using sterna::PrefixIndex;
using sterna::Vocabulary;
using sterna::test::TestRandom;
using sterna::test::VocabularyBuilder;
using Ids = std::vector<int32_t>;

Vocabulary parse(const VocabularyBuilder& builder) {
  std::string error;
  auto vocabulary = Vocabulary::parse(builder.blob(), &error);
  if (!vocabulary) throw std::runtime_error(error);
  return *std::move(vocabulary);
}

Ids sorted(Ids ids) {
  std::ranges::sort(ids);
  return ids;
}

Ids compatible(const PrefixIndex& index, std::string_view wanted) {
  Ids ids;
  index.compatible(wanted, &ids);
  return sorted(ids);
}

}  // namespace

TEST(prefix_index_finds_beginnings_and_continuations) {
  VocabularyBuilder builder;
  const auto ab = builder.word("ab");
  const auto abc = builder.merge(ab, 'c');
  const auto xy = builder.word("xy");
  builder.add("abd", 3);  // a control token, which never agrees with text
  const Vocabulary vocabulary = parse(builder);
  const PrefixIndex index(vocabulary);
  const auto id = [](uint32_t token) { return static_cast<int32_t>(token); };
  CHECK_EQ(compatible(index, "ab"), sorted({'a', id(ab), id(abc)}));
  CHECK_EQ(compatible(index, "abcd"), sorted({'a', id(ab), id(abc)}));
  CHECK_EQ(compatible(index, "x"), sorted({'x', id(xy)}));
  CHECK_EQ(compatible(index, "z"), Ids{'z'});
  CHECK_EQ(compatible(index, "\xff\x00"), Ids{0xff});
}

TEST(prefix_index_agrees_with_looking_at_every_token) {
  TestRandom random(5);
  for (int round = 0; round < 20; ++round) {
    VocabularyBuilder builder;
    std::vector<uint32_t> tokens{'a', 'b', 'c', ' ', 0xff};
    for (int i = 0; i < 300; ++i) {
      tokens.push_back(
          builder.merge(tokens[random.below(tokens.size())], tokens[random.below(tokens.size())]));
      if (tokens.size() > 40) tokens.erase(tokens.begin() + 5);
    }
    const Vocabulary vocabulary = parse(builder);
    const PrefixIndex index(vocabulary);
    for (int question = 0; question < 100; ++question) {
      std::string wanted;
      for (size_t n = random.below(12); n > 0; --n) wanted += "abc \xff"[random.below(5)];
      Ids expected;
      for (int32_t id = 0; id < vocabulary.size(); ++id) {
        const std::string_view bytes = vocabulary.bytes(id);
        if (bytes.starts_with(wanted) || std::string_view(wanted).starts_with(bytes)) {
          expected.push_back(id);
        }
      }
      CHECK_EQ(compatible(index, wanted), expected);
    }
  }
}

TEST(forced_text_is_consumed_and_hidden) {
  VocabularyBuilder builder;
  const auto abc = builder.word("abc");
  const Vocabulary vocabulary = parse(builder);
  const PrefixIndex index(vocabulary);
  ForcedText forced("xab", index);
  CHECK_EQ(Ids(forced.allowed().begin(), forced.allowed().end()), Ids{'x'});
  forced.accept("x");
  CHECK_EQ(forced.strip("x"), std::string());
  const Ids second(forced.allowed().begin(), forced.allowed().end());
  CHECK(std::ranges::count(second, static_cast<int32_t>(abc)) == 1);
  forced.accept("abc");
  CHECK_EQ(forced.strip("abc"), std::string("c"));
  CHECK(forced.allowed().empty());
  CHECK_EQ(forced.strip("more"), std::string("more"));
}
