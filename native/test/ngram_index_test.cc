#include "ngram/ngram_index.h"

#include <algorithm>
#include <string>
#include <vector>

#include "check.h"
#include "ngram/code_words.h"

namespace {

using sterna::NgramIndex;

using Shown = std::vector<std::string>;

// "next:match" of every occurrence, sorted.
Shown shown(NgramIndex::View view, std::string_view before) {
  Shown all;
  for (const NgramIndex::Occurrence& occurrence : view.occurrences(before)) {
    all.push_back(occurrence.next + ":" + std::to_string(occurrence.match));
  }
  std::ranges::sort(all);
  return all;
}

Shown words_of(std::string_view text) {
  Shown words;
  while (!text.empty()) {
    const size_t length = sterna::word_length(text);
    words.emplace_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return words;
}

NgramIndex::File file(const std::string& path, int family = 0) {
  return {.path = path, .family = family};
}

constexpr size_t kMegabyte = size_t{1} << 20;

}  // namespace

TEST(code_words_take_the_blanks_before_them_along) {
  CHECK(
      words_of("a.b = f1(x);\n\treturn  y \n") ==
      (Shown{"a", ".", "b", " =", " f1", "(", "x", ")", ";", "\n\t", "return", "  y", " ", "\n"}));
  CHECK(words_of("gr\xc3\xb6\xc3\x9f"
                 "e+1") == (Shown{"gr\xc3\xb6\xc3\x9f"
                                  "e",
                                  "+", "1"}));
}

TEST(code_words_find_the_unfinished_one) {
  const auto unfinished = [](const std::string& text) {
    return text.substr(sterna::unfinished_word(text));
  };
  CHECK_EQ(unfinished("return re"), std::string(" re"));
  CHECK_EQ(unfinished("return "), std::string(" "));
  CHECK_EQ(unfinished("a."), std::string(""));
  CHECK_EQ(unfinished("{\n    "), std::string(""));
  CHECK_EQ(unfinished("{\n    re"), std::string("re"));
  CHECK_EQ(unfinished(""), std::string(""));
}

TEST(ngram_index_goes_on_as_other_files_do_behind_the_same_words) {
  NgramIndex index(kMegabyte);
  CHECK(index.set(file("src/a.ts"), "const total = sum(items);\nreturn total;\n"));
  CHECK(index.set(file("src/b.ts"), "let n = sum(rows, 1);\r\nreturn n;\r\n"));
  // "(", " sum" and " =" agree, two of them with a blank; in the first occurrence also " total" and
  // "const".
  const NgramIndex::View view = index.view("src/c.ts", 0, {});
  CHECK(shown(view, "const total = sum(") == (Shown{"items);:8", "rows, 1);:5"}));
  CHECK(shown(view, "const total = sum(it") == Shown{"ems);:8"});
  CHECK(shown(index.view("src/c.ts", 0, {}), "unknown(") == Shown{});
  CHECK(shown(index.view("src/c.ts", 0, {}), "") == Shown{});
}

TEST(ngram_index_gives_only_files_of_the_family_and_none_that_is_hidden) {
  NgramIndex index(kMegabyte);
  index.set(file("a.ts", 1), "x.y(1)\n");
  index.set(file("b.py", 2), "x.y(2)\n");
  index.set(file("c.ts", 1), "x.y(3)\n");
  CHECK(shown(index.view("d.ts", 1, {}), "x.y(") == (Shown{"1):4", "3):4"}));
  CHECK(shown(index.view("d.ts", 1, {"a.ts"}), "x.y(") == Shown{"3):4"});
  CHECK(shown(index.view("c.ts", 1, {}), "x.y(") == Shown{"1):4"});
}

TEST(ngram_index_forgets_what_was_replaced_or_removed) {
  NgramIndex index(kMegabyte);
  index.set(file("a"), "x.y(1)\n");
  index.set(file("a"), "x.y(2)\n");
  CHECK(shown(index.view("d", 0, {}), "x.y(") == Shown{"2):4"});
  CHECK(index.remove("a"));
  CHECK(!index.remove("a"));
  CHECK(shown(index.view("d", 0, {}), "x.y(") == Shown{});
  CHECK_EQ(index.stats().files, size_t{0});
}

TEST(ngram_index_views_see_the_same_files_whatever_comes_later) {
  NgramIndex index(kMegabyte);
  for (int i = 0; i < 300; ++i) {
    index.set(file("old" + std::to_string(i)), "x.y(" + std::to_string(i) + ")\n");
  }
  NgramIndex::View before = index.view("d", 0, {});
  const Shown expected = shown(before, "x.y(");
  CHECK_EQ(expected.size(), NgramIndex::kOccurrences);
  for (int i = 0; i < 300; ++i) {
    index.set(file("new" + std::to_string(i)), "x.y(new)\n");
    index.set(file("old" + std::to_string(i)), "x.y(changed)\n");
  }
  CHECK(shown(before, "x.y(") == expected);
  index.compact();
  CHECK(shown(before, "x.y(") == expected);
  index.clear();
  CHECK(shown(before, "x.y(") == expected);
  CHECK(shown(index.view("d", 0, {}), "x.y(") == Shown{});
}

TEST(ngram_index_tells_how_near_a_file_is) {
  NgramIndex index(kMegabyte);
  index.set(file("app/src/ui/a"), "x.y(1)\n");
  index.set(file("app/src/b"), "x.y(2)\n");
  index.set(file("lib/c"), "x.y(3)\n");
  NgramIndex::File dependency = file("node_modules/z/d");
  dependency.is_dependency = true;
  index.set(dependency, "x.y(4)\n");
  NgramIndex::View view = index.view("app/src/ui/e", 0, {});
  std::string order;
  for (const auto& occurrence : view.occurrences("x.y(")) {
    order += occurrence.next[0];
    CHECK_EQ(static_cast<int>(occurrence.nearness), static_cast<int>(order.size()) - 1);
  }
  CHECK_EQ(order, std::string("1234"));
}

TEST(ngram_index_refuses_what_would_not_fit_and_stays_within_its_bytes) {
  NgramIndex index(4 * kMegabyte);
  std::string text;
  for (int i = 0; i < 20000; ++i) {
    text += "value" + std::to_string(i) + " = make(" + std::to_string(i) + ");\n";
  }
  int taken = 0;
  while (taken < 100 && index.set(file("f" + std::to_string(taken)), text)) ++taken;
  CHECK(taken > 0 && taken < 100);
  CHECK(index.stats().index_bytes <= 4 * kMegabyte);
  CHECK_EQ(index.stats().files, static_cast<size_t>(taken));
  CHECK(!index.set(file("f0"), text + text + text + text));
  CHECK_EQ(index.stats().files, static_cast<size_t>(taken) - 1);
}

TEST(ngram_index_holds_the_same_after_it_was_compacted) {
  NgramIndex index(4 * kMegabyte);
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 40; ++i) {
      const std::string n = std::to_string(i);
      index.set(file("f" + n), "begin\n  call(" + n + ", " + std::to_string(round) + ") \n\tend\n");
    }
  }
  const Shown expected = shown(index.view("d", 0, {}), "begin\n  call(");
  index.compact();
  CHECK_EQ(index.stats().stale_words, size_t{0});
  CHECK_EQ(index.stats().files, size_t{40});
  CHECK(shown(index.view("d", 0, {}), "begin\n  call(") == expected);
}
