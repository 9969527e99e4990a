// Chooses the kernel sets that this CPU can execute.
#include <initializer_list>

#include "kernels/cpuid.h"
#include "kernels/kernels.h"

#if defined(__aarch64__) && defined(__linux__)
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

// The CPU features that the sets need, in this order.
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
  const CpuLeaf one = cpu_leaf(1);
  const CpuLeaf seven = cpu_leaf(7);
  const CpuLeaf more = cpu_leaf(7, 1);
  const uint64_t saved = saved_registers();
  const bool wide = (saved & 0x06) == 0x06;
  const bool widest = (saved & 0xe6) == 0xe6;
  const bool avx2 = wide && has_bit(seven.b, 5);
  const bool amx = has_bit(seven.d, 24) && has_bit(seven.d, 25);  // tiles, int8
  return {{"avx2", avx2},
          {"fma", wide && has_bit(one.c, 12)},
          {"f16c", avx2 && has_bit(one.c, 29)},
          {"avxvnni", avx2 && has_bit(more.a, 4)},
          {"avx512f", widest && has_bit(seven.b, 16)},
          {"avx512bw", widest && has_bit(seven.b, 30)},
          {"avx512vl", widest && has_bit(seven.b, 31)},
          {"avx512vnni", widest && has_bit(seven.c, 11)},
          {"avx512vbmi", widest && has_bit(seven.c, 1)},
          {"gfni", has_bit(seven.c, 8)},
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
  // Even the function that returns a set is compiled for that set's CPU, so it must not be called
  // elsewhere.
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
