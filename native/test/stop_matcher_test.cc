#include "runtime/stop_matcher.h"

#include "check.h"

namespace sterna {
namespace {

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

TEST(a_stop_string_inside_another_ends_the_text_however_it_is_cut) {
  for (size_t first = 0; first <= 4; ++first) {
    for (size_t second = first; second <= 4; ++second) {
      const std::string text = "abcd";
      StopMatcher m({"bcd", "c"});
      std::string out = m.push(text.substr(0, first));
      out += m.push(text.substr(first, second - first));
      out += m.push(text.substr(second));
      CHECK_EQ(out, std::string("ab"));
    }
  }
}

}  // namespace
}  // namespace sterna
