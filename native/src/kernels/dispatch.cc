// Which kernel sets this CPU can execute.
#include "kernels/kernels.h"

namespace sterna {
namespace {

struct Features {
  bool avx2 = false, f16c = false;
  bool avx512f = false, avx512bw = false, avx512vl = false, avx512vnni = false;
};

Features detect() {
  Features f;
#if defined(__x86_64__) || defined(_M_X64)
  // The builtins ask the operating system, too, whether it saves the wide registers.
  __builtin_cpu_init();
  f.avx2 = __builtin_cpu_supports("avx2");
  f.f16c = __builtin_cpu_supports("f16c");
  f.avx512f = __builtin_cpu_supports("avx512f");
  f.avx512bw = __builtin_cpu_supports("avx512bw");
  f.avx512vl = __builtin_cpu_supports("avx512vl");
  f.avx512vnni = __builtin_cpu_supports("avx512vnni");
#endif
  return f;
}

}  // namespace

std::vector<const KernelSet*> runnable_kernels() {
  const Features f = detect();
  std::vector<const KernelSet*> sets = {&scalar_kernels()};
  const bool avx2 = f.avx2 && f.f16c;
  if (avx2 && avx2_kernels()) sets.push_back(avx2_kernels());
  if (avx2 && f.avx512f && f.avx512bw && f.avx512vl && f.avx512vnni && avx512vnni_kernels()) {
    sets.push_back(avx512vnni_kernels());
  }
  return sets;
}

std::vector<std::string> cpu_features() {
  const Features f = detect();
  std::vector<std::string> names;
  if (f.avx2) names.push_back("avx2");
  if (f.f16c) names.push_back("f16c");
  if (f.avx512f) names.push_back("avx512f");
  if (f.avx512bw) names.push_back("avx512bw");
  if (f.avx512vl) names.push_back("avx512vl");
  if (f.avx512vnni) names.push_back("avx512vnni");
  return names;
}

}  // namespace sterna
