// The cache of prompts: pages of keys and values in a tree, shared by all sequences, within a
// budget of bytes; the pages unused for longest go first. One thread uses it, and all sequences.
//
// Only an exact prefix is ever used again. A page belongs either to one sequence, which writes it,
// or to the tree, where any number of sequences read it: a sequence that goes on from the middle of
// a page of the tree writes a copy, or the page itself where nothing is lost by that.
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

// Ways of computing that give different keys and values (quantised activations or not) share
// nothing.
inline constexpr int kNumerics = 2;

// What a prompt takes when nobody has said: an eighth of the machine's memory, at most 2 GiB, and
// at most 32 whole contexts.
size_t default_cache_bytes(const KvLayout& layout, size_t context_length, size_t machine_bytes);

class KvCache {
 public:
  // A budget below one whole context of `context_length` positions is raised to that.
  KvCache(const ModelConfig& config, size_t context_length, size_t budget,
          KvFormat format = KvFormat::kF16);
  ~KvCache() { clear(); }
  KvCache(const KvCache&) = delete;
  KvCache& operator=(const KvCache&) = delete;

  // A sequence that has the longest prefix of `tokens` that is cached, without the last token when
  // `keep_last` is set because its logits are wanted. The first `prompt_length` tokens are what
  // somebody has asked for, the others were generated.
  KvSequence open(std::span<const int32_t> tokens, size_t prompt_length, bool keep_last,
                  int numerics);

  // Has pages made for the next sequences, as far as the budget allows, and takes in those that are
  // ready: costs a moment, to be called again and again.
  void prepare();
  // Forgets all that no sequence holds, and gives the memory back.
  void clear();

  const KvLayout& layout() const { return layout_; }
  // Of all pages, those of sequences included; the budget is never exceeded.
  size_t bytes() const { return pages_ * layout_.page_bytes(); }
  size_t budget() const { return max_pages_ * layout_.page_bytes(); }

 private:
  friend class KvSequence;
  // Memory of a page: new, or that of the page unused for longest. Without data when the budget is
  // used up by sequences, or the system refuses and nothing can be evicted.
  KvPage take();
  KvPage allocate();
  void give(KvPage page);
  KvPage take_spare();
  void finish_orders();
  void take_in(PageMaker::Made made);
  void trim_loose();

  const KvLayout layout_;
  const size_t max_pages_;
  size_t pages_ = 0;  // in the tree, in sequences, spare and ordered
  KvTree tree_;
  std::array<KvNode, kNumerics> roots_;
  // Unused pages for the next sequences, and those that are being made.
  std::vector<KvPage> spare_;
  size_t on_order_ = 0;
  PageMaker maker_;
};

// What the forward pass reads and writes: the keys and values of one text. The pages that it reads
// are pinned until it ends; then what it has computed stays in the cache.
class KvSequence {
 public:
  KvSequence(KvSequence&& other) noexcept;
  KvSequence& operator=(KvSequence&&) = delete;
  ~KvSequence();

  const std::vector<int32_t>& tokens() const { return tokens_; }
  KvFormat format() const { return cache_->layout_.format; }
  // Keys and values of positions 32 * index .. 32 * index + 31.
  uint8_t* block(int layer, int kv_head, int index) const {
    return blocks_[static_cast<size_t>(index)] + cache_->layout_.offset(layer, kv_head);
  }

  // Makes room for `count` more tokens; what was appended before is final. False when there is no
  // memory: other sequences must end first.
  bool reserve(size_t count);
  // Declares positions behind the present end, for which there is room, as written.
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
  // Of positions [begin, end), those of the prompt.
  size_t asked(size_t begin, size_t end) const {
    return prompt_length_ <= begin ? 0 : std::min(prompt_length_, end) - begin;
  }
  void publish_full();
  void publish_tail();

  KvCache* cache_;
  KvNode* last_;                  // of the shared pages; a root when there are none
  size_t shared_ = 0;             // pages that the tree holds
  std::vector<KvPage> own_;       // those behind them
  std::vector<uint8_t*> blocks_;  // begins of all pages
  std::vector<int32_t> tokens_;
  size_t prompt_length_;
};

}  // namespace sterna
