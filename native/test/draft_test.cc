#include <cctype>
#include <map>
#include <random>
#include <string>

#include "check.h"
#include "runtime/draft_policy.h"
#include "runtime/prompt_lookup.h"

namespace sterna {
namespace {

using Tokens = std::vector<int32_t>;

Tokens proposed(const PromptLookup& lookup, int limit) { return lookup.propose(limit).tokens; }

TEST(a_lookup_proposes_what_followed_the_longest_agreement) {
  const PromptLookup lookup(Tokens{7, 1, 2, 3, 10, 11, 9, 2, 3, 20, 21, 7, 1, 2, 3}, {});
  CHECK_EQ(proposed(lookup, 3), (Tokens{10, 11, 9}));
  CHECK_EQ(lookup.propose(3).match, 4);
}

TEST(a_lookup_prefers_the_latest_of_equal_agreements) {
  const PromptLookup lookup(Tokens{1, 2, 10, 3, 1, 2, 20, 4, 1, 2}, {});
  CHECK_EQ(proposed(lookup, 1), Tokens{20});
}

TEST(a_lookup_proposes_nothing_where_nothing_agrees) {
  CHECK_EQ(proposed(PromptLookup(Tokens{1, 2, 3, 4, 3}, {}), 4), Tokens{});
  CHECK_EQ(proposed(PromptLookup(Tokens{}, {}), 4), Tokens{});
  CHECK_EQ(proposed(PromptLookup(Tokens{7}, {}), 4), Tokens{});
}

TEST(a_lookup_goes_on_with_what_repeats) {
  PromptLookup lookup(Tokens{5, 1, 2, 1, 2}, {});
  CHECK_EQ(proposed(lookup, 5), (Tokens{1, 2, 1, 2, 1}));
  lookup.push(8);
  lookup.push(8);
  lookup.push(8);
  CHECK_EQ(proposed(lookup, 3), (Tokens{8, 8, 8}));
}

TEST(an_expected_text_comes_first_and_is_left_when_it_is_wrong) {
  const Tokens expected = {30, 31, 32, 33, 34, 35};
  PromptLookup lookup(Tokens{1, 2, 3, 1, 2}, expected);
  CHECK_EQ(proposed(lookup, 2), (Tokens{30, 31}));
  lookup.push(30);
  CHECK_EQ(proposed(lookup, 9), (Tokens{31, 32, 33, 34, 35}));
  lookup.push(99);  // replaces 31
  CHECK_EQ(proposed(lookup, 2), (Tokens{32, 33}));
  CHECK_EQ(lookup.propose(2).match, 0);
  lookup.push(32);
  CHECK(lookup.propose(2).match > 1);                           // the tokens before agreed as well
  for (const int32_t other : {98, 97, 96}) lookup.push(other);  // replace 33
  CHECK_EQ(proposed(lookup, 4), (Tokens{34, 35}));
  CHECK_EQ(lookup.propose(2).match, 0);
  lookup.push(34);
  CHECK_EQ(proposed(lookup, 4), Tokens{35});  // not beyond its end
  for (int32_t other = 80; other < 90; ++other) lookup.push(other);
  CHECK_EQ(proposed(lookup, 4), Tokens{});
}

TEST(a_row_is_followed_past_what_differs) {
  const Tokens row = {1, 2, 50, 51, 52, 3, 4, 5, 6, 7};
  PromptLookup longer(row, {});
  for (const int32_t token : {1, 2, 60, 61, 62, 63, 64, 3}) longer.push(token);
  CHECK_EQ(proposed(longer, 4), (Tokens{4, 5, 6, 7}));
  PromptLookup shorter(row, {});
  for (const int32_t token : {1, 2, 60, 3}) shorter.push(token);
  CHECK_EQ(proposed(shorter, 4), (Tokens{4, 5, 6, 7}));
}

// A row of a list that contains the name twice.
Tokens row_of(const Tokens& name) {
  Tokens row = {1, 2, 3, 4, 5};
  row.insert(row.end(), name.begin(), name.end());
  row.insert(row.end(), {6, 7, 8, 9});
  row.insert(row.end(), name.begin(), name.end());
  row.insert(row.end(), {10, 11, 12});
  return row;
}

TEST(a_name_that_differs_from_the_row_before_differs_in_all_its_places) {
  for (const Tokens& name : {Tokens{40, 41}, Tokens{40}, Tokens{40, 41, 42}}) {
    PromptLookup lookup(row_of({20, 21}), {});
    for (const int32_t token : row_of({30})) lookup.push(token);
    const Tokens row = row_of(name);
    const size_t second = 5 + name.size() + 4;
    for (size_t i = 0; i + 3 < second; ++i) lookup.push(row[i]);
    CHECK_EQ(proposed(lookup, 7), Tokens(row.begin() + static_cast<ptrdiff_t>(second) - 3,
                                         row.begin() + static_cast<ptrdiff_t>(second) + 4));
    for (size_t i = second - 3; i <= second; ++i) lookup.push(row[i]);
    CHECK_EQ(proposed(lookup, 2), Tokens(row.begin() + static_cast<ptrdiff_t>(second) + 1,
                                         row.begin() + static_cast<ptrdiff_t>(second) + 3));
  }
}

TEST(what_varies_from_row_to_row_is_not_drafted) {
  PromptLookup lookup(row_of({20}), {});
  for (const int32_t token : row_of({30})) lookup.push(token);
  for (const int32_t token : {1, 2, 3}) lookup.push(token);
  CHECK_EQ(proposed(lookup, 7), (Tokens{4, 5}));
  for (const int32_t token : {4, 5}) lookup.push(token);
  CHECK_EQ(proposed(lookup, 7), Tokens{});
  lookup.push(50);
  CHECK_EQ(proposed(lookup, 4), (Tokens{6, 7, 8, 9}));
}

TEST(a_draft_is_as_long_as_it_pays) {
  struct Row {
    double chance;  // the chance that a drafted token is right
    double cost;    // the cost of one more token in a pass
    int least, most;
  };
  // The gain of n drafted tokens is (1 + p + ... + p^n) / (1 + cost * n).
  for (const Row& row : std::vector<Row>{{0.98, 0.15, 7, 7},
                                         {0.9, 0.15, 5, 7},
                                         {0.7, 0.15, 2, 4},
                                         {0.9, 0.5, 1, 3},
                                         {0.5, 0.6, 0, 1}}) {
    DraftPolicy policy;
    std::mt19937 random(1);
    for (int i = 0; i < 400; ++i) {
      policy.record_pass(1, 10);
      const int drafted = 1 + i % DraftPolicy::kMaxDraft;
      policy.record_pass(1 + drafted, 10 * (1 + drafted * row.cost));
      int accepted = 0;
      while (accepted < 4 && random() % 1000 < 1000 * row.chance) ++accepted;
      policy.record_draft(20, 4, accepted);
    }
    for (const int n : {1, 4, 7}) CHECK_NEAR(policy.cost(n), 1 + n * row.cost, 0.01);
    const int length = policy.length(20, 7);
    CHECK(length >= row.least && length <= row.most);
    CHECK(policy.length(20, 1) <= 1);
    CHECK_EQ(policy.length(20, 0), 0);
  }
}

// Words, numbers, runs of spaces and single characters: roughly the tokens of a code tokenizer.
Tokens tokens_of(const std::string& text) {
  std::map<std::string, int32_t> ids;
  Tokens out;
  for (size_t i = 0; i < text.size();) {
    size_t n = 1;
    const auto same = [&](auto is) {
      while (i + n < text.size() && is(text[i + n])) ++n;
    };
    if (std::isalnum(static_cast<unsigned char>(text[i]))) {
      same([](unsigned char c) { return std::isalnum(c) != 0; });
    } else if (text[i] == ' ') {
      same([](char c) { return c == ' '; });
    }
    out.push_back(
        ids.try_emplace(text.substr(i, n), static_cast<int32_t>(ids.size())).first->second);
    i += n;
  }
  return out;
}

// The passes of one token that a text needs, divided by the time with drafts. The first third is
// the prompt.
double speedup(DraftPolicy& policy, const Tokens& text, double cost) {
  const size_t start = text.size() / 3;
  PromptLookup lookup(std::span<const int32_t>(text).first(start), {});
  double time = 0;
  for (size_t at = start; at < text.size();) {
    const int limit = std::min<int>(DraftPolicy::kMaxDraft, static_cast<int>(text.size() - at) - 1);
    Draft draft = lookup.propose(limit);
    draft.tokens.resize(
        std::min(draft.tokens.size(), static_cast<size_t>(policy.length(draft.match, limit))));
    size_t right = 0;
    while (right < draft.tokens.size() && draft.tokens[right] == text[at + right]) ++right;
    const double ms = 1 + cost * static_cast<double>(draft.tokens.size());
    time += ms;
    policy.record_pass(static_cast<int>(draft.tokens.size()) + 1, ms);
    if (!draft.tokens.empty()) {
      policy.record_draft(draft.match, static_cast<int>(draft.tokens.size()),
                          static_cast<int>(right));
    }
    for (size_t i = 0; i <= right; ++i) lookup.push(text[at++]);
  }
  return static_cast<double>(text.size() - start) / time;
}

std::string table() {
  std::string out = "export const COUNTRIES: Record<string, Country> = {\n";
  const char* rows[][3] = {
      {"fr", "France", "33"},      {"de", "Germany", "49"},   {"it", "Italy", "39"},
      {"es", "Spain", "34"},       {"pt", "Portugal", "351"}, {"pl", "Poland", "48"},
      {"nl", "Netherlands", "31"}, {"be", "Belgium", "32"},   {"at", "Austria", "43"},
      {"ch", "Switzerland", "41"}, {"dk", "Denmark", "45"},   {"no", "Norway", "47"}};
  for (const auto& [key, name, code] : rows) {
    out += std::string("  ") + key + ": { name: \"" + name + "\", code: " + code +
           ", inUnion: true },\n";
  }
  return out + "};\n";
}

std::string switch_over() {
  std::string out = "function nameOf(kind: Kind): string {\n  switch (kind) {\n";
  for (const char* name :
       {"Add", "Remove", "Rename", "Move", "Copy", "Delete", "Open", "Close", "Save"}) {
    out += std::string("    case Kind.") + name + ":\n      return translate(\"kind." + name +
           "\");\n";
  }
  return out + "    default:\n      throw new Error(`unknown kind ${kind}`);\n  }\n}\n";
}

std::string test_file() {
  std::string out = "describe(\"the parser\", () => {\n";
  int i = 0;
  for (const char* what :
       {"an empty line", "a comment", "a number", "a string", "a list", "a call"}) {
    const std::string n = std::to_string(i++);
    out += std::string("  it(\"reads ") + what + "\", () => {\n    const result = parse(inputs[" +
           n + "]);\n    assert.equal(result.kind, \"ok\");\n    assert.equal(result.line, " + n +
           ");\n  });\n\n";
  }
  return out + "});\n";
}

TEST(drafts_pay_in_code_that_repeats_itself) {
  for (const double cost : {0.12, 0.2}) {
    for (const std::string& text : {table(), switch_over(), test_file()}) {
      DraftPolicy policy;
      const double x = speedup(policy, tokens_of(text), cost);
      CHECK(x >= 1.6);
    }
  }
}

TEST(drafts_cost_next_to_nothing_in_random_text) {
  for (const double cost : {0.12, 0.3, 0.8}) {
    for (const int kinds :
         {8, 100,
          5000}) {  // kinds of tokens; with few kinds, agreement is frequent and means nothing
      std::mt19937 random(7);
      Tokens text(600);
      for (int32_t& token : text) token = static_cast<int32_t>(random() % kinds);
      DraftPolicy policy;
      CHECK(speedup(policy, text, cost) >= 0.97);
      CHECK(speedup(policy, text, cost) >= 0.97);
    }
  }
}

TEST(drafts_begin_again_where_they_pay_again) {
  DraftPolicy policy;
  std::mt19937 random(3);
  Tokens noise(3000);
  for (int32_t& token : noise) token = static_cast<int32_t>(random() % 12);
  speedup(policy, noise, 0.15);
  Tokens code;
  for (int i = 0; i < 3; ++i) {
    const Tokens more = tokens_of(table());
    code.insert(code.end(), more.begin(), more.end());
  }
  CHECK(speedup(policy, code, 0.15) >= 1.6);
}

}  // namespace
}  // namespace sterna
