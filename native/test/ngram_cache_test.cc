#include "sampling/ngram_cache.h"

#include <algorithm>
#include <string>
#include <vector>

#include "check.h"

namespace {

using sterna::NgramCache;

// "next:match" of every place, sorted.
std::vector<std::string> shown(NgramCache& memory) {
  std::vector<std::string> all;
  for (const auto& [next, match, is_own] : memory.places()) {
    all.push_back(std::string(next) + ":" + std::to_string(match));
  }
  std::ranges::sort(all);
  return all;
}

std::vector<std::string> places(const std::vector<std::string>& texts) {
  NgramCache memory(texts);
  return shown(memory);
}

using Shown = std::vector<std::string>;

}  // namespace

TEST(ngram_cache_tells_the_document_s_own_places_from_others) {
  NgramCache memory({"x=a\nx=", "x=b\n", "x=c\n", "x=d\n"});
  std::string own, others;
  for (const auto& place : memory.places()) (place.is_own ? own : others) += place.next;
  std::ranges::sort(own);
  std::ranges::sort(others);
  CHECK_EQ(own, std::string("ab"));
  CHECK_EQ(others, std::string("cd"));
}

TEST(ngram_cache_goes_on_as_the_text_did_behind_the_same_words) {
  // Words in common: "=", "b" and ".".
  CHECK(places({"a.b=1;\nx.b="}) == Shown{"1;:3"});
  // "(" and "f" agree, and for the nearer place the end of the line before, ";" and ")".
  CHECK(places({"f(x);\nf(y);\nf("}) == (Shown{"x);:2", "y);:5"}));
  CHECK(places({"nothing here\nq("}) == Shown{});
  CHECK(places({""}) == Shown{});
  CHECK(places({}) == Shown{});
}

TEST(ngram_cache_ends_half_a_word_as_words_that_begin_so) {
  CHECK(places({"request.send();\nthis.re"}) == Shown{"quest.send();:0"});
  CHECK(places({"this.reply = 1;\nmore();\nthis.re"}) == Shown{"ply = 1;:2"});
  // No places inside a word or at the cursor itself.
  CHECK(places({"retry\nthe tree\nre"}) == Shown{"try:0"});
  // Letters outside ASCII belong to words.
  CHECK(places({"gr\xc3\xb6\xc3\x9f"
                "e = 1\ngr"}) == Shown{"\xc3\xb6\xc3\x9f"
                                       "e = 1:0"});
  // A whole word may also be one that continues.
  CHECK(places({"item.id\nitems\nitem"}) == (Shown{".id:0", "s:1"}));
}

TEST(ngram_cache_knows_where_lines_and_texts_end) {
  CHECK(places({"call();\ncall()", "other\n"}) == Shown{";:3"});
  CHECK(places({"a = b\nc = b"}) == Shown{":3"});
  CHECK(places({"c = b", "a = b"}) == Shown{":3"});
  CHECK(places({"b = a", "a = 1\r\nb = a\r\n"}) == (Shown{" = 1:0", ":4"}));
  // Agreement across the border between two texts means nothing.
  CHECK(places({"b(", "a", "x b("}) == Shown{":2"});
}

TEST(ngram_cache_searches_all_texts_and_follows_the_generation) {
  NgramCache memory({"let total=", "sum(values);\n", "x=sum(list);\n"});
  CHECK(shown(memory) == Shown{"sum(list);:1"});
  memory.push("su");
  CHECK(shown(memory) == (Shown{"m(list);:1", "m(values);:0"}));
  memory.push("m(");
  CHECK(shown(memory) == (Shown{"list);:3", "values);:2"}));
  memory.push("other");
  CHECK(shown(memory) == Shown{});
  // Text that was pushed is not a place to copy from.
  memory.push(");\nlet total=");
  CHECK(shown(memory) == Shown{"sum(list);:1"});
}

TEST(ngram_cache_keeps_the_longest_matches_where_there_are_many_places) {
  std::string text = "a b c d(\"found\")\n";
  for (int i = 0; i < 1000; ++i) text += "z(" + std::to_string(i) + ")\n";
  NgramCache memory({text + "a b c d("});
  const auto& all = memory.places();
  CHECK_EQ(all.size(), NgramCache::kPlaces);
  const auto is_found = [](const NgramCache::Place& place) { return place.match == 8; };
  CHECK_EQ(std::ranges::count_if(all, is_found), 1);
  const auto is_late = [](const NgramCache::Place& place) { return place.next == "999)"; };
  CHECK_EQ(std::ranges::count_if(all, is_late), 1);
}

TEST(ngram_cache_gives_a_beginning_of_long_lines) {
  NgramCache memory({"key: " + std::string(100, 'v') + "\nkey: "});
  CHECK_EQ(memory.places().size(), size_t{1});
  CHECK_EQ(memory.places()[0].next.size(), NgramCache::kNext);
}
