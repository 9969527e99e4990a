// Which kernel sets are found: a set that the dispatcher overlooks is one that no other test runs.
#include <cstdlib>
#include <string>

#include "check.h"
#include "kernels/kernels.h"

namespace sterna {
namespace {

TEST(kernel_sets_of_this_cpu_are_found_slowest_first) {
  std::string found;
  for (const KernelSet* set : runnable_kernels()) {
    if (!found.empty()) found += ' ';
    found += set->name;
  }
  CHECK(found.starts_with("scalar"));
  // Whoever runs the tests on a CPU of his choice knows what it has.
  if (const char* expected = std::getenv("STERNA_EXPECTED_KERNELS")) CHECK_EQ(found, expected);
}

}  // namespace
}  // namespace sterna
