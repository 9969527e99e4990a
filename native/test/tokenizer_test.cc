#include "tokenizer/tokenizer.h"

#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "check.h"
#include "vocabulary_builder.h"

namespace {

using sterna::Tokenizer;
using sterna::test::TestRandom;
using sterna::test::VocabularyBuilder;
using Ids = std::vector<int32_t>;

constexpr uint8_t kUnknown = 2;
constexpr uint8_t kControl = 3;
constexpr uint8_t kUserDefined = 4;
constexpr uint8_t kUnused = 5;

Tokenizer parse(const VocabularyBuilder& builder) {
  std::string error;
  auto tokenizer = Tokenizer::parse(builder.blob(), &error);
  if (!tokenizer) throw std::runtime_error(error);
  return *std::move(tokenizer);
}

// Random text of valid UTF-8 with many letters, so that merges happen.
std::string random_text(TestRandom* random, size_t characters) {
  static const std::string kAtoms[] = {"a",
                                       "b",
                                       "c",
                                       "d",
                                       "a",
                                       "b",
                                       " ",
                                       "\n",
                                       "'s",
                                       "1",
                                       "(",
                                       "\xc3\xa9",
                                       "\xe4\xb8\xad",
                                       "\xf0\x9f\xa6\x99"};
  std::string text;
  while (characters-- > 0) text += kAtoms[random->below(std::size(kAtoms))];
  return text;
}

// A vocabulary of random merges over the letters a..d.
VocabularyBuilder random_vocabulary(TestRandom* random, int merges) {
  VocabularyBuilder builder;
  std::vector<uint32_t> tokens{'a', 'b', 'c', 'd', ' ', 0xc3, 0xa9};
  for (int i = 0; i < merges; ++i) {
    tokens.push_back(
        builder.merge(tokens[random->below(tokens.size())], tokens[random->below(tokens.size())]));
  }
  return builder;
}

// BPE by its definition: as long as there is a pair to merge, merge the leftmost one of the lowest
// rank.
Ids naive_merge(const sterna::Vocabulary& vocabulary, std::string_view piece) {
  Ids ids;
  for (const char c : piece) ids.push_back(vocabulary.byte_id(static_cast<uint8_t>(c)));
  for (;;) {
    const sterna::Vocabulary::Merge* best = nullptr;
    size_t at = 0;
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      const auto* merge = vocabulary.find_merge(ids[i], ids[i + 1]);
      if (merge && (!best || merge->rank < best->rank)) {
        best = merge;
        at = i;
      }
    }
    if (!best) return ids;
    ids[at] = best->merged;
    ids.erase(ids.begin() + static_cast<long>(at) + 1);
  }
}

}  // namespace

TEST(encode_merges_by_rank_not_by_length) {
  VocabularyBuilder builder;
  const auto bc = static_cast<int32_t>(builder.merge('b', 'c'));
  const auto ab = static_cast<int32_t>(builder.merge('a', 'b'));
  builder.merge(static_cast<uint32_t>(ab), 'c');
  const Tokenizer tokenizer = parse(builder);
  CHECK_EQ(tokenizer.encode("abc"), (Ids{'a', bc}));
  CHECK_EQ(tokenizer.encode("abd"), (Ids{ab, 'd'}));
  CHECK_EQ(tokenizer.encode("ab c"), (Ids{ab, ' ', 'c'}));
  CHECK_EQ(tokenizer.encode(""), Ids{});
}

TEST(encode_merges_equal_pairs_from_the_left) {
  VocabularyBuilder builder;
  const auto aa = static_cast<int32_t>(builder.merge('a', 'a'));
  const Tokenizer tokenizer = parse(builder);
  CHECK_EQ(tokenizer.encode("aaa"), (Ids{aa, 'a'}));
  CHECK_EQ(tokenizer.encode("aaaaa"), (Ids{aa, aa, 'a'}));
}

TEST(encode_uses_whole_tokens_first_only_with_the_flag) {
  VocabularyBuilder builder;
  builder.merge('b', 'c');
  const auto abc = static_cast<int32_t>(builder.add("abc"));
  CHECK_EQ(parse(builder).encode("abc"), (Ids{'a', 256}));
  builder.flags = 2;
  CHECK_EQ(parse(builder).encode("abc"), Ids{abc});
}

TEST(encode_never_makes_control_tokens_out_of_plain_text) {
  VocabularyBuilder builder;
  builder.flags = 2;
  builder.roles[0] = static_cast<int32_t>(builder.add("bos", kControl));
  const Tokenizer tokenizer = parse(builder);
  CHECK_EQ(tokenizer.encode("bos"), (Ids{'b', 'o', 's'}));
  CHECK_EQ(tokenizer.encode("bos", {.bos = true}), (Ids{256, 'b', 'o', 's'}));
  CHECK_EQ(tokenizer.encode("bos", {.bos = true, .special = true}), (Ids{256, 256}));
}

TEST(encode_leaves_bos_out_when_the_vocabulary_has_none) {
  CHECK_EQ(parse(VocabularyBuilder()).encode("x", {.bos = true}), Ids{'x'});
}

TEST(encode_recognises_the_longest_marker) {
  VocabularyBuilder builder;
  builder.add("", kControl);
  const auto a = static_cast<int32_t>(builder.add("<a>", kControl));
  const auto ab = static_cast<int32_t>(builder.add("<a><b>", kUserDefined));
  const auto abc = static_cast<int32_t>(builder.add("<a><b><c", kControl));
  const Tokenizer tokenizer = parse(builder);
  const struct {
    const char* text;
    Ids expected;
  } rows[] = {
      {"<a>", {a}},
      {"<a><b", {a, '<', 'b'}},
      {"<a><b>", {ab}},
      {"x<a><b><x", {'x', ab, '<', 'x'}},
      {"<a><b><c>", {abc, '>'}},
      {"<<a>>", {'<', a, '>'}},
      {"<a", {'<', 'a'}},
      {"<a><a>", {a, a}},
  };
  for (const auto& row : rows) {
    CHECK_EQ(tokenizer.encode(row.text, {.special = true}), row.expected);
  }
  CHECK_EQ(tokenizer.encode("<a>"), (Ids{'<', 'a', '>'}));
}

TEST(encode_of_a_long_piece_equals_the_definition) {
  // Lengths on both sides of the switch from scanning to the queue.
  TestRandom random(3);
  for (int round = 0; round < 300; ++round) {
    const VocabularyBuilder builder = random_vocabulary(&random, 40);
    std::string error;
    const auto vocabulary = sterna::Vocabulary::parse(builder.blob(), &error);
    const Tokenizer tokenizer = parse(builder);
    for (const size_t length : {1, 2, 7, 47, 48, 49, 50, 200}) {
      std::string piece;
      while (piece.size() < length) piece += static_cast<char>('a' + random.below(4));
      CHECK_EQ(tokenizer.encode(piece), naive_merge(*vocabulary, piece));
    }
    if (sterna::test::failures() > 3) break;
  }
}

TEST(encode_is_not_quadratic_on_a_megabyte_without_spaces) {
  VocabularyBuilder builder;
  uint32_t token = 'a';
  for (int i = 0; i < 10; ++i) token = builder.merge(token, token);
  const Tokenizer tokenizer = parse(builder);
  CHECK_EQ(tokenizer.encode(std::string(1 << 20, 'a')).size(), 1024u);
}

TEST(decode_inverts_encode) {
  TestRandom random(5);
  for (int round = 0; round < 500; ++round) {
    const Tokenizer tokenizer = parse(random_vocabulary(&random, 60));
    const std::string text = random_text(&random, random.below(200));
    CHECK_EQ(tokenizer.decode(tokenizer.encode(text)), text);
  }
}

TEST(encode_keeps_the_bytes_of_invalid_utf8) {
  const Tokenizer tokenizer = parse(VocabularyBuilder());
  TestRandom random(6);
  for (int round = 0; round < 500; ++round) {
    std::string text;
    for (size_t n = random.below(60); n > 0; --n) text += static_cast<char>(random.next());
    std::string bytes;
    for (const int32_t id : tokenizer.encode(text)) bytes += tokenizer.token_bytes(id);
    CHECK_EQ(bytes, text);
  }
}

TEST(detokenizer_emits_whole_characters_only) {
  const Tokenizer tokenizer = parse(VocabularyBuilder());
  auto stream = tokenizer.detokenizer();
  CHECK_EQ(stream.push(0xf0), "");
  CHECK_EQ(stream.push(0x9f), "");
  CHECK_EQ(stream.push(0xa6), "");
  CHECK_EQ(stream.push(0x99), "\xf0\x9f\xa6\x99");
  CHECK_EQ(stream.push('x'), "x");
  CHECK_EQ(stream.push(0xe2), "");
  CHECK_EQ(stream.push('y'), "\xef\xbf\xbdy");
  CHECK_EQ(stream.push(0xc3), "");
  CHECK_EQ(stream.flush(), "\xef\xbf\xbd");
  CHECK_EQ(stream.flush(), "");
  CHECK_EQ(stream.push(0xa9), "\xef\xbf\xbd");
}

TEST(decode_replaces_maximal_subparts) {
  // The Unicode standard's own examples (section 3.9, tables 3-8 to 3-11), with R for U+FFFD.
  const struct {
    const char* bytes;
    const char* expected;
  } rows[] = {
      {"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41", "RRRRRRRRA"},
      {"\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41", "RRRRRRRRA"},
      {"\xf4\x91\x92\x93\xff\x41\x80\xbf\x42", "RRRRRARRB"},
      {"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", "RRRRA"},
      {"\xe2\x82", "R"},
      {"\xf0\x9f\x98", "R"},
      {"\xf0\x9f\xf0\x9f", "RR"},
  };
  const Tokenizer tokenizer = parse(VocabularyBuilder());
  for (const auto& row : rows) {
    std::string expected;
    for (const char c : std::string_view(row.expected)) {
      expected += c == 'R' ? "\xef\xbf\xbd" : std::string(1, c);
    }
    CHECK_EQ(tokenizer.decode(tokenizer.encode(row.bytes)), expected);
  }
}

TEST(decode_does_not_depend_on_token_boundaries) {
  TestRandom random(9);
  for (int round = 0; round < 300; ++round) {
    // Random bytes, once as single bytes and once cut into random tokens of a vocabulary.
    std::string bytes;
    for (size_t n = random.below(40); n > 0; --n) {
      static constexpr unsigned char kBytes[] = {0x80, 0xbf, 0xc3, 0xe2, 0x82, 0xac,
                                                 0xf0, 0x9f, 0xa6, 0x99, 'a',  0xff};
      bytes += static_cast<char>(kBytes[random.below(std::size(kBytes))]);
    }
    VocabularyBuilder builder;
    Ids cut;
    for (size_t at = 0; at < bytes.size();) {
      const size_t length = 1 + random.below(4);
      cut.push_back(static_cast<int32_t>(builder.add(bytes.substr(at, length))));
      at += length;
    }
    Ids single;
    for (const char c : bytes) single.push_back(static_cast<unsigned char>(c));
    const Tokenizer tokenizer = parse(builder);
    CHECK_EQ(tokenizer.decode(cut), tokenizer.decode(single));
  }
}

TEST(decode_shows_only_tokens_of_text) {
  VocabularyBuilder builder;
  const auto unknown = static_cast<int32_t>(builder.add("<unk>", kUnknown));
  const auto control = static_cast<int32_t>(builder.add("<s>", kControl));
  const auto user = static_cast<int32_t>(builder.add("<u>", kUserDefined));
  const auto unused = static_cast<int32_t>(builder.add("<r>", kUnused));
  const Tokenizer tokenizer = parse(builder);
  CHECK_EQ(tokenizer.decode(Ids{'a', unknown, control, user, unused, -1, 260, 1 << 30, 'b'}),
           "a<u>b");
  // A control token does not split a character.
  CHECK_EQ(tokenizer.decode(Ids{0xc3, control, 0xa9}), "\xc3\xa9");
}

TEST(tokenizer_answers_for_unknown_ids_and_texts) {
  VocabularyBuilder builder;
  builder.add("<s>", kControl);
  const Tokenizer tokenizer = parse(builder);
  CHECK_EQ(tokenizer.size(), 257);
  CHECK_EQ(tokenizer.id_of("<s>"), 256);
  CHECK_EQ(tokenizer.id_of("<t>"), -1);
  CHECK_EQ(tokenizer.token_bytes(256), "<s>");
  CHECK_EQ(tokenizer.token_bytes(257), "");
  CHECK_EQ(tokenizer.token_bytes(-1), "");
}
