// Ends a stream of text before the first of some stop strings, and never gives out the beginning of
// one. The first stop string is the one that ends first and, of several that end at the same place,
// the longest, so that the result does not depend on how the stream is cut.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sterna {

class StopMatcher {
 public:
  // Empty strings are ignored.
  explicit StopMatcher(std::vector<std::string> stops);

  // Adds text and returns what can be given out now. Once stopped() is true it returns nothing
  // more.
  std::string push(std::string_view text);
  // Returns what was held back, when the stream ends for another reason.
  std::string flush();
  bool stopped() const { return stopped_; }

 private:
  std::vector<std::string> stops_;
  std::string held_;
  bool stopped_ = false;
};

}  // namespace sterna
