// Packed files: whatever the loader accepts must compute, and every kernel set must give the same
// result.
#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "cache/kv_cache.h"
#include "input.h"
#include "kernels/kernels.h"
#include "model/weights.h"
#include "packs.h"
#include "runtime/head.h"
#include "runtime/transformer.h"
#include "targets.h"
#include "tokenizer/tokenizer.h"

namespace sterna::fuzz {
namespace {

constexpr int kContext = 40;
constexpr size_t kPrompt = 5;

// A file that is written anew for every input and removed with the process.
class Scratch {
 public:
  Scratch()
      : path_((std::filesystem::temp_directory_path() /
               ("sterna-fuzz-" + std::to_string(std::random_device()()) + ".pack"))
                  .string()) {}
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  const std::string& write(const std::vector<uint8_t>& bytes) const {
    std::ofstream out(path_, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
    return path_;
  }

 private:
  std::string path_;
};

// The logits after a prompt, and the likeliest token.
std::vector<float> compute(const Weights& weights, const KernelSet& kernels,
                           std::span<const int32_t> tokens, Activations activations, KvFormat kv,
                           int32_t* likeliest) {
  ThreadPool pool(1);
  const int context = std::min(weights.config().context_length, kContext);
  Transformer transformer(weights, kernels, pool, context);
  Head head(weights, kernels, pool);
  KvCache cache(weights.config(), static_cast<size_t>(context), 0, kv);
  KvSequence sequence = cache.open({}, 0, false, 0);
  require(sequence.reserve(tokens.size()), "a context has room");
  std::optional<PausedPass> none;
  require(transformer.forward(
              tokens, sequence, activations, [] { return PassSignal::kContinue; }, none),
          "a pass that nobody stops ends");
  std::vector<float> hidden(static_cast<size_t>(weights.config().hidden_size));
  transformer.hidden(static_cast<int>(tokens.size()) - 1, 1, hidden.data());
  std::vector<float> logits(static_cast<size_t>(head.rows()));
  PhaseTimes times;
  const auto never = [] { return false; };
  head.logits(hidden.data(), logits, times, never);
  head.greedy(hidden.data(), 1, likeliest, times, never);
  require(*likeliest >= 0 && *likeliest < head.rows(), "the likeliest token is one");
  return logits;
}

void check_tokenizer(std::vector<uint8_t> blob, int vocab_size) {
  std::string error;
  const std::optional<Tokenizer> tokenizer = Tokenizer::parse(blob, &error);
  if (!tokenizer) return require_one_line(error);
  if (tokenizer->size() > vocab_size) return;  // the engine refuses such a pack
  require(tokenizer->encode("for (;;) {}", {.bos = true}).size() > 0, "a text has tokens");
}

}  // namespace

void fuzz_pack(std::span<const uint8_t> bytes) {
  static const Scratch scratch;
  Input in(bytes);
  const uint8_t form = in.u8();
  BuiltPack pack{{}, false};
  if ((form & 1) != 0) {
    pack.file = raw_pack(in, (form & 2) == 0);
  } else {
    pack = build_pack(in);
  }
  const HeadKind kind = (form & 4) != 0 ? HeadKind::kF16 : HeadKind::kInt8;
  const std::string& path = scratch.write(pack.file);
  std::string error;
  const std::unique_ptr<Weights> weights = Weights::load(path, kind, 1, &error);
  if (!weights) {
    require(!pack.is_sound, "what was built well is taken");
    require_one_line(error);
    return require(error.starts_with(path + ": "), "an error names the file");
  }
  check_tokenizer(weights->take_vocabulary(), weights->config().vocab_size);

  const ModelConfig& c = weights->config();
  std::array<int32_t, kPrompt> prompt;
  for (int32_t& token : prompt) token = static_cast<int32_t>(in.u16() % c.vocab_size);
  const size_t length =
      std::min<size_t>(static_cast<size_t>(1 + in.below(kPrompt)), c.context_length);
  const std::span<const int32_t> tokens(prompt.data(), length);
  const Activations activations = (form & 8) != 0 ? Activations::kFloat : Activations::kInt8;
  const KvFormat kv = (in.u8() & 1) != 0 ? KvFormat::kInt8 : KvFormat::kF16;
  static const std::vector<const KernelSet*> sets = runnable_kernels();
  const KernelSet& other = *sets[static_cast<size_t>(form >> 4) % sets.size()];
  int32_t plain_token = 0;
  int32_t other_token = 0;
  const auto plain = compute(*weights, scalar_kernels(), tokens, activations, kv, &plain_token);
  const auto fast = compute(*weights, other, tokens, activations, kv, &other_token);
  for (size_t i = 0; i < plain.size(); ++i) {
    const bool same = std::memcmp(&plain[i], &fast[i], sizeof(float)) == 0;
    require(same || (std::isnan(plain[i]) && std::isnan(fast[i])),
            "kernel sets give the same logits");
  }
  require(plain_token == other_token, "kernel sets choose the same token");
}

}  // namespace sterna::fuzz
