// Turns any sequence of token ids back into text, and looks for stop strings in it, however the
// text is cut.
#include "input.h"
#include "runtime/stop_matcher.h"
#include "targets.h"
#include "tokenizer/detokenizer.h"
#include "tokenizer/tokenizer.h"
#include "tokenizer/unicode.h"
#include "vocabularies.h"

namespace sterna::fuzz {
namespace {

bool is_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const Utf8Char c = decode_utf8(text, at);
    if (c.status != Utf8Status::kValid) return false;
    at += c.length;
  }
  return true;
}

// The same result in one pass over all bytes.
std::string replaced(std::string_view bytes) {
  std::string out;
  for (size_t at = 0; at < bytes.size();) {
    const Utf8Char c = decode_utf8(bytes, at);
    if (c.status == Utf8Status::kIncomplete) return out + "\xef\xbf\xbd";
    out += c.status == Utf8Status::kValid ? bytes.substr(at, c.length) : "\xef\xbf\xbd";
    at += c.length;
  }
  return out;
}

void check_stops(const std::vector<std::string>& pieces, const std::vector<std::string>& stops) {
  std::string whole;
  for (const std::string& piece : pieces) whole += piece;
  // The stop string that is complete first; of several that are, the longest.
  size_t begin = std::string::npos;
  for (size_t end = 1; end <= whole.size() && begin == std::string::npos; ++end) {
    const std::string_view text = std::string_view(whole).substr(0, end);
    for (const std::string& stop : stops) {
      if (!stop.empty() && text.ends_with(stop)) begin = std::min(begin, end - stop.size());
    }
  }
  StopMatcher matcher(stops);
  std::string out;
  for (const std::string& piece : pieces) out += matcher.push(piece);
  require(matcher.stopped() == (begin != std::string::npos), "a stop string ends the text");
  if (!matcher.stopped()) out += matcher.flush();
  require(out == whole.substr(0, begin), "what is given out is what is before the stop string");
}

}  // namespace

void fuzz_detokenizer(std::span<const uint8_t> bytes) {
  Input in(bytes);
  const uint8_t form = in.u8();
  std::string error;
  const std::optional<Tokenizer> tokenizer = Tokenizer::parse(build_vocabulary(in), &error);
  require(tokenizer.has_value(), "what was built well is taken");
  std::vector<std::string> stops(static_cast<size_t>(form & 3));
  for (std::string& stop : stops) stop = in.text(static_cast<size_t>(in.below(6)));

  const int32_t size = tokenizer->size();
  std::vector<int32_t> ids;
  while (!in.empty()) {
    const int32_t id = in.u8();
    // An id beyond the vocabulary, or a token after those for the single bytes.
    if (id < 240 || (form & 4) == 0) {
      ids.push_back(id);
    } else if (id < 254) {
      ids.push_back(256 + in.u8() % std::max(1, size - 256));
    } else {
      ids.push_back(static_cast<int32_t>(in.u32()));
    }
  }

  Detokenizer stream = tokenizer->detokenizer();
  std::vector<std::string> pieces;
  std::string text;
  std::string written;
  for (const int32_t id : ids) {
    pieces.push_back(stream.push(id));
    require(is_utf8(pieces.back()), "whole characters come out");
    text += pieces.back();
    // Nothing else depends on the types: a token that gives text here gives its bytes.
    Detokenizer alone = tokenizer->detokenizer();
    const bool says_something = !alone.push(id).empty();
    if (says_something || !alone.flush().empty()) written += tokenizer->token_bytes(id);
  }
  pieces.push_back(stream.flush());
  text += pieces.back();
  require(text == replaced(written), "the text does not depend on how tokens cut it");
  require(text == tokenizer->decode(ids), "decoding at once gives the same");
  check_stops(pieces, stops);
}

}  // namespace sterna::fuzz
