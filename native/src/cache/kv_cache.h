// The cache of prompts: pages of keys and values in a tree, shared by all sequences, within a
// budget of bytes. When the budget is used up, the pages unused for longest go first. The cache and
// all its sequences are used by one thread.
//
// Only an exact prefix is ever reused. A page belongs either to one sequence, which writes it, or
// to the tree, where any number of sequences read it. A sequence that diverges inside a page of the
// tree copies that page (copy on write). It takes the page over instead if no other sequence uses
// it, no page of the tree continues it, and the rest of it was only generated text.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "cache/kv_tree.h"
#include "cache/page_maker.h"

namespace sterna {

class KvSequence;

// Keys and values computed with int8 and with float activations differ, so each kind has its own
// tree.
inline constexpr int kActivationKinds = 2;

// The budget in bytes where the user has set none: an eighth of the machine's memory, at most 2
// GiB, and at most 32 whole contexts.
size_t default_cache_bytes(const KvLayout& layout, size_t context_length, size_t machine_bytes);

class KvCache {
 public:
  // A budget too small for one whole context of `context_length` positions is raised to that.
  KvCache(const ModelConfig& config, size_t context_length, size_t budget,
          KvFormat format = KvFormat::kF16);
  ~KvCache() { clear(); }
  KvCache(const KvCache&) = delete;
  KvCache& operator=(const KvCache&) = delete;

  // Opens a sequence with the longest cached prefix of `tokens`. With `keep_last` the last token is
  // left out of it, because its logits are wanted. The first `prompt_length` tokens are the
  // request's prompt, the others were generated. `kind` is the kind of activations, below
  // kActivationKinds.
  KvSequence open(std::span<const int32_t> tokens, size_t prompt_length, bool keep_last, int kind);

  // Asks the background thread to allocate spare pages for the next sequences, as far as the budget
  // allows, and collects those that are allocated. It is cheap and meant to be called often.
  void request_spare_pages();
  // Forgets all pages that no sequence holds, and gives their memory back.
  void clear();

  const KvLayout& layout() const { return layout_; }
  // The memory of all pages, those held by sequences included; it never exceeds the budget.
  size_t bytes() const { return pages_ * layout_.page_bytes(); }
  size_t budget() const { return max_pages_ * layout_.page_bytes(); }

 private:
  friend class KvSequence;
  // Memory for a page: new, or that of the page unused for longest. The page has no data when
  // sequences have used up the budget, or when the system refuses and nothing can be evicted.
  KvPage take();
  KvPage allocate();
  void give(KvPage page);
  KvPage take_spare();
  void wait_for_pending();
  void add_spare(PageMaker::Made made);
  void trim_probationary();

  const KvLayout layout_;
  const size_t max_pages_;
  size_t pages_ = 0;  // in the tree, held by sequences, spare and pending
  KvTree tree_;
  std::array<KvNode, kActivationKinds> roots_;
  // Unused pages for the next sequences, and how many more the background thread allocates.
  std::vector<KvPage> spare_;
  size_t pending_ = 0;
  PageMaker maker_;
};

// The keys and values of one text, which the forward pass reads and writes. The pages that it reads
// are pinned while it lives; what it has computed stays in the cache afterwards.
class KvSequence {
 public:
  KvSequence(KvSequence&& other) noexcept;
  KvSequence& operator=(KvSequence&&) = delete;
  ~KvSequence();

  const std::vector<int32_t>& tokens() const { return tokens_; }
  KvFormat format() const { return cache_->layout_.format; }
  // The keys and values of positions 32 * index .. 32 * index + 31.
  uint8_t* block(int layer, int kv_head, int index) const {
    return blocks_[static_cast<size_t>(index)] + cache_->layout_.offset(layer, kv_head);
  }

  // Makes room for `count` more tokens; what was appended before can no longer be truncated. False
  // when there is no memory: another sequence must end first.
  bool reserve(size_t count);
  // Declares the positions behind the present end as written. There must be room for them.
  void append(std::span<const int32_t> tokens) {
    tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  }
  // Takes back what was appended since the last reserve(), down to `length` tokens.
  void truncate(size_t length);

 private:
  friend class KvCache;
  KvSequence(KvCache& cache, KvNode& root, size_t prompt_length)
      : cache_(&cache), last_(&root), prompt_length_(prompt_length) {}
  void pin(KvNode* node);
  // How many of the positions [begin, end) belong to the prompt.
  size_t prompt_tokens_in(size_t begin, size_t end) const {
    return prompt_length_ <= begin ? 0 : std::min(prompt_length_, end) - begin;
  }
  void publish_full();
  void publish_tail();

  KvCache* cache_;
  KvNode* last_;                  // the last shared page; a root when there are none
  size_t shared_ = 0;             // the number of pages held by the tree
  std::vector<KvPage> own_;       // the pages behind them
  std::vector<uint8_t*> blocks_;  // where the bytes of all pages begin
  std::vector<int32_t> tokens_;
  size_t prompt_length_;
};

}  // namespace sterna
