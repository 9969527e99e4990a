#include "vocabularies.h"

namespace sterna::fuzz {
namespace {

constexpr uint8_t kByte = 6;
constexpr uint32_t kSpacePrefix = 4;
constexpr size_t kLongestToken = 64;  // because merges of merges double the length

}  // namespace

std::vector<uint8_t> build_vocabulary(Input& in) {
  const uint8_t form = in.u8();
  const bool by_characters = (form & 8) != 0;
  test::VocabularyBuilder builder(by_characters ? kByte : 1);
  builder.pre_tokenizer = by_characters ? 1 : 0;
  builder.flags = form & 7;
  const int count = in.below(48);
  for (int i = 0; i < count; ++i) {
    const uint8_t what = in.u8();
    if (what < 160) {
      // A part is one of the latest tokens: of the bytes, or (with characters) of those that were
      // added.
      const auto part = [&] {
        const uint32_t size = builder.size();
        const uint32_t back = in.u8();
        return by_characters ? (size > 256 ? 256 + back % (size - 256) : 0) : back % size;
      };
      const uint32_t left = part();
      const uint32_t right = part();
      const size_t sizes[] = {builder.bytes(left).size(), builder.bytes(right).size()};
      const bool has_both = sizes[0] > 0 && sizes[1] > 0 && sizes[0] + sizes[1] <= kLongestToken;
      const bool may = !by_characters || (builder.is_normal(left) && builder.is_normal(right));
      if (has_both && may) builder.merge(left, right);
    } else if (what < 200) {
      builder.add(std::string(in.text(static_cast<size_t>(1 + what % 6))));
    } else {
      // The types: normal, unknown, control, user-defined, unused.
      builder.add(std::string(in.text(static_cast<size_t>(what % 9))),
                  static_cast<uint8_t>(1 + what % 5));
    }
  }
  for (int32_t& role : builder.roles) {
    const uint8_t id = in.u8();
    role = id % 2 == 0 ? -1 : static_cast<int32_t>(builder.size() - 1 - id / 2 % builder.size());
  }
  if (!by_characters) builder.flags &= ~kSpacePrefix;
  return builder.blob();
}

}  // namespace sterna::fuzz
