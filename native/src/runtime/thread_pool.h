// Worker threads for one model. run() starts the same function on all of them; inside, barrier()
// separates the phases, and take() hands out the pieces of a phase.
//
// Pieces are taken, not assigned: a thread that the system has put aside holds up one piece, not
// its whole share. Waiting is spinning first, because a phase is a few microseconds long; after
// about 50 microseconds a thread sleeps in the kernel (futex), so that on a busy machine the
// threads do not fight for the core that their neighbour needs.
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
  // `threads` counts the caller of run(), which works as thread 0.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const { return size_; }
  // Runs work(thread) for thread = 0 .. size-1 and returns when all are done. Only one caller at a
  // time.
  void run(const std::function<void(int)>& work);
  // To be called by every thread of a run; none goes on before all have arrived. Returns, to all of
  // them alike, whether any arrived with `stop`.
  bool barrier(bool stop = false);
  // The next number, from 0 up; starts again after a barrier.
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
  bool stopped_ = false;  // written by the last to arrive, before it lets the others go
  alignas(64) std::atomic<int> next_{0};
};

// Cuts `count` items into pieces of falling size, a share of what is left for each thread and a few
// items at last: few pieces, and no thread waits long at the end. None is larger than `largest`.
//
// Pieces are of even sizes, because kernels read row tiles two at a time;
// docs/measurements/kernels.md has the sizes that were tried.
class Pieces {
 public:
  Pieces(int count, int threads, int largest = INT_MAX) {
    for (int begin = 0; begin < count;) {
      begins_.push_back(begin);
      const int share = (count - begin) * 2 / (3 * threads);
      const int size = count > 64 ? std::max(4, share / 2 * 2) : std::max(1, share);
      begin += std::min({threads == 1 ? count : size, largest, count - begin});
    }
    begins_.push_back(count);
  }
  int size() const { return static_cast<int>(begins_.size()) - 1; }
  int begin(int piece) const { return begins_[static_cast<size_t>(piece)]; }
  int end(int piece) const { return begins_[static_cast<size_t>(piece) + 1]; }

 private:
  std::vector<int> begins_;
};

}  // namespace sterna
