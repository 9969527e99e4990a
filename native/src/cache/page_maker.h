// Makes pages on a thread of its own. Memory that is touched for the first time costs as much as
// copying a page into it, up to 6 ms in a virtual machine: neither a request that comes with
// another's cancellation nor the token that begins a page is to wait for that.
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

  // Orders one more page; returns at once.
  void order();
  struct Made {
    size_t orders;  // that have ended: more than pages where the system had no memory
    std::vector<KvPage> pages;
  };
  // What has been made since the last call; every order ends in one of the calls.
  Made collect();
  // The same, once all that was ordered is made.
  Made finish();

 private:
  void loop();
  Made hand_over();

  const size_t page_bytes_;
  std::mutex mutex_;
  std::condition_variable ordered_;
  std::condition_variable made_;
  size_t orders_ = 0;          // guarded by mutex_; that have not ended
  size_t ended_ = 0;           // guarded by mutex_; not handed over
  std::vector<KvPage> ready_;  // guarded by mutex_
  bool quit_ = false;          // guarded by mutex_
  std::thread thread_;         // begun by the first order
};

}  // namespace sterna
