// A minimal test harness: no dependency, one header.
//
//   TEST(splits_words) { CHECK_EQ(split("a b").size(), 2u); }
//
// A failed check prints file:line and the difference, and the test continues. Link any number of
// test files with test_main.cc. It runs all tests (or those whose name contains the first argument)
// and prints `N passed, N failed` as its last line.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace sterna::test {

struct Case {
  const char* name;
  void (*body)();
};

inline std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

// The number of failed checks in the test that is running.
inline int& failures() {
  static int count = 0;
  return count;
}

struct Registrar {
  Registrar(const char* name, void (*body)()) { cases().push_back({name, body}); }
};

// The text in quotes, with everything but printable ASCII escaped, so that differences are visible.
inline std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e || c == '"' || c == '\\') {
      char escape[8];
      std::snprintf(escape, sizeof(escape), "\\x%02x", byte);
      out += escape;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

template <typename T>
std::string show(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_convertible_v<T, std::string_view>) {
    return quoted(value);
  } else if constexpr (std::is_enum_v<T>) {
    return std::to_string(static_cast<long long>(value));
  } else if constexpr (std::is_arithmetic_v<T>) {
    std::ostringstream out;
    out.precision(9);
    out << +value;
    return out.str();
  } else if constexpr (requires { value.begin() != value.end(); }) {
    std::string out = "[";
    for (const auto& item : value) out += (out.size() > 1 ? ", " : "") + show(item);
    return out + "]";
  } else {
    return "(value)";
  }
}

inline void fail(const char* file, int line, const std::string& message) {
  ++failures();
  std::fprintf(stderr, "%s:%d: %s\n", file, line, message.c_str());
}

template <typename A, typename B>
void check_eq(const char* file, int line, const char* what, const A& actual, const B& expected) {
  if (actual == expected) return;
  fail(file, line,
       std::string(what) + "\n  actual   " + show(actual) + "\n  expected " + show(expected));
}

inline void check_near(const char* file, int line, const char* what, double actual, double expected,
                       double tolerance) {
  // Written so that NaN fails the check.
  if (std::fabs(actual - expected) <= tolerance) return;
  fail(file, line,
       std::string(what) + "\n  actual   " + show(actual) + "\n  expected " + show(expected) +
           " within " + show(tolerance));
}

// Runs the tests whose name contains `filter` and returns how many of them failed.
inline int run_all(std::string_view filter) {
  int passed = 0;
  int failed = 0;
  for (const Case& test : cases()) {
    if (std::string_view(test.name).find(filter) == std::string_view::npos) continue;
    failures() = 0;
    try {
      test.body();
    } catch (const std::exception& error) {
      fail(test.name, 0, std::string("threw: ") + error.what());
    }
    if (failures() == 0) {
      ++passed;
    } else {
      ++failed;
      std::fprintf(stderr, "FAILED %s\n", test.name);
    }
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed;
}

}  // namespace sterna::test

#define TEST(name)                                                                     \
  static void test_##name();                                                           \
  static const ::sterna::test::Registrar test_##name##_registrar(#name, &test_##name); \
  static void test_##name()

#define CHECK(condition)                                                                 \
  do {                                                                                   \
    if (!(condition)) ::sterna::test::fail(__FILE__, __LINE__, "CHECK(" #condition ")"); \
  } while (0)

#define CHECK_EQ(actual, expected) \
  ::sterna::test::check_eq(__FILE__, __LINE__, #actual " == " #expected, (actual), (expected))

#define CHECK_NEAR(actual, expected, tolerance)                                                 \
  ::sterna::test::check_near(__FILE__, __LINE__, #actual " ~ " #expected, (actual), (expected), \
                             (tolerance))

// For checks in a loop: `FAIL("row " + std::to_string(i))` fails the test with a message.
#define FAIL(message) ::sterna::test::fail(__FILE__, __LINE__, (message))
