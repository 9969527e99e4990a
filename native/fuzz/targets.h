// What is fuzzed: each target takes any bytes, uses them as input of one door of the engine, and
// checks what that door promises. A broken promise is a Finding; memory errors and undefined
// behaviour are the sanitizers' to find.
//
// The same targets run under libFuzzer (main.cc, `npm run fuzz`) and, over the corpus and a fixed
// number of its mutations, as tests of every build (fuzz_test.cc).
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace sterna::fuzz {

class Finding : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

inline void require(bool condition, const char* promise) {
  if (!condition) throw Finding(promise);
}

struct Target {
  const char* name;
  // Throws a Finding.
  void (*run)(std::span<const uint8_t> bytes);
  // Of the corpus that the tests run; a pack takes longer than a text.
  int mutations;
};

const std::vector<Target>& targets();

void fuzz_pack(std::span<const uint8_t> bytes);
void fuzz_tokenizer(std::span<const uint8_t> bytes);
void fuzz_detokenizer(std::span<const uint8_t> bytes);
void fuzz_sampler(std::span<const uint8_t> bytes);

// What every message for people is.
void require_one_line(const std::string& message);

}  // namespace sterna::fuzz
