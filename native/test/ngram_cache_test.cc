#include "sampling/ngram_cache.h"

#include <algorithm>
#include <string>
#include <vector>

#include "check.h"

namespace {

using sterna::NgramCache;

// "next:match" of every occurrence, sorted.
std::vector<std::string> shown(NgramCache& cache) {
  std::vector<std::string> all;
  for (const auto& [next, match, is_own] : cache.occurrences()) {
    all.push_back(std::string(next) + ":" + std::to_string(match));
  }
  std::ranges::sort(all);
  return all;
}

std::vector<std::string> occurrences(const std::vector<std::string>& texts) {
  NgramCache cache(texts);
  return shown(cache);
}

using Shown = std::vector<std::string>;

}  // namespace

TEST(ngram_cache_tells_the_document_s_own_occurrences_from_others) {
  NgramCache cache({"x=a\nx=", "x=b\n", "x=c\n", "x=d\n"});
  std::string own, others;
  for (const auto& occurrence : cache.occurrences()) {
    (occurrence.is_own ? own : others) += occurrence.next;
  }
  std::ranges::sort(own);
  std::ranges::sort(others);
  CHECK_EQ(own, std::string("ab"));
  CHECK_EQ(others, std::string("cd"));
}

TEST(ngram_cache_goes_on_as_the_text_did_behind_the_same_words) {
  // Words in common: "=", "b" and ".".
  CHECK(occurrences({"a.b=1;\nx.b="}) == Shown{"1;:3"});
  // "(" and "f" agree, and for the nearer occurrence the end of the line before, ";" and ")".
  CHECK(occurrences({"f(x);\nf(y);\nf("}) == (Shown{"x);:2", "y);:5"}));
  CHECK(occurrences({"nothing here\nq("}) == Shown{});
  CHECK(occurrences({""}) == Shown{});
  CHECK(occurrences({}) == Shown{});
}

TEST(ngram_cache_ends_half_a_word_as_words_that_begin_so) {
  CHECK(occurrences({"request.send();\nthis.re"}) == Shown{"quest.send();:0"});
  CHECK(occurrences({"this.reply = 1;\nmore();\nthis.re"}) == Shown{"ply = 1;:2"});
  // No occurrences inside a word or at the cursor itself.
  CHECK(occurrences({"retry\nthe tree\nre"}) == Shown{"try:0"});
  // Letters outside ASCII belong to words.
  CHECK(occurrences({"gr\xc3\xb6\xc3\x9f"
                     "e = 1\ngr"}) == Shown{"\xc3\xb6\xc3\x9f"
                                            "e = 1:0"});
  // A whole word may also be one that continues.
  CHECK(occurrences({"item.id\nitems\nitem"}) == (Shown{".id:0", "s:1"}));
}

TEST(ngram_cache_knows_where_lines_and_texts_end) {
  CHECK(occurrences({"call();\ncall()", "other\n"}) == Shown{";:3"});
  CHECK(occurrences({"a = b\nc = b"}) == Shown{":3"});
  CHECK(occurrences({"c = b", "a = b"}) == Shown{":3"});
  CHECK(occurrences({"b = a", "a = 1\r\nb = a\r\n"}) == (Shown{" = 1:0", ":4"}));
  // Agreement across the border between two texts means nothing.
  CHECK(occurrences({"b(", "a", "x b("}) == Shown{":2"});
}

TEST(ngram_cache_searches_all_texts_and_follows_the_generation) {
  NgramCache cache({"let total=", "sum(values);\n", "x=sum(list);\n"});
  CHECK(shown(cache) == Shown{"sum(list);:1"});
  cache.push("su");
  CHECK(shown(cache) == (Shown{"m(list);:1", "m(values);:0"}));
  cache.push("m(");
  CHECK(shown(cache) == (Shown{"list);:3", "values);:2"}));
  cache.push("other");
  CHECK(shown(cache) == Shown{});
  // Text that was pushed is not an occurrence to copy from.
  cache.push(");\nlet total=");
  CHECK(shown(cache) == Shown{"sum(list);:1"});
}

TEST(ngram_cache_keeps_the_longest_matches_where_there_are_many_occurrences) {
  std::string text = "a b c d(\"found\")\n";
  for (int i = 0; i < 1000; ++i) text += "z(" + std::to_string(i) + ")\n";
  NgramCache cache({text + "a b c d("});
  const auto& all = cache.occurrences();
  CHECK_EQ(all.size(), NgramCache::kOccurrences);
  const auto is_found = [](const NgramCache::Occurrence& occurrence) {
    return occurrence.match == 8;
  };
  CHECK_EQ(std::ranges::count_if(all, is_found), 1);
  const auto is_late = [](const NgramCache::Occurrence& occurrence) {
    return occurrence.next == "999)";
  };
  CHECK_EQ(std::ranges::count_if(all, is_late), 1);
}

TEST(ngram_cache_gives_a_beginning_of_long_lines) {
  NgramCache cache({"key: " + std::string(100, 'v') + "\nkey: "});
  CHECK_EQ(cache.occurrences().size(), size_t{1});
  CHECK_EQ(cache.occurrences()[0].next.size(), NgramCache::kNext);
}
