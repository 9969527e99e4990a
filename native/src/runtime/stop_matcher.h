// Ends a stream of text before the first of some strings, without ever giving out the beginning of
// one. The first is the one that ends first (the longest of several that end there): however the
// text is cut, the result is the same.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sterna {

class StopMatcher {
 public:
  // Empty strings are ignored.
  explicit StopMatcher(std::vector<std::string> stops);

  // Adds text; returns what can be given out now. Once stopped() is true nothing more comes.
  std::string push(std::string_view text);
  // What was held back, when the stream ends for another reason.
  std::string flush();
  bool stopped() const { return stopped_; }

 private:
  std::vector<std::string> stops_;
  std::string held_;
  bool stopped_ = false;
};

}  // namespace sterna
