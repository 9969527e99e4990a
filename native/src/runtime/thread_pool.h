// The worker threads of one model. run() starts the same function on all of them. Inside it,
// barrier() separates the phases, and take() hands out the work items of a phase.
//
// Threads take work items one after another instead of being assigned a share. So when the system
// suspends a thread, only the item that it works on is held up. Waiting threads spin first, because
// a phase takes a few microseconds. After about 50 microseconds they sleep in the kernel (futex),
// so that on a busy machine they leave the core to a thread that needs it.
#pragma once

#include <algorithm>
#include <atomic>
#include <climits>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace sterna {

class ThreadPool {
 public:
  // `threads` includes the caller of run(), which works as thread 0.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const { return size_; }
  // Runs work(thread) for thread = 0 .. size-1 and returns when all are done. It must not be called
  // by two threads at once.
  void run(const std::function<void(int)>& work);
  // Every thread of a run must call it; none continues before all have arrived. Returns, to all of
  // them alike, whether any arrived with `stop`.
  bool barrier(bool stop = false);
  // The next number, counting from 0; a barrier resets it.
  int take() { return next_.fetch_add(1, std::memory_order_relaxed); }

 private:
  void worker(int thread);

  const int size_;
  std::vector<std::thread> threads_;
  const std::function<void(int)>* work_ = nullptr;
  alignas(64) std::atomic<uint32_t> epoch_{0};
  std::atomic<bool> quit_{false};
  alignas(64) std::atomic<int> arrived_{0};
  std::atomic<bool> wants_stop_{false};
  alignas(64) std::atomic<uint32_t> phase_{0};
  bool stopped_ = false;  // written by the last thread to arrive, before it releases the others
  alignas(64) std::atomic<int> next_{0};
};

// Cuts `count` units, such as row tiles, into work items of falling size, like OpenMP's guided
// schedule: each has two thirds of what is left, divided by the number of threads, but at least
// four units, or one where there are at most 64 units in all. So there are few work items, and no
// thread waits long at the end. A single thread gets everything as one work item. No work item is
// larger than `largest`.
//
// With several threads the sizes are even, because kernels read row tiles two at a time
// (docs/measurements/kernels.md). Only `largest`, and the sizes of the last work items, may be odd.
class WorkItems {
 public:
  WorkItems(int count, int threads, int largest = INT_MAX) {
    for (int begin = 0; begin < count;) {
      begins_.push_back(begin);
      const int share = (count - begin) * 2 / (3 * threads);
      const int size = std::max(count > 64 ? 4 : 1, share / 2 * 2);
      begin += std::min({threads == 1 ? count : size, largest, count - begin});
    }
    begins_.push_back(count);
  }
  int size() const { return static_cast<int>(begins_.size()) - 1; }
  int begin(int item) const { return begins_[static_cast<size_t>(item)]; }
  int end(int item) const { return begins_[static_cast<size_t>(item) + 1]; }

 private:
  std::vector<int> begins_;
};

}  // namespace sterna
