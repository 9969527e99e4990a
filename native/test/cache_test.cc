#include <algorithm>
#include <deque>
#include <random>

#include "cache/kv_cache.h"
#include "check.h"

namespace sterna {
namespace {

using Tokens = std::vector<int32_t>;

ModelConfig tiny() {
  ModelConfig c;
  c.layer_count = 2;
  c.kv_head_count = 2;
  c.head_count = 2;
  c.head_dim = 4;
  return c;
}

constexpr size_t kContext = 160;  // positions: 5 pages
size_t page() { return KvLayout(tiny()).page_bytes(); }

Tokens numbers(int32_t from, size_t count) {
  Tokens out;
  for (size_t i = 0; i < count; ++i) out.push_back(from + static_cast<int32_t>(i));
  return out;
}

Tokens joined(Tokens a, const Tokens& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// Stands for a position's keys and values: a number that depends on all tokens up to there, as real
// ones do.
uint16_t stamp(std::span<const int32_t> tokens, int layer, int head, int kind) {
  uint32_t hash = static_cast<uint32_t>(layer * 7 + head * 3 + kind + 1);
  for (const int32_t token : tokens) hash = (hash ^ static_cast<uint32_t>(token)) * 2654435761u;
  return static_cast<uint16_t>(hash >> 16);
}

uint16_t* at(const KvSequence& sequence, int layer, int head, size_t position) {
  uint8_t* block = sequence.block(layer, head, static_cast<int>(position / kKvBlock));
  return reinterpret_cast<uint16_t*>(block) + position % kKvBlock;
}

// Like a forward pass, it writes before it declares what is written.
bool write(KvSequence& sequence, const Tokens& tokens, int kind = 0) {
  if (!sequence.reserve(tokens.size())) return false;
  Tokens all = sequence.tokens();
  for (const int32_t token : tokens) {
    all.push_back(token);
    for (int layer = 0; layer < 2; ++layer) {
      for (int head = 0; head < 2; ++head) {
        *at(sequence, layer, head, all.size() - 1) = stamp(all, layer, head, kind);
      }
    }
  }
  sequence.append(tokens);
  return true;
}

bool intact(const KvSequence& sequence, int kind = 0) {
  const std::span<const int32_t> all = sequence.tokens();
  for (size_t i = 0; i < all.size(); ++i) {
    for (int layer = 0; layer < 2; ++layer) {
      for (int head = 0; head < 2; ++head) {
        if (*at(sequence, layer, head, i) != stamp(all.first(i + 1), layer, head, kind)) {
          return false;
        }
      }
    }
  }
  return true;
}

// Computes a prompt like a job; returns how much of it was cached.
size_t compute(KvCache& cache, const Tokens& prompt, bool keep_last = false, int kind = 0) {
  KvSequence sequence = cache.open(prompt, prompt.size(), keep_last, kind);
  const size_t cached = sequence.tokens().size();
  CHECK(intact(sequence, kind));
  CHECK(std::equal(sequence.tokens().begin(), sequence.tokens().end(), prompt.begin()));
  CHECK(
      write(sequence, Tokens(prompt.begin() + static_cast<ptrdiff_t>(cached), prompt.end()), kind));
  return cached;
}

size_t cached(KvCache& cache, const Tokens& prompt) {
  return cache.open(prompt, prompt.size(), false, 0).tokens().size();
}

TEST(a_prompt_finds_its_longest_cached_prefix) {
  KvCache cache(tiny(), kContext, 40 * page());
  const Tokens head = numbers(0, 70);
  CHECK_EQ(compute(cache, joined(head, numbers(1000, 20))), 0u);
  CHECK_EQ(compute(cache, joined(head, numbers(2000, 50))), 70u);
  CHECK_EQ(compute(cache, joined(head, numbers(1000, 25))), 90u);
  CHECK_EQ(compute(cache, joined(head, numbers(2000, 50))), 120u);
  CHECK_EQ(compute(cache, joined(numbers(0, 40), numbers(3000, 10))), 40u);
  CHECK_EQ(compute(cache, numbers(5, 40)), 0u);
}

TEST(a_shorter_prompt_leaves_the_longer_one_in_the_cache) {
  KvCache cache(tiny(), kContext, 40 * page());
  compute(cache, numbers(0, 100));
  for (const size_t length : {1u, 31u, 32u, 33u, 64u, 99u}) {
    CHECK_EQ(compute(cache, numbers(0, length)), length);
  }
  CHECK_EQ(cached(cache, numbers(0, 100)), 100u);
}

TEST(the_last_token_is_left_to_compute_where_its_logits_are_wanted) {
  KvCache cache(tiny(), kContext, 40 * page());
  for (const size_t length : {1u, 32u, 33u, 64u}) {
    compute(cache, numbers(0, length));
    CHECK_EQ(compute(cache, numbers(0, length), true), length - 1);
    CHECK_EQ(cached(cache, numbers(0, length)), length);
  }
}

TEST(another_way_of_computing_shares_nothing) {
  KvCache cache(tiny(), kContext, 40 * page());
  compute(cache, numbers(0, 50), false, 0);
  CHECK_EQ(compute(cache, numbers(0, 50), false, 1), 0u);
  CHECK_EQ(compute(cache, numbers(0, 50), false, 1), 50u);
}

TEST(a_running_sequence_shares_its_full_pages_and_keeps_what_it_reads) {
  KvCache cache(tiny(), kContext, 12 * page());
  KvSequence first = cache.open(numbers(0, 80), 80, false, 0);
  write(first, numbers(0, 80));
  CHECK(first.reserve(1));  // what was appended can no longer be truncated
  CHECK_EQ(cached(cache, numbers(0, 80)), 64u);
  {
    KvSequence second = cache.open(joined(numbers(0, 64), numbers(500, 9)), 73, false, 0);
    CHECK_EQ(second.tokens().size(), 64u);
    write(second, numbers(500, 9));
    write(first, numbers(80, 10));
    CHECK(intact(first));
    CHECK(intact(second));
  }
  for (int i = 0; i < 10; ++i) compute(cache, numbers(1000 * (i + 1), 100));
  CHECK(intact(first));
}

TEST(what_was_taken_back_is_not_cached) {
  KvCache cache(tiny(), kContext, 40 * page());
  {
    KvSequence sequence = cache.open(numbers(0, 30), 30, false, 0);
    write(sequence, numbers(0, 30));
    write(sequence, numbers(900, 40));  // a draft beyond the end of the page
    sequence.truncate(31);
    CHECK(intact(sequence));
    write(sequence, numbers(700, 9));
    CHECK(intact(sequence));
  }
  CHECK_EQ(cached(cache, joined(numbers(0, 30), numbers(900, 40))), 31u);
  CHECK_EQ(cached(cache, joined(joined(numbers(0, 30), {900}), numbers(700, 9))), 40u);
}

TEST(the_pages_unused_for_longest_go_first) {
  KvCache cache(tiny(), 64, 9 * page());
  const auto file = [](int i) { return numbers(1000 * i, 64); };
  for (int i = 0; i < 4; ++i) compute(cache, file(i));  // 8 pages
  CHECK_EQ(cached(cache, file(0)), 64u);
  compute(cache, file(4));
  CHECK_EQ(cached(cache, file(1)), 32u);  // the end of it was evicted
  CHECK_EQ(cached(cache, file(2)), 64u);
  CHECK_EQ(cached(cache, file(0)), 64u);
  CHECK(cache.bytes() <= cache.budget());
}

TEST(pages_made_ahead_of_need_stay_within_the_budget_and_are_all_used) {
  // Room for one whole context and a page: pages made in advance are needed to the last one.
  KvCache cache(tiny(), 256, 0);
  for (int i = 0; i < 50; ++i) {
    cache.request_spare_pages();
    CHECK(cache.bytes() > 0);
    CHECK(cache.bytes() <= cache.budget());
    CHECK_EQ(compute(cache, numbers(1000 * i, 256)), 0u);
    cache.request_spare_pages();
    CHECK(cache.bytes() <= cache.budget());
    CHECK_EQ(cached(cache, numbers(1000 * i, 256)), 256u);
    if (i % 10 == 9) {
      cache.clear();
      CHECK_EQ(cache.bytes(), 0u);
    }
  }
}

TEST(what_is_taken_of_the_spare_pages_is_requested_anew_at_once) {
  KvCache cache(tiny(), kContext, 40 * page());
  {
    KvSequence sequence = cache.open(numbers(0, 8), 8, false, 0);
    CHECK(sequence.reserve(8));
  }
  CHECK_EQ(cache.bytes(), page());  // nothing was written, so the page became the spare one
  KvSequence sequence = cache.open(numbers(0, 8), 8, false, 0);
  CHECK(sequence.reserve(8));
  CHECK_EQ(cache.bytes(), 2 * page());
}

TEST(a_page_that_others_build_on_outlives_them) {
  KvCache cache(tiny(), 96, 8 * page());
  const Tokens head = numbers(0, 32);
  for (int i = 0; i < 20; ++i) {
    CHECK_EQ(compute(cache, joined(head, numbers(1000 * (i + 1), 64))), i == 0 ? 0u : 32u);
  }
}

TEST(rejected_suggestions_do_not_push_out_the_other_files) {
  KvCache cache(tiny(), kContext, 40 * page());
  const Tokens other = numbers(5000, 128);
  compute(cache, other);
  Tokens text = numbers(0, 100);
  for (int key = 0; key < 60; ++key) {
    KvSequence sequence = cache.open(text, text.size(), true, 0);
    write(sequence,
          Tokens(text.begin() + static_cast<ptrdiff_t>(sequence.tokens().size()), text.end()));
    write(sequence, numbers(10000 + 100 * key, 45));  // generated
    if (key % 2 == 0) text.push_back(200 + key);
  }
  CHECK_EQ(cached(cache, other), 128u);
}

TEST(typing_on_takes_no_more_memory) {
  KvCache cache(tiny(), kContext, 40 * page());
  Tokens text = numbers(0, 70);
  for (int key = 0; key < 20; ++key) {
    KvSequence sequence = cache.open(text, text.size(), true, 0);
    CHECK_EQ(sequence.tokens().size(), key == 0 ? 0u : text.size() - 1);
    write(sequence,
          Tokens(text.begin() + static_cast<ptrdiff_t>(sequence.tokens().size()), text.end()));
    write(sequence, numbers(500 + 10 * key, 4));  // generated, and then something else is typed
    CHECK(intact(sequence));
    CHECK(cache.bytes() <= 4 * page());  // two full pages, the one being written, and a spare one
    text.push_back(900 + key);
  }
}

TEST(an_accepted_suggestion_is_found) {
  KvCache cache(tiny(), kContext, 40 * page());
  const Tokens prompt = numbers(0, 50), generated = numbers(800, 40);
  {
    KvSequence sequence = cache.open(prompt, prompt.size(), true, 0);
    write(sequence, prompt);
    write(sequence, generated);
  }
  CHECK_EQ(compute(cache, joined(joined(prompt, generated), {1})), 90u);
}

TEST(a_budget_below_one_context_holds_one_context) {
  KvCache cache(tiny(), kContext, 1);
  CHECK_EQ(cache.budget(), 6 * page());
  KvSequence whole = cache.open(numbers(0, kContext), kContext, false, 0);
  CHECK(write(whole, numbers(0, kContext)));
  KvSequence second = cache.open(numbers(1000, 64), 64, false, 0);
  CHECK(!write(second, numbers(1000, 64)));  // the first one holds all pages
  CHECK(cache.bytes() <= cache.budget());
}

TEST(clearing_gives_the_memory_back) {
  KvCache cache(tiny(), kContext, 40 * page());
  compute(cache, numbers(0, 150));
  CHECK(cache.bytes() >= 5 * page());
  cache.clear();
  CHECK_EQ(cache.bytes(), 0u);
  CHECK_EQ(cached(cache, numbers(0, 150)), 0u);
  KvSequence held = cache.open(numbers(0, 50), 50, false, 0);
  write(held, numbers(0, 50));
  cache.clear();
  CHECK(intact(held));
}

TEST(the_default_budget_follows_the_machine_and_the_model) {
  const KvLayout small(tiny());
  CHECK_EQ(default_cache_bytes(small, 64, size_t{64} << 30), 64 * page());
  ModelConfig large = tiny();
  large.layer_count = 30;
  large.kv_head_count = 5;
  large.head_dim = 128;
  CHECK_EQ(default_cache_bytes(KvLayout(large), 4096, size_t{64} << 30), size_t{2} << 30);
  CHECK_EQ(default_cache_bytes(KvLayout(large), 4096, size_t{8} << 30), size_t{1} << 30);
}

Tokens random_tokens(std::mt19937& random, size_t count) {
  Tokens tokens;
  while (tokens.size() < count) tokens.push_back(static_cast<int>(random() % 3));
  return tokens;
}

// Several sequences at a time over texts that branch everywhere, with drafts taken back and too
// little memory. Every position that is ever read must have been written for exactly this prefix.
TEST(random_schedules_read_only_what_belongs_to_their_tokens) {
  std::mt19937 random(1);
  const auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
  size_t reused = 0, refused = 0;
  for (int round = 0; round < 40; ++round) {
    KvCache cache(tiny(), kContext, (6 + below(30)) * page());
    std::vector<Tokens> texts = {numbers(0, 40)};
    struct Open {
      KvSequence sequence;
      int kind;
    };
    std::deque<Open> open;
    for (int step = 0; step < 300; ++step) {
      const size_t what = below(10);
      if (what < 4 || open.empty()) {
        Tokens text = texts[below(texts.size())];
        text.resize(std::min(text.size(), below(kContext)));
        while (text.size() < kContext && below(30) > 0) text.push_back(static_cast<int>(below(3)));
        const int kind = below(8) == 0 ? 1 : 0;
        const size_t prompt = below(text.size() + 1);
        open.push_back({cache.open(text, prompt, below(2) == 0, kind), kind});
        Open& opened = open.back();
        reused += opened.sequence.tokens().size();
        CHECK(intact(opened.sequence, kind));
        const auto begin = text.begin() + static_cast<ptrdiff_t>(opened.sequence.tokens().size());
        const Tokens rest(begin, text.end());
        if (!write(opened.sequence, rest, kind)) ++refused;
        texts.push_back(std::move(text));
      } else if (what < 7) {
        Open& o = open[below(open.size())];
        const size_t length = o.sequence.tokens().size();
        if (length >= kContext) continue;
        const size_t count = 1 + below(std::min<size_t>(8, kContext - length));
        const Tokens more = random_tokens(random, count);
        if (!write(o.sequence, more, o.kind)) {
          ++refused;
          continue;
        }
        if (below(2) == 0) o.sequence.truncate(length + below(more.size() + 1));
        CHECK(intact(o.sequence, o.kind));
      } else if (what < 9 || open.size() > 3) {
        const size_t i = below(open.size());
        CHECK(intact(open[i].sequence, open[i].kind));
        std::deque<Open> left;
        for (size_t k = 0; k < open.size(); ++k) {
          if (k != i) left.push_back(std::move(open[k]));
        }
        open = std::move(left);
      } else if (below(20) == 0) {
        cache.clear();
      }
      CHECK(cache.bytes() <= cache.budget());
    }
    open.clear();
    cache.clear();
    CHECK_EQ(cache.bytes(), 0u);
  }
  CHECK(reused > 10000);
  CHECK(refused > 0);
}

}  // namespace
}  // namespace sterna
