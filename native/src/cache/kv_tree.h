// Pages under the tokens that they belong to: a tree whose edges are pages of 32 tokens, or fewer
// at a leaf. A path from a root spells a prompt, so prompts that begin alike share their pages.
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
  int pins = 0;      // sequences that read it; those of its descendants count, too
  size_t asked = 0;  // of its tokens, those that some prompt has had; the others were generated
  uint64_t last_use = 0;  // an ancestor's is later than those of its descendants

  // No prompt has asked for all of it: a tail that is not full, or tokens that were generated.
  bool loose() const { return asked < kKvBlock; }
};

class KvTree {
 public:
  struct Match {
    KvNode* node;
    size_t length;  // of its tokens that agree
    // Nothing is lost when it is cut there and written on: nobody reads it or builds on it, and
    // what comes behind was generated, and is not what came next.
    bool is_free() const {
      return node->pins == 0 && node->children.empty() && length >= node->asked;
    }
  };

  // The child of `parent` that agrees with most of `tokens`; null when none agrees with any.
  static Match best_child(const KvNode& parent, std::span<const int32_t> tokens);

  // Puts a page under `parent`. Null when a child holds all of these tokens already: `page` is then
  // left as it was, and `*same` is that child. Children that hold only a part of them are removed,
  // and their pages added to `superseded`.
  KvNode* insert(KvNode* parent, std::span<const int32_t> tokens, size_t asked, KvPage& page,
                 KvNode** same, std::vector<KvPage>* superseded);
  // Takes out a node that has no children and no pins.
  KvPage remove(KvNode* node);

  // The node and its ancestors were used just now.
  void touch(KvNode* node);
  // A prompt has had the first `count` tokens of it.
  void ask(KvNode* node, size_t count);

  // The node unused for longest without children and pins; null when there is none.
  KvNode* oldest() const;
  KvNode* oldest_loose() const { return oldest_of(loose_); }
  size_t loose_count() const { return loose_.size(); }
  size_t size() const { return loose_.size() + firm_.size(); }

 private:
  using ByAge = std::map<uint64_t, KvNode*>;
  static KvNode* oldest_of(const ByAge& nodes);
  ByAge& list_of(const KvNode& node) { return node.loose() ? loose_ : firm_; }

  uint64_t clock_ = 0;
  ByAge loose_, firm_;  // all nodes but the roots
};

}  // namespace sterna
