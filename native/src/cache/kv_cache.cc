#include "cache/kv_cache.h"

#include <algorithm>
#include <cstring>

namespace sterna {
namespace {

// The most memory of a default budget, in bytes and in whole contexts.
constexpr size_t kMaxBytes = size_t{2} << 30;
constexpr size_t kMaxContexts = 32;
// The probationary pages (kv_tree.h) may take one part in this many of the budget. The suggestions
// of a long time of typing must not evict the prompts of other open files.
constexpr size_t kProbationaryShare = 4;
// The most pages allocated in advance. A request takes one or two; while it uses one, the next is
// allocated.
constexpr size_t kMaxSpare = 1;

}  // namespace

size_t default_cache_bytes(const KvLayout& layout, size_t context_length, size_t machine_bytes) {
  const size_t contexts = kMaxContexts * layout.pages(context_length) * layout.page_bytes();
  return std::min({machine_bytes / 8, kMaxBytes, contexts});
}

KvCache::KvCache(const ModelConfig& config, size_t context_length, size_t budget, KvFormat format)
    : layout_(config, format),
      max_pages_(std::max(budget / layout_.page_bytes(), layout_.pages(context_length) + 1)),
      maker_(layout_.page_bytes()) {}

KvPage KvCache::take() {
  if (pending_ > 0) add_spare(maker_.collect());
  if (!spare_.empty()) {
    KvPage page = take_spare();
    // The next page is requested here and not at the end of the step, because a request that
    // cancels this one may come before that, and must not wait milliseconds for its page.
    request_spare_pages();
    return page;
  }
  KvPage page = allocate();
  if (page.data()) return page;
  if (KvNode* oldest = tree_.oldest()) return tree_.remove(oldest);
  wait_for_pending();
  return spare_.empty() ? KvPage() : take_spare();
}

KvPage KvCache::take_spare() {
  KvPage page = std::move(spare_.back());
  spare_.pop_back();
  return page;
}

KvPage KvCache::allocate() {
  if (pages_ >= max_pages_) return KvPage();
  KvPage page(layout_.page_bytes());
  if (page.data()) ++pages_;
  return page;
}

void KvCache::request_spare_pages() {
  if (pending_ > 0) add_spare(maker_.collect());
  while (spare_.size() + pending_ < kMaxSpare && pages_ < max_pages_) {
    maker_.request();
    ++pending_;
    ++pages_;
  }
}

void KvCache::wait_for_pending() {
  if (pending_ > 0) add_spare(maker_.finish());
}

void KvCache::add_spare(PageMaker::Made made) {
  pending_ -= made.requests;
  pages_ -= made.requests - made.pages.size();
  for (KvPage& page : made.pages) spare_.push_back(std::move(page));
}

void KvCache::give(KvPage page) {
  if (spare_.size() + pending_ < kMaxSpare) {
    spare_.push_back(std::move(page));
  } else {
    --pages_;
  }
}

void KvCache::trim_probationary() {
  while (tree_.probationary_count() > max_pages_ / kProbationaryShare) {
    KvNode* oldest = tree_.oldest_probationary();
    if (!oldest) return;
    give(tree_.remove(oldest));
  }
}

void KvCache::clear() {
  while (KvNode* oldest = tree_.oldest()) {
    tree_.remove(oldest);
    --pages_;
  }
  wait_for_pending();
  pages_ -= spare_.size();
  spare_.clear();
}

KvSequence KvCache::open(std::span<const int32_t> tokens, size_t prompt_length, bool keep_last,
                         int kind) {
  KvSequence sequence(*this, roots_[static_cast<size_t>(kind)], prompt_length);
  const size_t limit = tokens.size() - (keep_last && !tokens.empty() ? 1 : 0);
  const auto prompt_tokens_in_next = [&](size_t length) {
    const size_t begin = sequence.tokens_.size();
    return begin < prompt_length ? std::min(length, prompt_length - begin) : 0;
  };
  KvTree::Match match = {};
  size_t taken = 0;  // how many tokens of the match are used
  for (;;) {
    const size_t have = sequence.tokens_.size();
    match = KvTree::best_child(*sequence.last_, tokens.subspan(have));
    taken = std::min(match.length, limit - have);
    if (taken == 0) break;
    tree_.note_prompt_tokens(match.node, prompt_tokens_in_next(match.length));
    if (taken < kKvBlock) break;
    sequence.pin(match.node);
    sequence.tokens_.insert(sequence.tokens_.end(), &tokens[have], &tokens[have] + kKvBlock);
  }
  tree_.touch(sequence.last_);
  if (taken == 0) return sequence;

  KvPage page;
  if (match.is_free()) {
    page = tree_.remove(match.node);
  } else {
    tree_.touch(match.node);
    ++match.node->pins;
    page = take();
    if (page.data()) std::memcpy(page.data(), match.node->page.data(), layout_.page_bytes());
    --match.node->pins;
  }
  if (page.data()) {
    const size_t have = sequence.tokens_.size();
    sequence.blocks_.push_back(reinterpret_cast<uint8_t*>(page.data()));
    sequence.own_.push_back(std::move(page));
    sequence.tokens_.insert(sequence.tokens_.end(), &tokens[have], &tokens[have] + taken);
  }
  return sequence;
}

KvSequence::KvSequence(KvSequence&& other) noexcept
    : cache_(std::exchange(other.cache_, nullptr)),
      last_(other.last_),
      shared_(other.shared_),
      own_(std::move(other.own_)),
      blocks_(std::move(other.blocks_)),
      tokens_(std::move(other.tokens_)),
      prompt_length_(other.prompt_length_) {}

KvSequence::~KvSequence() {
  if (!cache_) return;
  publish_full();
  if (last_->parent) cache_->tree_.touch(last_);
  publish_tail();
  for (KvPage& page : own_) cache_->give(std::move(page));
  for (KvNode* node = last_; node->parent; node = node->parent) --node->pins;
  cache_->trim_probationary();
}

void KvSequence::pin(KvNode* node) {
  ++node->pins;
  last_ = node;
  uint8_t* block = reinterpret_cast<uint8_t*>(node->page.data());
  if (shared_ < blocks_.size()) {
    blocks_[shared_] = block;
  } else {
    blocks_.push_back(block);
  }
  ++shared_;
}

// Gives the full pages to the tree, for others to read.
void KvSequence::publish_full() {
  size_t published = 0;
  std::vector<KvPage> superseded;
  while ((shared_ + 1) * kKvBlock <= tokens_.size()) {
    const size_t end = (shared_ + 1) * kKvBlock;
    const std::span<const int32_t> tokens(&tokens_[end - kKvBlock], kKvBlock);
    KvPage& page = own_[published];
    KvNode* same = nullptr;
    KvNode* node = cache_->tree_.insert(last_, tokens, prompt_tokens_in(end - kKvBlock, end), page,
                                        &same, &superseded);
    if (!node) {  // somebody else computed the same tokens, with the same numbers
      superseded.push_back(std::move(page));
      node = same;
    }
    pin(node);
    ++published;
  }
  own_.erase(own_.begin(), own_.begin() + static_cast<ptrdiff_t>(published));
  for (KvPage& page : superseded) cache_->give(std::move(page));
}

// Gives the last page, when it is not full, to the tree.
void KvSequence::publish_tail() {
  const size_t begin = shared_ * kKvBlock;
  if (begin >= tokens_.size()) return;
  std::vector<KvPage> superseded;
  KvNode* same = nullptr;
  const std::span<const int32_t> tokens(&tokens_[begin], tokens_.size() - begin);
  if (cache_->tree_.insert(last_, tokens, prompt_tokens_in(begin, tokens_.size()), own_.front(),
                           &same, &superseded)) {
    own_.erase(own_.begin());
  } else {
    cache_->tree_.touch(same);
  }
  for (KvPage& page : superseded) cache_->give(std::move(page));
}

bool KvSequence::reserve(size_t count) {
  publish_full();
  const size_t wanted = cache_->layout_.pages(tokens_.size() + count);
  while (blocks_.size() < wanted) {
    KvPage page = cache_->take();
    if (!page.data()) return false;
    blocks_.push_back(reinterpret_cast<uint8_t*>(page.data()));
    own_.push_back(std::move(page));
  }
  return true;
}

void KvSequence::truncate(size_t length) {
  const size_t final_length = shared_ * kKvBlock;
  tokens_.resize(std::clamp(length, final_length, tokens_.size()));
}

}  // namespace sterna
