#include "targets.h"

namespace sterna::fuzz {

const std::vector<Target>& targets() {
  static const std::vector<Target> all = {{"pack", fuzz_pack, 150},
                                          {"tokenizer", fuzz_tokenizer, 1500},
                                          {"detokenizer", fuzz_detokenizer, 3000},
                                          {"sampler", fuzz_sampler, 5000}};
  return all;
}

void require_one_line(const std::string& message) {
  require(!message.empty(), "an error has a message");
  require(message.find('\n') == std::string::npos, "a message is one line");
}

}  // namespace sterna::fuzz
