// Finds where the words before the cursor occur in the text of a whole repository.
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
  // Where a file is, relative to the one with the cursor: in the same folder; in a subfolder of
  // that folder, in its parent folder, or anywhere below that parent (neither of which may be the
  // top folder, whose path is empty); elsewhere in the workspace; or in an installed package.
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

  struct Occurrence {
    std::string next;  // the text there, to the end of its line, at most kNext bytes
    int match = 0;     // words before it that agree, counted as the n-gram cache does
    Nearness nearness = Nearness::kElsewhere;
  };

  // How many bytes of the text at an occurrence are returned.
  static constexpr size_t kNext = 24;
  // The most occurrences that are returned: those before which the most words agree, and of equally
  // good ones the nearest.
  static constexpr size_t kOccurrences = 24;
  // The most positions after the same two words that one look-up examines.
  static constexpr int kMaxSteps = 128;
  // The most chain entries that one look-up visits, including those of other word pairs whose hash
  // collides.
  static constexpr int kMaxChainEntries = 1024;
  // The number of words before an occurrence that are compared. A longer match is not more
  // informative.
  static constexpr int kLongest = 8;

  class View;

  // The index takes about `max_bytes` bytes at most; a file that has no room is refused.
  explicit NgramIndex(size_t max_bytes);
  ~NgramIndex();

  // Sizes the tables for so many bytes of text, as long as the index is empty. Otherwise they are
  // rebuilt each time the index has outgrown them, and look-ups have to wait.
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

  // The files as they are now, for completions in the file at `path`. Files in `excluded` are left
  // out: they are the open documents, whose text is newer than the index's.
  View view(const std::string& path, int family, const std::vector<std::string>& excluded) const;

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
  // The places before which the same words are as at the end of `before`. If `before` ends in half
  // a word, the word at these places begins with it. Empty if fewer than two words agree anywhere.
  std::vector<Occurrence> occurrences(std::string_view before);

 private:
  friend class NgramIndex;
  View() = default;
  Nearness nearness(const File& other) const;
  // The nearness of a file; a negative number for a file that the view does not look in.
  int8_t nearness_of(uint32_t file);

  std::shared_ptr<const State> state_;
  uint64_t version_ = 0;
  std::string folder_;
  int family_ = 0;
  std::vector<uint32_t> excluded_;         // indexes of the files that are left out, sorted
  std::vector<int8_t> nearness_of_files_;  // by file
};

}  // namespace sterna
