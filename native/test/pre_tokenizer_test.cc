#include "tokenizer/pre_tokenizer.h"

#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "check.h"
#include "tokenizer/unicode.h"
#include "vocabulary_builder.h"

namespace {

using sterna::CharClass;
using sterna::test::TestRandom;

std::vector<std::string> split(std::string_view text, size_t most_digits = 3) {
  std::vector<std::string> pieces;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = sterna::piece_end(text, begin, most_digits);
    if (end <= begin || end > text.size()) {
      FAIL("piece_end gives " + std::to_string(end) + " for " + std::to_string(begin));
      break;
    }
    pieces.emplace_back(text.substr(begin, end - begin));
    begin = end;
  }
  return pieces;
}

// The expression as data, run by plain backtracking. It is slow, and uses nothing of the splitter
// but the Unicode classes.
struct Term {
  std::function<bool(char32_t, CharClass)> accepts;
  size_t at_least;
  size_t at_most;
};

struct Alternative {
  std::vector<Term> terms;
  bool not_before_text = false;  // (?!\S)
};

class Reference {
 public:
  explicit Reference(std::string_view text) {
    for (size_t i = 0; i < text.size();) {
      const sterna::Utf8Char c = sterna::decode_utf8(text, i);
      const bool valid = c.status == sterna::Utf8Status::kValid;
      begins_.push_back(i);
      points_.push_back(valid ? c.code_point : 0xfffd);
      kinds_.push_back(valid ? sterna::char_class(c.code_point) : CharClass::kOther);
      i += valid ? c.length : 1;
    }
    begins_.push_back(text.size());
  }

  std::vector<std::string> split(std::string_view text) const {
    std::vector<std::string> pieces;
    for (size_t at = 0; at < points_.size();) {
      size_t end = at;
      for (const Alternative& alternative : expression()) {
        end = match(alternative, 0, at);
        if (end != kFailed) break;
      }
      pieces.emplace_back(text.substr(begins_[at], begins_[end] - begins_[at]));
      at = end;
    }
    return pieces;
  }

 private:
  static constexpr size_t kFailed = SIZE_MAX;

  size_t match(const Alternative& alternative, size_t index, size_t at) const {
    if (index == alternative.terms.size()) {
      const bool blocked = alternative.not_before_text && at < points_.size() &&
                           kinds_[at] != CharClass::kWhiteSpace;
      return blocked ? kFailed : at;
    }
    const Term& term = alternative.terms[index];
    size_t count = 0;
    while (count < term.at_most && at + count < points_.size() &&
           term.accepts(points_[at + count], kinds_[at + count])) {
      ++count;
    }
    for (;; --count) {
      if (count < term.at_least) return kFailed;
      const size_t end = match(alternative, index + 1, at + count);
      if (end != kFailed || count == 0) return end;
    }
  }

  static const std::vector<Alternative>& expression() {
    const auto literal = [](std::u32string_view any) {
      return Term{[any](char32_t c, CharClass) { return any.find(c) != any.npos; }, 1, 1};
    };
    const auto repeat = [](Term term, size_t low, size_t high) {
      term.at_least = low;
      term.at_most = high;
      return term;
    };
    const Term letter{[](char32_t, CharClass k) { return k == CharClass::kLetter; }, 1, 1};
    const Term number{[](char32_t, CharClass k) { return k == CharClass::kNumber; }, 1, 1};
    const Term space{[](char32_t, CharClass k) { return k == CharClass::kWhiteSpace; }, 1, 1};
    const Term symbol{[](char32_t, CharClass k) { return k == CharClass::kOther; }, 1, 1};
    const Term newline = literal(U"\r\n");
    const Term prefix{[](char32_t c, CharClass k) {
                        return c != '\r' && c != '\n' && k != CharClass::kLetter &&
                               k != CharClass::kNumber;
                      },
                      0, 1};
    const Term quote = literal(U"'");
    static const std::vector<Alternative> all{
        {{quote, literal(U"sS\u017f")}},
        {{quote, literal(U"tT")}},
        {{quote, literal(U"rR"), literal(U"eE")}},
        {{quote, literal(U"vV"), literal(U"eE")}},
        {{quote, literal(U"mM")}},
        {{quote, literal(U"lL"), literal(U"lL")}},
        {{quote, literal(U"dD")}},
        {{prefix, repeat(letter, 1, SIZE_MAX)}},
        {{repeat(number, 1, 3)}},
        {{repeat(literal(U" "), 0, 1), repeat(symbol, 1, SIZE_MAX), repeat(newline, 0, SIZE_MAX)}},
        {{repeat(space, 0, SIZE_MAX), repeat(newline, 1, SIZE_MAX)}},
        {{repeat(space, 1, SIZE_MAX)}, true},
        {{repeat(space, 1, SIZE_MAX)}},
    };
    return all;
  }

  std::vector<size_t> begins_;
  std::vector<char32_t> points_;
  std::vector<CharClass> kinds_;
};

}  // namespace

TEST(pre_tokenizer_splits_as_the_expression_says) {
  const struct {
    const char* text;
    std::vector<std::string> pieces;
  } rows[] = {
      {"", {}},
      {"Hello world", {"Hello", " world"}},
      {"a  b", {"a", " ", " b"}},
      {"a   ", {"a", "   "}},
      {"   a", {"  ", " a"}},
      {"  1", {" ", " ", "1"}},
      {"12345678", {"123", "456", "78"}},
      {"x=1;", {"x", "=", "1", ";"}},
      {"(foo)", {"(foo", ")"}},
      {"!!foo", {"!!", "foo"}},
      {" =>\n\n  x", {" =>\n\n", " ", " x"}},
      {"a \n \n  b", {"a", " \n \n", " ", " b"}},
      {"a\r\n\tb", {"a", "\r\n", "\tb"}},
      {"a\n\n", {"a", "\n\n"}},
      {"\nfoo", {"\n", "foo"}},
      {"I'm you'LL they'Re x'd", {"I", "'m", " you", "'LL", " they", "'Re", " x", "'d"}},
      {"'tis 'l 'x", {"'t", "is", " '", "l", " '", "x"}},
      {"'\xc5\xbfo", {"'\xc5\xbf", "o"}},
      {"'\xe2\x84\xaa", {"'\xe2\x84\xaa"}},
      {"\xc3\x84pfel \xd0\xb4\xd0\xb0", {"\xc3\x84pfel", " \xd0\xb4\xd0\xb0"}},
      {"\xc2\xbd"
       "4",
       {"\xc2\xbd"
        "4"}},
      {"a\xc2\xa0\xc2\x85"
       "b",
       {"a", "\xc2\xa0",
        "\xc2\x85"
        "b"}},
      {"\xef\xbb\xbf#", {"\xef\xbb\xbf#"}},
      {"a\xff\xfe b\xe2\x82", {"a", "\xff\xfe", " b", "\xe2\x82"}},
      {"\xff"
       "abc",
       {"\xff"
        "abc"}},
  };
  for (const auto& row : rows) CHECK_EQ(split(row.text), row.pieces);
}

TEST(pre_tokenizer_equals_a_backtracking_matcher) {
  const std::string atoms[] = {" ",
                               " ",
                               "\n",
                               "\r",
                               "\t",
                               "'",
                               "'",
                               "a",
                               "S",
                               "t",
                               "re",
                               "Ve",
                               "L",
                               "m",
                               "d",
                               "1",
                               "23",
                               "!",
                               "(",
                               "_",
                               "\xc5\xbf",
                               "\xc2\xa0",
                               "\xe3\x80\x80",
                               "\xc3\xa9",
                               "\xe4\xb8\xad",
                               "\xc2\xbd",
                               "\xf0\x9f\xa6\x99",
                               "\xff",
                               "\xe2\x82",
                               "\x80"};
  TestRandom random(1);
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (size_t n = random.below(12); n > 0; --n) {
      text += atoms[random.below(std::size(atoms))];
    }
    const std::vector<std::string> expected = Reference(text).split(text);
    CHECK_EQ(split(text), expected);
    if (sterna::test::failures() > 3) break;
  }
}

TEST(pre_tokenizer_is_linear_on_long_runs) {
  // A quadratic splitter would need minutes here.
  std::string newlines;
  for (int i = 0; i < 300000; ++i) newlines += "\n ";
  CHECK_EQ(split(newlines + "x").size(), 2u);
  CHECK_EQ(split(std::string(1000000, ' ')).size(), 1u);
  CHECK_EQ(split(std::string(1000000, 'a')).size(), 1u);
  CHECK_EQ(split(std::string(999999, '1')).size(), 333333u);
}

TEST(char_class_knows_the_edges_of_unicode_ranges) {
  const struct {
    char32_t code_point;
    CharClass kind;
  } rows[] = {
      {'A', CharClass::kLetter},       {'`', CharClass::kOther},
      {'{', CharClass::kOther},        {'0', CharClass::kNumber},
      {':', CharClass::kOther},        {0x1f, CharClass::kOther},
      {0x0b, CharClass::kWhiteSpace},  {0x85, CharClass::kWhiteSpace},
      {0xaa, CharClass::kLetter},      {0xb2, CharClass::kNumber},
      {0xd7, CharClass::kOther},       {0x300, CharClass::kOther},
      {0x660, CharClass::kNumber},     {0x180e, CharClass::kOther},
      {0x200b, CharClass::kOther},     {0x2028, CharClass::kWhiteSpace},
      {0x2160, CharClass::kNumber},    {0x3000, CharClass::kWhiteSpace},
      {0x4e00, CharClass::kLetter},    {0xac00, CharClass::kLetter},
      {0xd7a3, CharClass::kLetter},    {0xd800, CharClass::kOther},
      {0xfeff, CharClass::kOther},     {0x1d7ff, CharClass::kNumber},
      {0x1f600, CharClass::kOther},    {0x2a6df, CharClass::kLetter},
      {0x10ffff, CharClass::kOther},   {0x110000, CharClass::kOther},
      {0xffffffff, CharClass::kOther},
  };
  for (const auto& row : rows) {
    if (sterna::char_class(row.code_point) != row.kind) {
      FAIL("class of code point " + std::to_string(static_cast<unsigned>(row.code_point)));
    }
  }
}

TEST(pieces_of_qwen2_are_those_of_llama_but_for_single_digits) {
  CHECK_EQ(split("x1234 56\u00bd, 7ab", 1),
           (std::vector<std::string>{"x", "1", "2", "3", "4", " ", "5", "6", "\u00bd", ",", " ",
                                     "7", "ab"}));
  CHECK_EQ(split("it's a\n\n  test!", 1), split("it's a\n\n  test!"));
}

TEST(decode_utf8_inverts_encoding_and_rejects_all_else) {
  for (char32_t c = 0; c <= 0x10ffff; ++c) {
    if (c >= 0xd800 && c <= 0xdfff) continue;
    std::string text;
    if (c < 0x80) {
      text = {static_cast<char>(c)};
    } else if (c < 0x800) {
      text = {static_cast<char>(0xc0 | (c >> 6)), static_cast<char>(0x80 | (c & 63))};
    } else if (c < 0x10000) {
      text = {static_cast<char>(0xe0 | (c >> 12)), static_cast<char>(0x80 | ((c >> 6) & 63)),
              static_cast<char>(0x80 | (c & 63))};
    } else {
      text = {static_cast<char>(0xf0 | (c >> 18)), static_cast<char>(0x80 | ((c >> 12) & 63)),
              static_cast<char>(0x80 | ((c >> 6) & 63)), static_cast<char>(0x80 | (c & 63))};
    }
    const sterna::Utf8Char got = sterna::decode_utf8(text, 0);
    if (got.code_point != c || got.length != text.size()) {
      FAIL("code point " + std::to_string(static_cast<unsigned>(c)));
      break;
    }
  }
  using sterna::Utf8Status;
  const struct {
    const char* text;
    Utf8Status status;
    int length;
  } rows[] = {
      {"\x80", Utf8Status::kInvalid, 1},
      {"\xc0\x80", Utf8Status::kInvalid, 1},
      {"\xc1\xbf", Utf8Status::kInvalid, 1},
      {"\xe0\x9f\xbf", Utf8Status::kInvalid, 1},
      {"\xed\xa0\x80", Utf8Status::kInvalid, 1},
      {"\xf0\x8f\xbf\xbf", Utf8Status::kInvalid, 1},
      {"\xf4\x90\x80\x80", Utf8Status::kInvalid, 1},
      {"\xf5\x80", Utf8Status::kInvalid, 1},
      {"\xe2\x82x", Utf8Status::kInvalid, 2},
      {"\xf0\x9f\x98x", Utf8Status::kInvalid, 3},
      {"\xc3", Utf8Status::kIncomplete, 1},
      {"\xe2\x82", Utf8Status::kIncomplete, 2},
      {"\xf0\x9f\x98", Utf8Status::kIncomplete, 3},
  };
  for (const auto& row : rows) {
    const sterna::Utf8Char got = sterna::decode_utf8(row.text, 0);
    CHECK_EQ(got.status, row.status);
    CHECK_EQ(int{got.length}, row.length);
  }
}
