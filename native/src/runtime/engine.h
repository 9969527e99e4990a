// A loaded model with a thread that runs jobs, the most urgent first, one step at a time. A more
// urgent job does not wait for the end of a step: the step is paused and continued later.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cache/kv_cache.h"
#include "kernels/kernels.h"
#include "model/weights.h"
#include "runtime/head.h"
#include "runtime/job.h"
#include "runtime/thread_pool.h"
#include "runtime/transformer.h"
#include "tokenizer/tokenizer.h"

namespace sterna {

struct EngineOptions {
  int threads = 0;  // 0: one less than there are processors, at least 1
  HeadKind head = HeadKind::kInt8;
  std::string kernel;      // empty: the fastest that passes the known-answer test
  int context_length = 0;  // 0: see default_context()
  KvFormat kv = KvFormat::kF16;
  size_t cache_bytes = 0;  // for the keys and values of prompts; 0: see default_cache_bytes()
};

// The fastest kernel set that runs on this CPU and passes the known-answer test, or the one named
// `wanted` if that is not empty. Returns null and one line in `error` when there is none.
const KernelSet* choose_kernels(const std::string& wanted, std::string* error);

class Engine {
 public:
  // Returns null and one line in `error` on failure. Loading takes as long as reading the file, so
  // it must not be called on a thread that has to answer meanwhile.
  static std::unique_ptr<Engine> load(const std::string& path, const EngineOptions& options,
                                      std::string* error);
  ~Engine();

  const ModelConfig& config() const { return weights_->config(); }
  const Tokenizer& tokenizer() const { return *tokenizer_; }
  const KernelSet& kernels() const { return *kernels_; }
  int threads() const { return pool_->size(); }
  int context_length() const { return context_length_; }
  size_t weight_bytes() const { return weights_->body_bytes(); }
  size_t head_bytes() const { return weights_->head_bytes(); }
  size_t kv_bytes() const { return kv_bytes_; }
  size_t cache_budget() const { return cache_->budget(); }

  // Empty when the request can run, else what is wrong with it.
  std::string validate(const GenerateRequest& request) const;
  // Queues a valid request and returns its id.
  uint64_t submit(GenerateRequest request, JobCallbacks callbacks);
  // Does nothing when the job has ended.
  void cancel(uint64_t id);

  // Computes the logits [tokens x vocab] of every position on the inference thread, without the
  // cache. `on_done` receives them, or nothing and an error.
  void logits(std::vector<int32_t> tokens, Activations activations,
              std::function<void(std::vector<float>, std::string)> on_done);
  void clear_cache();

 private:
  Engine() = default;
  void loop();
  std::shared_ptr<Job> next_job();
  bool suspend_another(const Job& job);
  void note_most_urgent();
  void run_task(const std::function<void()>& task);
  std::string check_tokens(const std::vector<int32_t>& tokens) const;
  std::string check_vocabulary(const std::vector<int32_t>& tokens) const;

  std::unique_ptr<Weights> weights_;
  std::optional<Tokenizer> tokenizer_;
  std::optional<PrefixIndex> prefixes_;
  const KernelSet* kernels_ = nullptr;
  int context_length_ = 0;
  std::atomic<size_t> kv_bytes_{0};
  std::unique_ptr<ThreadPool> pool_;
  std::unique_ptr<Transformer> transformer_;
  std::unique_ptr<Head> head_;
  std::unique_ptr<KvCache> cache_;
  std::array<DraftPolicy, 2> policies_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::shared_ptr<Job>> jobs_;    // guarded by mutex_; the oldest first
  std::atomic<int> most_urgent_{0};           // lowest priority number in jobs_
  std::vector<std::function<void()>> tasks_;  // guarded by mutex_; they run before jobs
  uint64_t last_id_ = 0;                      // guarded by mutex_
  bool quit_ = false;                         // guarded by mutex_
  std::thread thread_;
};

}  // namespace sterna
