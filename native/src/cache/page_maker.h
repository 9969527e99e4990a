// Allocates pages on a background thread. Touching memory for the first time costs as much as
// copying a page into it, several milliseconds in a virtual machine. Neither a request that cancels
// another nor the token that begins a new page may wait for that.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include "cache/kv_page.h"

namespace sterna {

class PageMaker {
 public:
  explicit PageMaker(size_t page_bytes) : page_bytes_(page_bytes) {}
  ~PageMaker();
  PageMaker(const PageMaker&) = delete;
  PageMaker& operator=(const PageMaker&) = delete;

  // Asks for one more page; returns at once.
  void request();
  struct Made {
    size_t requests;  // requests that have ended: more than `pages` where the system had no memory
    std::vector<KvPage> pages;
  };
  // The pages allocated since the last call. Every request is reported by exactly one call.
  Made collect();
  // Waits until all requests have ended, then returns it like collect().
  Made finish();

 private:
  void loop();
  Made hand_over();

  const size_t page_bytes_;
  std::mutex mutex_;
  std::condition_variable requested_;
  std::condition_variable made_;
  size_t pending_ = 0;         // guarded by mutex_; requests that have not ended
  size_t ended_ = 0;           // guarded by mutex_; requests that ended and were not handed over
  std::vector<KvPage> ready_;  // guarded by mutex_
  bool quit_ = false;          // guarded by mutex_
  std::thread thread_;         // started by the first request
};

}  // namespace sterna
