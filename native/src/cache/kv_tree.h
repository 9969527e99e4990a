// A tree of pages: an edge is a page of 32 tokens, or of fewer at a leaf. A path from a root spells
// a prompt, so prompts that begin alike share their pages.
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
  int pins = 0;      // sequences that read it or one of its descendants
  size_t asked = 0;  // how many of its tokens some prompt has asked for; the others were generated
  uint64_t last_use = 0;  // an ancestor's value is later than those of its descendants

  // Whether no prompt has asked for all of it: it is a tail that is not full, or was generated.
  bool loose() const { return asked < kKvBlock; }
};

class KvTree {
 public:
  struct Match {
    KvNode* node;
    size_t length;  // the number of its tokens that agree
    // Whether the page may be cut after the tokens that agree and be written on from there: nobody
    // reads it or builds on it, and the rest of it was generated, and is not what came next.
    bool is_free() const {
      return node->pins == 0 && node->children.empty() && length >= node->asked;
    }
  };

  // The child of `parent` that agrees with most of `tokens`; null when none agrees with any.
  static Match best_child(const KvNode& parent, std::span<const int32_t> tokens);

  // Puts a page under `parent`. Returns null when a child holds all of these tokens already: `page`
  // is then left as it was, and `*same` is that child. Children that hold only a part of the tokens
  // are removed, and their pages added to `superseded`.
  KvNode* insert(KvNode* parent, std::span<const int32_t> tokens, size_t asked, KvPage& page,
                 KvNode** same, std::vector<KvPage>* superseded);
  // Removes a node that has no children and no pins.
  KvPage remove(KvNode* node);

  // Marks the node and its ancestors as used just now.
  void touch(KvNode* node);
  // Notes that a prompt has asked for its first `count` tokens.
  void ask(KvNode* node, size_t count);

  // The node unused for longest that has no children and no pins; null when there is none.
  KvNode* oldest() const;
  KvNode* oldest_loose() const { return oldest_of(loose_); }
  size_t loose_count() const { return loose_.size(); }
  size_t size() const { return loose_.size() + firm_.size(); }

 private:
  using ByAge = std::map<uint64_t, KvNode*>;
  static KvNode* oldest_of(const ByAge& nodes);
  ByAge& list_of(const KvNode& node) { return node.loose() ? loose_ : firm_; }

  uint64_t clock_ = 0;
  ByAge loose_, firm_;  // together, all nodes but the roots
};

}  // namespace sterna
