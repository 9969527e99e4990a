// The text of a whole repository, found by the words before the cursor.
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

// Every position of every file is in a chain of those behind the same two words, the latest first.
// A look-up walks one chain, for a bounded number of steps, and counts at each step how many more
// words agree. Files are only ever appended: a file that is replaced or removed leaves its words
// behind until the index is compacted, so that a view sees the same files from its first look-up to
// its last. All members may be called by several threads at once.
class NgramIndex {
 public:
  // How near a file is to the one that the cursor is in.
  enum class Nearness : uint8_t { kSameFolder, kSameTree, kElsewhere, kDependency };
  static constexpr size_t kNearnesses = 4;

  struct File {
    std::string path;  // with forward slashes
    int family = 0;    // only files of one family find each other
    bool is_dependency = false;
  };

  struct Stats {
    size_t files = 0;
    size_t text_bytes = 0;   // of the files, as they were given
    size_t index_bytes = 0;  // memory that the index takes
    size_t stale_words = 0;  // of files that were replaced or removed
    size_t words = 0;        // of all, stale ones included
  };

  struct Place {
    std::string next;  // what stands there, to the end of its line, at most kNext bytes
    int match = 0;     // words before it that agree, as the n-gram cache counts them
    Nearness nearness = Nearness::kElsewhere;
  };

  // Bytes of what comes next that are given.
  static constexpr size_t kNext = 24;
  // Places given: those with most words in common, of equals the nearest.
  static constexpr size_t kPlaces = 24;
  // Steps of a chain that are walked.
  static constexpr int kSteps = 128;
  // Words before a place beyond which more that agree say no more.
  static constexpr int kLongest = 8;

  class View;

  // Files are refused once the index would take more than so many bytes.
  explicit NgramIndex(size_t max_bytes);
  ~NgramIndex();

  // Makes room for so many bytes of text, where the index is empty: without it, tables are made
  // anew at every doubling, and look-ups wait meanwhile.
  void reserve(size_t text_bytes);

  // Adds a file, or replaces the one at its path. False when there is no room for it: the old text
  // is gone then, too. `text` in UTF-8.
  bool set(const File& file, std::string_view text);
  // False when there is no file at the path.
  bool remove(const std::string& path);
  void clear();
  // Makes the index anew out of the files that it holds, where more than a third of it is stale.
  void compact();
  Stats stats() const;

  // The files as they are now, for completions in the file at `path`. Files in `hidden` are left
  // out: the open documents, whose text is newer than what the index has.
  View view(const std::string& path, int family, const std::vector<std::string>& hidden) const;

 private:
  struct State;
  std::shared_ptr<State> state() const;

  const size_t max_bytes_;
  std::mutex writer_;           // one change at a time; taken before the others
  mutable std::mutex pointer_;  // of state_ itself
  std::shared_ptr<State> state_;
};

// What one generation sees. Not for several threads at once.
class NgramIndex::View {
 public:
  // Places behind the same words as the end of `before`; where half a word ends it, those whose
  // word begins with that. Empty where fewer than two words agree.
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
  std::vector<uint32_t> hidden_;    // files, sorted
  std::vector<int8_t> nearnesses_;  // by file; -1 while it is not known
};

}  // namespace sterna
