#include "bench/ceilings.h"

#include <string>

#include "check.h"
#include "kernels/kernels.h"

namespace sterna {
namespace {

std::string refusal(CeilingOptions options) {
  std::string error;
  return measure_ceilings(options, &error) ? "" : error;
}

TEST(ceilings_of_every_kernel_set_are_plausible) {
  for (const KernelSet* set : runnable_kernels()) {
    for (const int threads : {1, 2}) {
      std::string error;
      const auto measured = measure_ceilings(
          {.threads = threads, .kernel = set->name, .megabytes = 8, .passes = 1}, &error);
      CHECK_EQ(error, "");
      if (!measured) continue;
      // The range covers the slowest emulator and the cache of a future machine.
      CHECK(measured->read_gbs > 0.01 && measured->read_gbs < 1e5);
      CHECK(measured->mac_gmacs > 0.001 && measured->mac_gmacs < 1e6);
    }
  }
}

TEST(ceilings_refuse_what_makes_no_sense) {
  const CeilingOptions good = {.threads = 1, .kernel = "scalar", .megabytes = 1, .passes = 1};
  CHECK_EQ(refusal(good), "");
  CeilingOptions bad = good;
  bad.threads = 0;
  CHECK_EQ(refusal(bad), "threads must be from 1 to 64");
  bad = good;
  bad.megabytes = 0;
  CHECK_EQ(refusal(bad), "megabytes must be from 1 to 65536");
  bad = good;
  bad.passes = 0;
  CHECK_EQ(refusal(bad), "passes must be from 1 to 1000");
  bad = good;
  bad.kernel = "avx3";
  CHECK_EQ(refusal(bad), not_runnable("avx3"));
}

}  // namespace
}  // namespace sterna
