// Which kernel sets are found: no other test would run a set that the dispatcher overlooks.
#include <cstdlib>
#include <string>

#include "check.h"
#include "kernels/kernels.h"
#include "runtime/engine.h"

namespace sterna {
namespace {

TEST(kernel_sets_of_this_cpu_are_found_slowest_first) {
  std::string found;
  for (const KernelSet* set : runnable_kernels()) {
    if (!found.empty()) found += ' ';
    found += set->name;
  }
  CHECK(found.starts_with("scalar"));
  // Somebody who runs the tests on a chosen CPU knows which sets it has.
  if (const char* expected = std::getenv("STERNA_EXPECTED_KERNELS")) CHECK_EQ(found, expected);
}

TEST(a_kernel_set_that_this_cpu_lacks_is_refused_with_the_names_of_those_it_has) {
  std::string names;
  for (const KernelSet* set : runnable_kernels()) names += std::string(" ") + set->name;
  for (const char* name : {"neon", "avx2", "avxvnni", "avx512vnni", "amx", "abacus"}) {
    std::string error;
    const KernelSet* found = choose_kernels(name, &error);
    const bool runs = (names + " ").find(std::string(" ") + name + " ") != std::string::npos;
    CHECK_EQ(found != nullptr, runs);
    CHECK_EQ(error, runs ? ""
                         : std::string("kernel set \"") + name +
                               "\" cannot run on this machine; choose one of" + names);
  }
}

}  // namespace
}  // namespace sterna
