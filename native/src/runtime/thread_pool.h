// Worker threads for one model. run() starts the same function on all of them; inside, barrier()
// separates the phases.
//
// A region of a forward pass is a few microseconds long, so waiting is spinning first. After about
// 50 microseconds a thread sleeps in the kernel (futex), so that on a busy machine the threads do
// not fight for the core that their neighbour needs.
#pragma once

#include <atomic>
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
  // To be called by every thread of a run; none goes on before all have arrived.
  void barrier();

 private:
  void worker(int thread);

  const int size_;
  std::vector<std::thread> threads_;
  const std::function<void(int)>* work_ = nullptr;
  std::atomic<uint32_t> epoch_{0};
  std::atomic<bool> quit_{false};
  std::atomic<int> arrived_{0};
  std::atomic<uint32_t> phase_{0};
};

}  // namespace sterna
