// A prefix tree of pages: each node but a root holds a page of 32 tokens, or of fewer at a leaf. A
// path from a root spells a prompt, so prompts that begin alike share their pages.
//
// Siblings may begin with the same tokens (their pages are copies up to there), but none begins
// with all the tokens of another. A page that is in the tree is never written.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "cache/kv_page.h"

namespace sterna {

size_t common_prefix(std::span<const int32_t> a, std::span<const int32_t> b);

struct KvNode {
  KvNode* parent = nullptr;  // null for a root
  std::vector<std::unique_ptr<KvNode>> children;
  std::vector<int32_t> tokens;
  KvPage page;
  int pins = 0;  // sequences that read it or one of its descendants
  // How many of its first tokens belonged to a request's prompt; the others were generated.
  size_t prompt_tokens = 0;
  uint64_t last_use = 0;  // an ancestor's value is later than those of its descendants

  // Whether it is not a full page of prompt tokens: it was partly generated, or it is the last page
  // of a prompt and not full. As in a segmented LRU cache, such pages may fill only a part of the
  // budget, so that they do not evict the others.
  bool is_probationary() const { return prompt_tokens < kKvBlock; }
};

class KvTree {
 public:
  struct Match {
    KvNode* node;
    size_t length;  // the number of its tokens that agree
    // Whether a sequence may take the page over and overwrite it behind the tokens that agree: no
    // sequence reads it, no other page continues it, and the rest of it was only generated.
    bool is_free() const {
      return node->pins == 0 && node->children.empty() && length >= node->prompt_tokens;
    }
  };

  // The child of `parent` that agrees with most of `tokens`; null when none agrees with any.
  static Match best_child(const KvNode& parent, std::span<const int32_t> tokens);

  // Puts a page under `parent`; its first `prompt_tokens` tokens belong to a request's prompt.
  // Returns null when a child holds all of these tokens already: `page` is then left as it was, and
  // `*same` is that child. Children that hold only a part of the tokens are removed, and their
  // pages added to `superseded`.
  KvNode* insert(KvNode* parent, std::span<const int32_t> tokens, size_t prompt_tokens,
                 KvPage& page, KvNode** same, std::vector<KvPage>* superseded);
  // Removes a node that has no children and no pins.
  KvPage remove(KvNode* node);

  // Marks the node and its ancestors as used just now.
  void touch(KvNode* node);
  // Notes that the node's first `count` tokens belong to a request's prompt.
  void note_prompt_tokens(KvNode* node, size_t count);

  // The node unused for longest that has no children and no pins; null when there is none.
  KvNode* oldest() const;
  KvNode* oldest_probationary() const { return oldest_of(probationary_); }
  size_t probationary_count() const { return probationary_.size(); }
  size_t size() const { return probationary_.size() + protected_.size(); }

 private:
  using ByAge = std::map<uint64_t, KvNode*>;
  static KvNode* oldest_of(const ByAge& nodes);
  ByAge& list_of(const KvNode& node) { return node.is_probationary() ? probationary_ : protected_; }

  uint64_t clock_ = 0;
  ByAge probationary_, protected_;  // together, all nodes but the roots
};

}  // namespace sterna
