// The fuzz targets. Each takes any bytes, passes them to one part of the engine that reads foreign
// data, and checks what that part promises. A broken promise is a Finding; memory errors and
// undefined behaviour are found by the sanitizers.
//
// The same targets run under libFuzzer (main.cc, `npm run fuzz`) and as tests of every build, over
// the corpus and a fixed number of its mutations (fuzz_test.cc).
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
  // Throws a Finding when a promise is broken.
  void (*run)(std::span<const uint8_t> bytes);
  // How many mutations of the corpus the tests run; a pack takes longer than a text.
  int mutations;
};

const std::vector<Target>& targets();

void fuzz_pack(std::span<const uint8_t> bytes);
void fuzz_tokenizer(std::span<const uint8_t> bytes);
void fuzz_detokenizer(std::span<const uint8_t> bytes);
void fuzz_sampler(std::span<const uint8_t> bytes);

// Every message for people has one line.
void require_one_line(const std::string& message);

}  // namespace sterna::fuzz
