#include "cache/page_maker.h"

#ifdef __linux__
#include <pthread.h>
#include <sched.h>
#endif

#include <cstring>
#include <utility>

namespace sterna {

PageMaker::~PageMaker() {
  {
    const std::lock_guard lock(mutex_);
    quit_ = true;
  }
  requested_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void PageMaker::request() {
  {
    const std::lock_guard lock(mutex_);
    ++pending_;
  }
  if (!thread_.joinable()) thread_ = std::thread([this] { loop(); });
  requested_.notify_one();
}

PageMaker::Made PageMaker::collect() {
  const std::lock_guard lock(mutex_);
  return hand_over();
}

PageMaker::Made PageMaker::finish() {
  std::unique_lock lock(mutex_);
  made_.wait(lock, [this] { return pending_ == 0; });
  return hand_over();
}

PageMaker::Made PageMaker::hand_over() {
  return {std::exchange(ended_, 0), std::exchange(ready_, {})};
}

void PageMaker::loop() {
#ifdef __linux__
  // With normal scheduling the new thread takes the core away from the one that has just requested
  // the page, for milliseconds.
  const sched_param none = {};
  pthread_setschedparam(pthread_self(), SCHED_BATCH, &none);
#endif
  std::unique_lock lock(mutex_);
  for (;;) {
    requested_.wait(lock, [this] { return quit_ || pending_ > 0; });
    if (quit_) return;
    lock.unlock();
    KvPage page(page_bytes_);
    if (page.data()) std::memset(page.data(), 0, page_bytes_);
    lock.lock();
    if (page.data()) ready_.push_back(std::move(page));
    --pending_;
    ++ended_;
    made_.notify_all();
  }
}

}  // namespace sterna
