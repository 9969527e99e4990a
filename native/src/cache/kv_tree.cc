#include "cache/kv_tree.h"

#include <algorithm>

namespace sterna {

size_t common_prefix(std::span<const int32_t> a, std::span<const int32_t> b) {
  const size_t n = std::min(a.size(), b.size());
  size_t i = 0;
  while (i < n && a[i] == b[i]) ++i;
  return i;
}

KvTree::Match KvTree::best_child(const KvNode& parent, std::span<const int32_t> tokens) {
  Match best = {nullptr, 0};
  for (const auto& child : parent.children) {
    const size_t length = common_prefix(child->tokens, tokens);
    const Match match = {child.get(), length};
    // Of equally long matches, take one whose page need not be copied.
    if (length > best.length || (length > 0 && length == best.length && match.is_free())) {
      best = match;
    }
  }
  return best;
}

KvNode* KvTree::insert(KvNode* parent, std::span<const int32_t> tokens, size_t prompt_tokens,
                       KvPage& page, KvNode** same, std::vector<KvPage>* superseded) {
  for (size_t i = 0; i < parent->children.size();) {
    KvNode* child = parent->children[i].get();
    const size_t length = common_prefix(child->tokens, tokens);
    if (length == tokens.size()) {
      note_prompt_tokens(child, prompt_tokens);
      *same = child;
      return nullptr;
    }
    // A node whose page is not full has neither children nor pins.
    if (length == child->tokens.size()) {
      prompt_tokens = std::max(prompt_tokens, child->prompt_tokens);
      superseded->push_back(remove(child));
    } else {
      ++i;
    }
  }
  auto node = std::make_unique<KvNode>();
  node->parent = parent;
  node->tokens.assign(tokens.begin(), tokens.end());
  node->page = std::move(page);
  node->prompt_tokens = prompt_tokens;
  KvNode* added = node.get();
  parent->children.push_back(std::move(node));
  added->last_use = ++clock_;
  list_of(*added).emplace(added->last_use, added);
  touch(parent);
  return added;
}

KvPage KvTree::remove(KvNode* node) {
  KvPage page = std::move(node->page);
  list_of(*node).erase(node->last_use);
  std::erase_if(node->parent->children, [&](const auto& child) { return child.get() == node; });
  return page;
}

void KvTree::touch(KvNode* node) {
  for (; node->parent; node = node->parent) {
    ByAge& list = list_of(*node);
    list.erase(node->last_use);
    node->last_use = ++clock_;
    list.emplace(node->last_use, node);
  }
}

void KvTree::note_prompt_tokens(KvNode* node, size_t count) {
  if (count <= node->prompt_tokens) return;
  list_of(*node).erase(node->last_use);
  node->prompt_tokens = count;
  list_of(*node).emplace(node->last_use, node);
}

KvNode* KvTree::oldest_of(const ByAge& nodes) {
  for (const auto& [age, node] : nodes) {
    if (node->children.empty() && node->pins == 0) return node;
  }
  return nullptr;
}

KvNode* KvTree::oldest() const {
  KvNode* from_probationary = oldest_of(probationary_);
  KvNode* from_protected = oldest_of(protected_);
  if (!from_probationary || !from_protected) {
    return from_probationary ? from_probationary : from_protected;
  }
  return from_probationary->last_use < from_protected->last_use ? from_probationary
                                                                : from_protected;
}

}  // namespace sterna
