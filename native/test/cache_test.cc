#include "cache/slots.h"
#include "check.h"
#include "runtime/stop_matcher.h"

namespace sterna {
namespace {

using Tokens = std::vector<int32_t>;

ModelConfig tiny() {
  ModelConfig c;
  c.layer_count = 2;
  c.kv_head_count = 1;
  c.head_count = 2;
  c.head_dim = 8;
  return c;
}

int choose(const std::vector<SlotView>& views, const Tokens& prompt) {
  return choose_slot(views, prompt);
}

TEST(the_slot_with_the_longest_common_prefix_continues) {
  const Tokens a = {1, 2, 3, 4}, b = {1, 2, 3, 4, 5, 6}, c = {9};
  CHECK_EQ(choose({{a, 1, false}, {b, 2, false}, {c, 3, false}}, {1, 2, 3, 4, 5, 7}), 1);
}

TEST(a_shared_header_does_not_evict_a_long_prompt) {
  const Tokens file = {1, 2, 10, 11, 12, 13, 14, 15}, empty = {};
  CHECK_EQ(choose({{file, 5, false}, {empty, 0, false}}, {1, 2, 20, 21, 22, 23}), 1);
}

TEST(without_a_useful_prefix_the_oldest_goes) {
  const Tokens a = {1, 2, 3}, b = {4, 5, 6};
  CHECK_EQ(choose({{a, 7, false}, {b, 6, false}}, {8, 8, 8}), 1);
}

TEST(busy_slots_are_left_alone) {
  const Tokens a = {1, 2, 3};
  CHECK_EQ(choose({{a, 1, true}, {a, 2, false}}, {1, 2, 3}), 1);
  CHECK_EQ(choose({{a, 1, true}}, {1, 2, 3}), -1);
}

TEST(acquiring_cuts_back_to_what_is_shared) {
  Slots slots(tiny(), 1, 16);
  const Tokens first = {1, 2, 3, 4, 5};
  KvSlot* slot = slots.acquire(first, true, 0);
  CHECK(slot != nullptr);
  CHECK_EQ(slot->tokens().size(), 0u);
  CHECK(slots.acquire(first, true, 0) == nullptr);  // the only one is busy
  slot->append(first);
  slots.release(slot);
  // The last token is computed again when its logits are wanted.
  slot = slots.acquire(first, true, 0);
  CHECK_EQ(slot->tokens().size(), 4u);
  slots.release(slot);
  slot = slots.acquire(Tokens{1, 2, 9}, false, 0);
  CHECK_EQ(slot->tokens().size(), 2u);
  slots.release(slot);
  // Another way of computing shares nothing.
  slot = slots.acquire(Tokens{1, 2, 9}, false, 1);
  CHECK_EQ(slot->tokens().size(), 0u);
  slots.release(slot);
}

TEST(clearing_forgets) {
  Slots slots(tiny(), 1, 16);
  KvSlot* slot = slots.acquire(Tokens{1, 2}, true, 0);
  slot->append(Tokens{1, 2});
  slots.release(slot);
  slots.clear();
  CHECK_EQ(slots.acquire(Tokens{1, 2, 3}, true, 0)->tokens().size(), 0u);
}

TEST(keys_and_values_do_not_overlap) {
  KvSlot slot(tiny(), 70);
  CHECK(slot.ok());
  const size_t size = kv_block_size(tiny().head_dim);
  const auto each = [&](auto&& visit) {
    uint16_t stamp = 1;
    for (int block = 0; block < 3; ++block) {
      for (int layer = 0; layer < 2; ++layer) {
        for (size_t k = 0; k < size; ++k) visit(slot.block(layer, 0, block)[k], stamp++);
      }
    }
  };
  each([](uint16_t& element, uint16_t stamp) { element = stamp; });
  each([](uint16_t& element, uint16_t stamp) { CHECK_EQ(element, stamp); });
}

TEST(text_before_a_stop_string_comes_out_and_nothing_of_it) {
  StopMatcher m({"</s>", "\n"});
  CHECK_EQ(m.push("ab<"), std::string("ab"));
  CHECK_EQ(m.push("/"), std::string(""));
  CHECK_EQ(m.push("x"), std::string("</x"));
  CHECK_EQ(m.push("y</s>z"), std::string("y"));
  CHECK(m.stopped());
  CHECK_EQ(m.push("more"), std::string(""));
}

TEST(the_first_of_several_stops_wins_and_the_rest_is_flushed) {
  StopMatcher m({"cd", "bcd"});
  CHECK_EQ(m.push("abcd"), std::string("a"));
  StopMatcher held({"stop"});
  CHECK_EQ(held.push("a sto"), std::string("a "));
  CHECK_EQ(held.flush(), std::string("sto"));
  StopMatcher none({"", ""});
  CHECK_EQ(none.push("x"), std::string("x"));
}

}  // namespace
}  // namespace sterna
