// Runs the fuzz targets over their corpus, inputs that once failed, and a fixed number of
// mutations.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "../fuzz/targets.h"
#include "check.h"
#include "vocabulary_builder.h"

namespace sterna::fuzz {
namespace {

using Bytes = std::vector<uint8_t>;

std::map<std::string, Bytes> corpus_of(const std::string& target) {
  std::map<std::string, Bytes> corpus;
  const auto folder = std::filesystem::path(STERNA_FUZZ_CORPUS) / target;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    corpus[entry.path().filename().string()] =
        Bytes(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return corpus;
}

void run(const Target& target, const Bytes& bytes, const std::string& name) {
  try {
    target.run(bytes);
  } catch (const Finding& finding) {
    FAIL(std::string(target.name) + ", " + name + ": " + finding.what());
  }
}

// The mutations that libFuzzer makes most: bytes changed, inserted, removed, repeated; ends
// exchanged.
Bytes mutate(Bytes bytes, const Bytes& other, test::TestRandom& random) {
  for (size_t i = 1 + random.below(4); i > 0; --i) {
    const size_t at = random.below(bytes.size() + 1);
    const auto place = bytes.begin() + static_cast<ptrdiff_t>(at);
    switch (random.below(5)) {
      case 0:
        bytes.insert(place, static_cast<uint8_t>(random.next()));
        break;
      case 1:
        if (at < bytes.size()) bytes.erase(place);
        break;
      case 2: {
        const size_t from = random.below(other.size() + 1);
        bytes.erase(place, bytes.end());
        bytes.insert(bytes.end(), other.begin() + static_cast<ptrdiff_t>(from), other.end());
        break;
      }
      default:
        if (at < bytes.size()) bytes[at] = static_cast<uint8_t>(random.next());
    }
  }
  return bytes;
}

void run_all(const char* name) {
  const auto target =
      std::ranges::find_if(targets(), [&](const Target& t) { return std::string(t.name) == name; });
  CHECK(target != targets().end());
  const auto corpus = corpus_of(name);
  CHECK(corpus.size() >= 3);
  std::vector<Bytes> inputs;
  for (const auto& [file, bytes] : corpus) {
    run(*target, bytes, file);
    inputs.push_back(bytes);
  }
  test::TestRandom random(9);
  for (int i = 0; i < target->mutations && test::failures() == 0; ++i) {
    const Bytes& other = inputs[random.below(inputs.size())];
    const Bytes input = mutate(inputs[random.below(inputs.size())], other, random);
    run(*target, input, "mutation " + std::to_string(i));
  }
}

TEST(packs_of_any_bytes_are_refused_or_compute) { run_all("pack"); }
TEST(vocabularies_and_texts_of_any_bytes_keep_the_promises) { run_all("tokenizer"); }
TEST(tokens_of_any_ids_give_whole_characters) { run_all("detokenizer"); }
TEST(settings_of_any_value_are_refused_or_choose) { run_all("sampler"); }

}  // namespace
}  // namespace sterna::fuzz
