#include "runtime/engine.h"

#include <algorithm>
#include <climits>

#include "cache/default_context.h"

namespace sterna {
namespace {

constexpr int kMaxThreads = 64;
// The most bytes of texts for the n-gram cache, because every request reads them anew.
constexpr size_t kMaxNgramBytes = size_t{16} << 20;
}  // namespace

const KernelSet* choose_kernels(const std::string& wanted, std::string* error) {
  const std::vector<const KernelSet*> sets = runnable_kernels();
  for (auto it = sets.rbegin(); it != sets.rend(); ++it) {
    if (!wanted.empty() && wanted != (*it)->name) continue;
    const KnownAnswer answer = known_answer_test(**it);
    if (answer.ok) return *it;
    if (!wanted.empty()) {
      *error = "kernel set " + wanted + " fails its known-answer test: " + answer.detail;
      return nullptr;
    }
  }
  *error = wanted.empty()
               ? "no kernel set gives the known answers on this machine; please report it"
               : not_runnable(wanted);
  return nullptr;
}

std::unique_ptr<Engine> Engine::load(const std::string& path, const EngineOptions& options,
                                     std::string* error) {
  const int processors = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  const int chosen = std::clamp(processors - 1, 1, kMaxThreads);
  const int threads = options.threads > 0 ? options.threads : chosen;
  if (threads > kMaxThreads) {
    *error = "threads must be 1.." + std::to_string(kMaxThreads);
    return nullptr;
  }
  std::unique_ptr<Engine> engine(new Engine);
  engine->kernels_ = choose_kernels(options.kernel, error);
  if (!engine->kernels_) return nullptr;
  engine->weights_ = Weights::load(path, options.head, threads, error);
  if (!engine->weights_) return nullptr;
  const ModelConfig& c = engine->config();
  std::string reason;
  engine->tokenizer_ = Tokenizer::parse(engine->weights_->take_vocabulary(), &reason);
  if (!engine->tokenizer_) {
    *error = path + ": vocabulary: " + reason;
    return nullptr;
  }
  if (engine->tokenizer_->size() > c.vocab_size) {
    *error =
        path + ": vocabulary has more tokens than the embedding has rows; import the model again";
    return nullptr;
  }
  engine->prefixes_ = engine->tokenizer_->prefix_index();
  const KvLayout layout(c, options.kv);
  engine->context_length_ = options.context_length > 0
                                ? std::min(options.context_length, c.context_length)
                                : default_context(layout, c.context_length, machine_memory());
  engine->pool_ = std::make_unique<ThreadPool>(threads);
  engine->transformer_ = std::make_unique<Transformer>(*engine->weights_, *engine->kernels_,
                                                       *engine->pool_, engine->context_length_);
  engine->head_ = std::make_unique<Head>(*engine->weights_, *engine->kernels_, *engine->pool_);
  const size_t context = static_cast<size_t>(engine->context_length_);
  engine->cache_ = std::make_unique<KvCache>(
      c, context,
      options.cache_bytes > 0 ? options.cache_bytes
                              : default_cache_bytes(layout, context, machine_memory()),
      options.kv);
  engine->thread_ = std::thread([raw = engine.get()] { raw->loop(); });
  return engine;
}

Engine::~Engine() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    quit_ = true;
    for (const auto& job : jobs_) job->cancel();
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::string Engine::check_tokens(const std::vector<int32_t>& tokens) const {
  if (tokens.empty()) return "the prompt is empty";
  if (tokens.size() > static_cast<size_t>(context_length_)) {
    return "the prompt has " + std::to_string(tokens.size()) + " tokens, the context holds " +
           std::to_string(context_length_);
  }
  return check_vocabulary(tokens);
}

std::string Engine::check_vocabulary(const std::vector<int32_t>& tokens) const {
  for (const int32_t token : tokens) {
    if (token < 0 || token >= config().vocab_size) {
      return "token " + std::to_string(token) + " is not in the vocabulary of " +
             std::to_string(config().vocab_size);
    }
  }
  return {};
}

std::string Engine::validate(const GenerateRequest& request) const {
  std::string problem = check_tokens(request.tokens);
  if (problem.empty()) problem = check_vocabulary(request.draft);
  if (problem.empty()) problem = check_vocabulary(request.forced_tokens);
  if (problem.empty()) problem = Sampler::validate(request.sampling);
  if (problem.empty() && request.max_tokens < 0) problem = "maxTokens must not be negative";
  size_t ngram_bytes = 0;
  for (const std::string& text : request.ngram_texts) ngram_bytes += text.size();
  if (problem.empty() && ngram_bytes > kMaxNgramBytes) {
    problem = "ngramTexts has " + std::to_string(ngram_bytes) + " bytes, more than " +
              std::to_string(kMaxNgramBytes);
  }
  return problem;
}

uint64_t Engine::submit(GenerateRequest request, JobCallbacks callbacks) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const uint64_t id = ++last_id_;
  jobs_.push_back(std::make_shared<Job>(id, std::move(request), std::move(callbacks), *tokenizer_,
                                        *prefixes_, context_length_));
  note_most_urgent();
  wake_.notify_all();
  return id;
}

void Engine::cancel(uint64_t id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& job : jobs_) {
    if (job->id() == id) job->cancel();
  }
}

void Engine::run_task(const std::function<void()>& task) {
  const std::lock_guard<std::mutex> lock(mutex_);
  tasks_.push_back(task);
  wake_.notify_all();
}

void Engine::clear_cache() {
  run_task([this] { cache_->clear(); });
}

void Engine::logits(std::vector<int32_t> tokens, Activations activations,
                    std::function<void(std::vector<float>, std::string)> on_done) {
  std::string problem = check_tokens(tokens);
  if (!problem.empty()) return on_done({}, problem);
  run_task([this, tokens = std::move(tokens), activations, on_done = std::move(on_done)] {
    // This computation has a cache of its own, so that it shares nothing with other requests.
    KvCache cache(config(), tokens.size(), 0, cache_->layout().format);
    KvSequence sequence = cache.open({}, 0, false, 0);
    const size_t vocab = static_cast<size_t>(config().vocab_size);
    std::vector<float> hidden(static_cast<size_t>(config().hidden_size));
    std::vector<float> out;
    try {
      out.resize(tokens.size() * vocab);
    } catch (const std::bad_alloc&) {
    }
    if (!sequence.reserve(tokens.size()) || out.empty()) {
      return on_done({}, "not enough memory for the logits");
    }
    const auto never = [] { return false; };
    std::optional<PausedPass> none;
    for (size_t done = 0; done < tokens.size();) {
      const size_t count =
          std::min(tokens.size() - done, static_cast<size_t>(transformer_->max_batch()));
      transformer_->forward(
          {tokens.data() + done, count}, sequence, activations,
          [] { return PassSignal::kContinue; }, none);
      head_->release_pages(static_cast<int>(count));
      for (size_t i = 0; i < count; ++i) {
        transformer_->hidden(static_cast<int>(i), 1, hidden.data());
        head_->logits(hidden.data(), {out.data() + (done + i) * vocab, vocab},
                      transformer_->phases(), never);
      }
      done += count;
    }
    on_done(std::move(out), {});
  });
}

// A cancelled job comes first, because it only has to be reported; then the most urgent one, and of
// equally urgent ones the oldest.
std::shared_ptr<Job> Engine::next_job() {
  const auto rank = [](const std::shared_ptr<Job>& job) {
    return job->cancelled() ? INT_MIN : job->priority();
  };
  return jobs_.empty() ? nullptr : *std::ranges::min_element(jobs_, {}, rank);
}

// Suspends the least urgent of the other jobs that hold pages, so that their memory can be used.
bool Engine::suspend_another(const Job& job) {
  Job* last = nullptr;
  for (const auto& other : jobs_) {
    if (other.get() == &job || !other->holds_pages()) continue;
    if (!last || other->priority() >= last->priority()) last = other.get();
  }
  if (last) last->suspend();
  return last != nullptr;
}

void Engine::note_most_urgent() {
  int lowest = INT_MAX;
  for (const auto& job : jobs_) lowest = std::min(lowest, job->priority());
  most_urgent_ = lowest;
}

void Engine::loop() {
  const ThreadContext context = {*transformer_, *head_, *cache_, policies_, most_urgent_};
  cache_->request_spare_pages();
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    const auto called = [this] { return quit_ || !tasks_.empty() || !jobs_.empty(); };
    wake_.wait(lock, called);
    if (!tasks_.empty()) {
      std::vector<std::function<void()>> tasks = std::move(tasks_);
      tasks_.clear();
      lock.unlock();
      for (const auto& task : tasks) task();
      kv_bytes_ = cache_->bytes();
      lock.lock();
      continue;
    }
    const std::shared_ptr<Job> job = next_job();
    if (!job) return;  // quit_ is set, and every job has been reported
    lock.unlock();
    cache_->request_spare_pages();
    const bool has_room = job->step(context);
    kv_bytes_ = cache_->bytes();
    lock.lock();
    if (!has_room && !suspend_another(*job)) {
      lock.unlock();
      job->finish(EndReason::kFailed,
                  "no memory for the prompt cache; close other programs or choose a smaller model");
      lock.lock();
    }
    if (job->finished()) {
      std::erase(jobs_, job);
      note_most_urgent();
    }
  }
}

}  // namespace sterna
