// One program per target, see CMakeLists.txt.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto run = [] {
    for (const auto& target : sterna::fuzz::targets()) {
      if (std::strcmp(target.name, STERNA_FUZZ_TARGET) == 0) return target.run;
    }
    std::abort();
  }();
  try {
    run({data, size});
  } catch (const sterna::fuzz::Finding& finding) {
    std::fprintf(stderr, "BROKEN PROMISE: %s\n", finding.what());
    std::abort();
  }
  return 0;
}
