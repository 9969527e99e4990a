// Vocabulary blobs of any bytes, and any text with the blobs that are valid.
#include <algorithm>

#include "input.h"
#include "targets.h"
#include "tokenizer/tokenizer.h"
#include "tokenizer/unicode.h"
#include "vocabularies.h"

namespace sterna::fuzz {
namespace {

std::string join(const Tokenizer& tokenizer, const std::vector<int32_t>& ids, size_t from = 0) {
  std::string out;
  for (size_t i = from; i < ids.size(); ++i) out += tokenizer.token_bytes(ids[i]);
  return out;
}

// The tokens' bytes must be those of the text, plus what the options put before it.
void check_encoding(const Tokenizer& tokenizer, const Vocabulary& vocabulary, std::string_view text,
                    EncodeOptions options) {
  const std::vector<int32_t> ids = tokenizer.encode(text, options);
  for (const int32_t id : ids) {
    require(id >= 0 && id < tokenizer.size(), "an encoded id is a token");
  }
  require(tokenizer.encode(text, options) == ids, "encoding depends on nothing else");
  const bool has_bos = options.bos && vocabulary.special().bos >= 0;
  require(!has_bos || (!ids.empty() && ids.front() == vocabulary.special().bos), "BOS comes first");
  if (!options.special) {
    const bool has_space = options.bos && vocabulary.space_prefix() && !text.empty();
    const std::string wanted = std::string(has_space ? " " : "").append(text);
    require(join(tokenizer, ids, has_bos ? 1 : 0) == wanted, "tokens join to the text");
    for (size_t i = has_bos ? 1 : 0; i < ids.size(); ++i) {
      require(vocabulary.type(ids[i]) != TokenType::kControl, "text gives no control token");
    }
  } else if (!vocabulary.space_prefix()) {
    require(join(tokenizer, ids, has_bos ? 1 : 0) == text, "tokens and markers join to the text");
  }
  tokenizer.decode(ids);
}

// Compares the answer with a comparison of every token.
void check_prefixes(const Tokenizer& tokenizer, const Vocabulary& vocabulary,
                    std::string_view wanted) {
  std::vector<int32_t> found;
  tokenizer.prefix_index().compatible(wanted, &found);
  std::vector<int32_t> expected;
  for (int32_t id = 0; id < vocabulary.size(); ++id) {
    const std::string_view bytes = vocabulary.bytes(id);
    if (!vocabulary.is_text(id) || bytes.empty()) continue;
    if (bytes.starts_with(wanted) || wanted.starts_with(bytes)) expected.push_back(id);
  }
  std::ranges::sort(found);
  require(found == expected, "the tokens that agree with a text are found");
}

}  // namespace

void fuzz_tokenizer(std::span<const uint8_t> bytes) {
  Input in(bytes);
  const uint8_t form = in.u8();
  std::vector<uint8_t> blob;
  if ((form & 1) != 0) {
    const auto raw = in.bytes(in.u16());
    blob.assign(raw.begin(), raw.end());
  } else {
    blob = build_vocabulary(in);
    // Changes a few bytes of the blob.
    for (int i = form >> 6; i > 0; --i) blob[in.u16() % blob.size()] = in.u8();
  }
  std::string error;
  const std::optional<Vocabulary> vocabulary = Vocabulary::parse(blob, &error);
  const std::optional<Tokenizer> tokenizer = Tokenizer::parse(blob, &error);
  require(vocabulary.has_value() == tokenizer.has_value(), "a vocabulary is sound or not");
  if (!tokenizer) {
    require((form & 0xc1) != 0, "what was built well is taken");
    return require_one_line(error);
  }
  const size_t prefix = static_cast<size_t>(in.below(8));
  const auto rest = in.rest();
  const std::string_view text(reinterpret_cast<const char*>(rest.data()), rest.size());
  check_encoding(*tokenizer, *vocabulary, text,
                 {.bos = (form & 2) != 0, .special = (form & 4) != 0});
  check_prefixes(*tokenizer, *vocabulary, text.substr(0, prefix));
  const int32_t id = tokenizer->id_of(text);
  require(id < 0 || tokenizer->token_bytes(id) == text, "a token is found by its bytes");
}

}  // namespace sterna::fuzz
