#include "bench/ceilings.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <vector>

#include "bench/loops.h"
#include "kernels/kernels.h"
#include "model/memory.h"
#include "runtime/thread_pool.h"

namespace sterna {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kMaxThreads = 64;
constexpr size_t kMaxMegabytes = 1 << 16;
constexpr int kMaxPasses = 1000;
// Long compared with waking up the other threads (50 microseconds), and short enough for many
// passes.
constexpr double kMacSeconds = 0.02;

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const size_t n = values.size();
  return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

// Runs `work` on every thread and returns the seconds until the last of them is done.
double time_of(ThreadPool& pool, const std::function<void(int)>& work) {
  Clock::time_point start;
  pool.run([&](int thread) {
    pool.barrier();  // all threads are awake
    if (thread == 0) start = Clock::now();
    work(thread);
  });
  return std::chrono::duration<double>(Clock::now() - start).count();
}

[[maybe_unused]] bool has_feature(const char* name) {
  const std::vector<std::string> features = cpu_features();
  return std::ranges::find(features, name) != features.end();
}

// The loops with the widest loads that the CPU has.
ReadLoops read_loops() {
#if defined(__x86_64__) || defined(_M_X64)
  if (has_feature("avx512f")) return read_avx512();
  if (has_feature("avx2")) return read_avx2();
#endif
  return read_scalar();
}

// The loop with the multiply-add instruction of a kernel set that can run here.
MacLoop mac_loop(const std::string& kernel) {
#if defined(__x86_64__) || defined(_M_X64)
  if (kernel.starts_with("avx512")) return mac_avx512vnni();
  if (kernel == "amx") return mac_amx();
  if (kernel == "avxvnni") return mac_avxvnni();
  if (kernel == "avx2") return mac_avx2();
#elif defined(__aarch64__)
  if (kernel == "neondot") return mac_neondot();
  if (kernel == "neon") return mac_neon();
#endif
  if (kernel == "scalar") return mac_scalar();
  return {};
}

// The bandwidth of the fastest way to read, each way counting by its median; they take turns.
double measure_read(ThreadPool& pool, const Memory& memory, int passes) {
  const size_t threads = static_cast<size_t>(pool.size());
  const size_t share = memory.size() / threads / kReadBlock * kReadBlock;
  const ReadLoops loops = read_loops();
  const std::array<ReadLoop, 3> ways = {loops.one, loops.four, loops.prefetched};
  std::array<std::vector<double>, 3> rates;
  std::atomic<uint64_t> sink{0};  // keeps the compiler from removing the loops
  for (int pass = 0; pass < passes; ++pass) {
    for (size_t way = 0; way < ways.size(); ++way) {
      const double seconds = time_of(pool, [&](int thread) {
        sink += ways[way](memory.data() + share * static_cast<size_t>(thread), share);
      });
      rates[way].push_back(static_cast<double>(share * threads) / seconds / 1e9);
    }
  }
  double best = 0;
  for (const std::vector<double>& way : rates) best = std::max(best, median(way));
  return best;
}

double measure_macs(ThreadPool& pool, const MacLoop& loop, int passes) {
  const auto seconds_of = [&](int64_t rounds) {
    return time_of(pool, [&](int) { loop.run(rounds); });
  };
  int64_t rounds = 1000;
  while (seconds_of(rounds) < kMacSeconds / 2) rounds *= 2;
  std::vector<double> rates;
  for (int pass = 0; pass < passes; ++pass) {
    const double macs = static_cast<double>(rounds) * static_cast<double>(loop.macs_per_round);
    rates.push_back(macs * pool.size() / seconds_of(rounds) / 1e9);
  }
  return median(rates);
}

}  // namespace

std::optional<Ceilings> measure_ceilings(const CeilingOptions& options, std::string* error) {
  const auto fail = [&](std::string text) {
    *error = std::move(text);
    return std::nullopt;
  };
  const auto outside = [](int64_t value, int64_t high) { return value < 1 || value > high; };
  if (outside(options.threads, kMaxThreads)) {
    return fail("threads must be from 1 to " + std::to_string(kMaxThreads));
  }
  if (outside(static_cast<int64_t>(options.megabytes), kMaxMegabytes)) {
    return fail("megabytes must be from 1 to " + std::to_string(kMaxMegabytes));
  }
  if (outside(options.passes, kMaxPasses)) {
    return fail("passes must be from 1 to " + std::to_string(kMaxPasses));
  }
  const std::vector<const KernelSet*> sets = runnable_kernels();
  if (std::ranges::none_of(sets, [&](const KernelSet* s) { return options.kernel == s->name; })) {
    return fail(not_runnable(options.kernel));
  }
  const MacLoop loop = mac_loop(options.kernel);
  if (!loop.run) return fail("kernel set \"" + options.kernel + "\" has no multiply-add ceiling");

  const Memory memory(options.megabytes << 20);
  if (!memory.data()) {
    return fail("no memory for a read ceiling of " + std::to_string(options.megabytes) +
                " MB; ask for fewer megabytes");
  }
  // The system backs all pages that were never written with one page of zeros.
  std::memset(memory.data(), 1, memory.size());
  ThreadPool pool(options.threads);
  return Ceilings{.read_gbs = measure_read(pool, memory, options.passes),
                  .mac_gmacs = measure_macs(pool, loop, options.passes)};
}

}  // namespace sterna
