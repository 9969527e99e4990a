// Finds places in the text of a whole repository by the words before the cursor.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ngram/word_table.h"

namespace sterna {

// Each position of each file is in the chain of all positions after the same two words, the latest
// first. A look-up walks one chain for a bounded number of steps, and counts at each step how many
// more words agree. Files are only appended: a file that is replaced or removed leaves its words in
// the index until it is compacted, so that a view sees the same files from its first look-up to its
// last. All members may be called by several threads at once.
class NgramIndex {
 public:
  // How near a file is to the one with the cursor.
  enum class Nearness : uint8_t { kSameFolder, kSameTree, kElsewhere, kDependency };
  static constexpr size_t kNearnesses = 4;

  struct File {
    std::string path;  // with forward slashes
    int family = 0;    // files find only files of the same family
    bool is_dependency = false;
  };

  struct Stats {
    size_t files = 0;
    size_t text_bytes = 0;   // size of the files' text
    size_t index_bytes = 0;  // memory of the index
    size_t stale_words = 0;  // words of files that were replaced or removed
    size_t words = 0;        // all words, stale ones included
  };

  struct Place {
    std::string next;  // the text there, to the end of its line, at most kNext bytes
    int match = 0;     // words before it that agree, counted as the n-gram cache does
    Nearness nearness = Nearness::kElsewhere;
  };

  // How many bytes of the text at a place are returned.
  static constexpr size_t kNext = 24;
  // How many places are returned: those with most words in common, and of these the nearest.
  static constexpr size_t kPlaces = 24;
  // How many steps of a chain are walked.
  static constexpr int kSteps = 128;
  // The same with places of other words that share the chain.
  static constexpr int kWalked = 1024;
  // The number of words before a place that are compared; more agreement says no more.
  static constexpr int kLongest = 8;

  class View;

  // The index takes no more than about so many bytes: files beyond that are refused.
  explicit NgramIndex(size_t max_bytes);
  ~NgramIndex();

  // Makes room for so many bytes of text while the index is empty. Without it tables are rebuilt at
  // every doubling, and look-ups wait meanwhile.
  void reserve(size_t text_bytes);

  // Adds a file, or replaces the one at its path. `text` is UTF-8. When there is no room it returns
  // false, and the old text of the file is gone as well.
  bool set(const File& file, std::string_view text);
  // Removes the file at the path. False when there is none.
  bool remove(const std::string& path);
  void clear();
  // Rebuilds the index from the files that it holds when more than a third of it is stale.
  void compact();
  Stats stats() const;

  // The files as they are now, for completions in the file at `path`. Files in `hidden` are left
  // out: they are the open documents, whose text is newer than the index's.
  View view(const std::string& path, int family, const std::vector<std::string>& hidden) const;

 private:
  struct State;
  std::shared_ptr<State> state() const;

  const size_t max_bytes_;
  std::mutex writer_;           // one change at a time; locked before the others
  mutable std::mutex pointer_;  // guards state_ itself
  std::shared_ptr<State> state_;
};

// The index as one generation sees it. Not to be used by several threads at once.
class NgramIndex::View {
 public:
  // The places after the same words as the end of `before`. Where that ends in half a word, they
  // are the places whose word begins with it. Empty where fewer than two words agree.
  std::vector<Place> places(std::string_view before);

 private:
  friend class NgramIndex;
  View() = default;
  Nearness nearness(uint32_t file);
  bool sees(uint32_t file) const;

  std::shared_ptr<const State> state_;
  uint64_t version_ = 0;
  std::string folder_;
  int family_ = 0;
  std::vector<uint32_t> hidden_;    // indexes of files, sorted
  std::vector<int8_t> nearnesses_;  // by file; -1 while it is not known
};

}  // namespace sterna
