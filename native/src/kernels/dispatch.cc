// Which kernel sets this CPU can execute.
#include <initializer_list>

#include "kernels/kernels.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(__aarch64__) && defined(_WIN32)
#include <windows.h>
#endif

namespace sterna {
namespace {

struct Feature {
  const char* name;
  bool found;
};

// What the sets need, in this order.
#if defined(__aarch64__)
enum { kNeon, kDotProduct };

bool has_dot_product() {
#if defined(__linux__)
  constexpr unsigned long kAsimdDp = 1ul << 20;  // HWCAP_ASIMDDP, which older headers lack
  return (getauxval(AT_HWCAP) & kAsimdDp) != 0;
#elif defined(__APPLE__)
  int found = 0;
  size_t size = sizeof found;
  return sysctlbyname("hw.optional.arm.FEAT_DotProd", &found, &size, nullptr, 0) == 0 && found;
#elif defined(_WIN32)
  constexpr DWORD kDotProductInstructions = 43;  // PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE
  return IsProcessorFeaturePresent(kDotProductInstructions) != 0;
#else
  return false;
#endif
}
#else
enum {
  kAvx2,
  kFma,
  kF16c,
  kAvxVnni,
  kAvx512f,
  kAvx512bw,
  kAvx512vl,
  kAvx512vnni,
  kAvx512vbmi,
  kGfni,
  kAmx
};
#endif

std::vector<Feature> detect() {
#if defined(__x86_64__) || defined(_M_X64)
  // The builtins ask the operating system, too, whether it saves the wide registers.
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2");
  // No builtin in older compilers: leaf 7, sub-leaf 1, EAX bit 4.
  unsigned a = 0, b = 0, c = 0, d = 0;
  const bool avxvnni = avx2 && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 4 & 1);
  // Leaf 1, ECX bit 29: a name that clang 14 does not know.
  const bool f16c = avx2 && __get_cpuid(1, &a, &b, &c, &d) && (c >> 29 & 1);
  // Leaf 7, ECX bit 8; EDX bits 24 (tiles) and 25 (int8).
  const bool leaf7 = __get_cpuid_count(7, 0, &a, &b, &c, &d);
  const bool gfni = leaf7 && (c >> 8 & 1);
  const bool amx = leaf7 && (d >> 24 & 3) == 3;
  return {{"avx2", avx2},
          {"fma", __builtin_cpu_supports("fma") != 0},
          {"f16c", f16c},
          {"avxvnni", avxvnni},
          {"avx512f", __builtin_cpu_supports("avx512f") != 0},
          {"avx512bw", __builtin_cpu_supports("avx512bw") != 0},
          {"avx512vl", __builtin_cpu_supports("avx512vl") != 0},
          {"avx512vnni", __builtin_cpu_supports("avx512vnni") != 0},
          {"avx512vbmi", __builtin_cpu_supports("avx512vbmi") != 0},
          {"gfni", gfni},
          {"amx-int8", amx && amx_allowed()}};
#elif defined(__aarch64__)
  return {{"neon", true}, {"dotprod", has_dot_product()}};
#else
  return {};
#endif
}

}  // namespace

std::vector<const KernelSet*> runnable_kernels() {
  std::vector<const KernelSet*> sets = {&scalar_kernels()};
  const std::vector<Feature> found = detect();
  // Even the function that returns a set is compiled for it, and must not be called elsewhere.
  const auto add = [&](const KernelSet* (*get)(), std::initializer_list<int> needs) {
    for (const int need : needs) {
      if (!found[static_cast<size_t>(need)].found) return;
    }
    if (const KernelSet* set = get()) sets.push_back(set);
  };
#if defined(__aarch64__)
  add(neon_kernels, {kNeon});
  add(neondot_kernels, {kNeon, kDotProduct});
#else
  if (!found.empty()) {
    add(avx2_kernels, {kAvx2, kFma, kF16c});
    add(avxvnni_kernels, {kAvx2, kFma, kF16c, kAvxVnni});
    add(avx512vnni_kernels, {kAvx2, kFma, kF16c, kAvx512f, kAvx512bw, kAvx512vl, kAvx512vnni});
    add(avx512vbmi_kernels,
        {kAvx2, kFma, kF16c, kAvx512f, kAvx512bw, kAvx512vl, kAvx512vnni, kAvx512vbmi});
    add(amx_kernels, {kAvx2, kFma, kF16c, kAvx512f, kAvx512bw, kAvx512vl, kAvx512vnni, kAvx512vbmi,
                      kGfni, kAmx});
  }
#endif
  return sets;
}

std::string not_runnable(const std::string& name) {
  std::string text = "kernel set \"" + name + "\" cannot run on this machine; choose one of";
  for (const KernelSet* set : runnable_kernels()) text += std::string(" ") + set->name;
  return text;
}

std::vector<std::string> cpu_features() {
  std::vector<std::string> names;
  for (const Feature& feature : detect()) {
    if (feature.found) names.emplace_back(feature.name);
  }
  return names;
}

}  // namespace sterna
