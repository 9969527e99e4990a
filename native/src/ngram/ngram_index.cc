#include "ngram/ngram_index.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "ngram/code_words.h"
#include "ngram/positions.h"

namespace sterna {
namespace {

// The number of words that are added while the lock is held. A look-up that comes meanwhile waits
// for no more than these.
constexpr size_t kBatch = 1024;
// The file of every position that is a multiple of this is stored, to find the file of any
// position.
constexpr size_t kBlock = 256;
// The value of `removed` for a file that is still in the index, and of `added` for a file that is
// still being added.
constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

// The results of View::nearness_of() that are no nearness: not determined yet; not in the index
// when the view was made; one of the files that the view leaves out.
constexpr int8_t kNotJudged = -1;
constexpr int8_t kUnseen = -2;
constexpr int8_t kExcluded = -3;

// The words before the cursor, the last one first. `counts` says of how many words of the n-gram
// cache each of them consists.
struct Context {
  std::array<uint32_t, NgramIndex::kLongest> words{};
  std::array<int, NgramIndex::kLongest> counts{};
  size_t size = 0;
};

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash);
}

}  // namespace

struct NgramIndex::State {
  struct Entry {
    File file;
    size_t begin = 0;  // where its words begin in `words`
    size_t end = 0;
    size_t text_bytes = 0;
    uint64_t added = 0;  // the versions at which it was added and removed
    uint64_t removed = kNever;
  };

  mutable std::mutex mutex;
  WordTable table;
  Positions words;  // the words of all files, each with its chain; every file ends with kEnd
  // The last position of each chain, plus one; 0 for an empty chain. The size is a power of two.
  std::vector<uint32_t> heads = std::vector<uint32_t>(size_t{1} << 12);
  std::vector<Entry> entries;    // in the order of their words
  std::vector<uint32_t> begins;  // by entry: where its words begin
  std::vector<uint32_t> blocks;  // by block of kBlock positions: the entry of its first position
  size_t entry_bytes = 0;        // memory of the entries
  std::unordered_map<std::string, uint32_t> by_path;  // only the files that are there now
  uint64_t version = 0;                               // counts additions and removals
  size_t stale = 0;  // words of files that were replaced or removed

  static constexpr uint32_t kEnd = WordTable::kUnknown;

  // The chain of the positions after two words, in files of a family.
  size_t bucket(int family, uint32_t before_last, uint32_t last) const {
    uint64_t hash = (uint64_t{before_last} << 32 | last) * 0x9e3779b97f4a7c15;
    hash ^= static_cast<uint64_t>(family + 1) * 0xff51afd7ed558ccd;
    hash = (hash ^ (hash >> 29)) * 0xbf58476d1ce4e5b9;
    return (hash >> 32) & (heads.size() - 1);
  }

  // Begins a file, which nobody sees until it is complete. False when there is no room for it.
  bool begin_file(const File& file, size_t text_bytes, size_t max_bytes) {
    const std::lock_guard lock(mutex);
    retire(file.path);
    // A word takes about ten bytes, and real text has at most one word for three bytes, so four
    // bytes of memory for a byte of text suffice. At worst, there is a position for each byte.
    const size_t positions = words.size() + text_bytes + 1;
    if (bytes() + 4 * text_bytes > max_bytes || positions >= UINT32_MAX) return false;
    if (!words.reserve(positions)) return false;
    Entry entry{.file = file, .begin = words.size(), .end = words.size(), .text_bytes = text_bytes};
    entry.added = kNever;
    entries.push_back(std::move(entry));
    begins.push_back(static_cast<uint32_t>(words.size()));
    entry_bytes += sizeof(Entry) + 2 * file.path.size() + 64;
    return true;
  }

  // Adds a word to the last file.
  void push(uint32_t word) {
    if (words.size() % kBlock == 0) blocks.push_back(static_cast<uint32_t>(entries.size() - 1));
    words.push(word);
    Entry& entry = entries.back();
    entry.end = words.size();
    link(entry, words.size() - 1);
  }

  void end_file() {
    push(kEnd);
    entries.back().added = ++version;
    by_path[entries.back().file.path] = static_cast<uint32_t>(entries.size() - 1);
    grow_heads();
  }

  // Adds a position to its chain. Positions are added in order.
  void link(const Entry& entry, size_t at) {
    if (at < entry.begin + 2) return;
    uint32_t& head = heads[bucket(entry.file.family, words[at - 2].word, words[at - 1].word)];
    words.set_previous(at, head);
    head = static_cast<uint32_t>(at) + 1;
  }

  // When there are fewer heads than a quarter of the words, makes four times as many and builds all
  // chains anew.
  void grow_heads() {
    if (4 * heads.size() >= words.size()) return;
    heads.assign(4 * heads.size(), 0);
    for (const Entry& entry : entries) {
      for (size_t at = entry.begin; at < entry.end; ++at) link(entry, at);
    }
  }

  uint32_t entry_at(size_t position) const {
    uint32_t entry = blocks[position / kBlock];
    while (entry + 1 < begins.size() && begins[entry + 1] <= position) ++entry;
    return entry;
  }

  size_t bytes() const {
    const size_t small = heads.size() + begins.capacity() + blocks.capacity();
    return table.bytes() + words.bytes() + sizeof(uint32_t) * small + entry_bytes;
  }

  bool retire(const std::string& path) {
    const auto found = by_path.find(path);
    if (found == by_path.end()) return false;
    Entry& entry = entries[found->second];
    entry.removed = ++version;
    stale += entry.end - entry.begin;
    by_path.erase(found);
    return true;
  }

  // The last words of a text.
  Context context_of(std::string_view text) const {
    constexpr size_t kReach = 256;  // the last words are within this many bytes
    text = text.substr(text.size() - std::min(text.size(), kReach));
    std::array<std::string_view, kLongest> latest;  // the n-th word is at n modulo their number
    size_t count = 0;
    while (!text.empty()) {
      const size_t length = word_length(text);
      latest[count++ % latest.size()] = text.substr(0, length);
      text.remove_prefix(length);
    }
    Context context;
    for (; context.size < std::min(count, latest.size()); ++context.size) {
      const std::string_view word = latest[(count - 1 - context.size) % latest.size()];
      context.words[context.size] = table.find(word);
      context.counts[context.size] = plain_words(word);
    }
    return context;
  }

  // How many words before a position agree with the context, counted as the n-gram cache counts
  // words, at most kLongest. The result is 0 where fewer than two agree: the position is then in
  // the chain because another pair of words has the same hash.
  int match_before(size_t at, size_t begin, const Context& context) const {
    size_t agreeing = 0;
    int match = 0;
    while (agreeing < context.size && at > begin + agreeing && match < kLongest &&
           words[at - 1 - agreeing].word == context.words[agreeing]) {
      match += context.counts[agreeing++];
    }
    return agreeing < 2 ? 0 : std::min(match, kLongest);
  }

  // The text at a position, to the end of its line, without the first `skipped` bytes; at most
  // kNext bytes.
  std::string next_of(size_t at, size_t skipped) const {
    std::string next;
    next.reserve(kNext);
    for (; words[at].word != kEnd && next.size() < kNext; ++at) {
      std::string_view word = table.word(words[at].word);
      if (word[0] == '\n') break;
      const size_t left_out = std::min(skipped, word.size());
      word.remove_prefix(left_out);
      skipped -= left_out;
      next += word.substr(0, kNext - next.size());
    }
    return next;
  }
};

NgramIndex::NgramIndex(size_t max_bytes)
    : max_bytes_(max_bytes), state_(std::make_shared<State>()) {}

NgramIndex::~NgramIndex() = default;

std::shared_ptr<NgramIndex::State> NgramIndex::state() const {
  const std::lock_guard lock(pointer_);
  return state_;
}

void NgramIndex::reserve(size_t text_bytes) {
  const std::lock_guard writing(writer_);
  const std::shared_ptr<State> state = this->state();
  const std::lock_guard lock(state->mutex);
  if (state->words.size() > 0) return;
  // There is one head for every three words, with four bytes of text for a word. Text takes at
  // least three times its size in the index, so more than a third of the limit does not fit.
  const size_t bounded = std::min(text_bytes, max_bytes_ / 3);
  while (12 * state->heads.size() < bounded) state->heads.resize(2 * state->heads.size());
}

bool NgramIndex::set(const File& file, std::string_view text) {
  const std::lock_guard writing(writer_);
  const std::shared_ptr<State> shared = this->state();
  State& state = *shared;
  std::string clean;
  if (text.find('\r') != text.npos) {
    clean.reserve(text.size());
    std::ranges::remove_copy(text, std::back_inserter(clean), '\r');
    text = clean;
  }
  if (!state.begin_file(file, text.size(), max_bytes_)) return false;
  for (bool more = true; more;) {
    const std::lock_guard lock(state.mutex);
    for (size_t i = 0; i < kBatch && !text.empty(); ++i) {
      const size_t length = word_length(text);
      state.push(state.table.intern(text.substr(0, length)));
      text.remove_prefix(length);
    }
    more = !text.empty();
    if (!more) state.end_file();
  }
  return true;
}

bool NgramIndex::remove(const std::string& path) {
  const std::lock_guard writing(writer_);
  const std::shared_ptr<State> state = this->state();
  const std::lock_guard lock(state->mutex);
  return state->retire(path);
}

void NgramIndex::clear() {
  const std::lock_guard writing(writer_);
  const std::lock_guard lock(pointer_);
  // Views keep the old state for as long as they need it.
  state_ = std::make_shared<State>();
}

void NgramIndex::compact() {
  const std::lock_guard writing(writer_);
  const std::shared_ptr<State> old = this->state();
  // Only writers change a state, and `writer_` lets in one at a time, so reading needs no lock
  // here.
  if (3 * old->stale <= old->words.size()) return;
  NgramIndex fresh(max_bytes_);
  size_t text_bytes = 0;
  for (const State::Entry& entry : old->entries) {
    if (entry.removed == kNever) text_bytes += entry.text_bytes;
  }
  fresh.reserve(text_bytes);
  for (const State::Entry& entry : old->entries) {
    if (entry.removed != kNever) continue;
    std::string text;
    for (size_t at = entry.begin; at + 1 < entry.end; ++at) {
      text += old->table.word(old->words[at].word);
    }
    fresh.set(entry.file, text);
  }
  const std::lock_guard lock(pointer_);
  state_ = fresh.state_;
}

NgramIndex::Stats NgramIndex::stats() const {
  const std::shared_ptr<State> state = this->state();
  const std::lock_guard lock(state->mutex);
  Stats stats;
  for (const State::Entry& entry : state->entries) {
    if (entry.removed != kNever || entry.added == kNever) continue;
    ++stats.files;
    stats.text_bytes += entry.text_bytes;
  }
  stats.index_bytes = state->bytes();
  stats.stale_words = state->stale;
  stats.words = state->words.size();
  return stats;
}

NgramIndex::View NgramIndex::view(const std::string& path, int family,
                                  const std::vector<std::string>& excluded) const {
  View view;
  view.state_ = state();
  const State& state = *view.state_;
  const std::lock_guard lock(state.mutex);
  view.version_ = state.version;
  view.folder_ = folder_of(path);
  view.family_ = family;
  const auto exclude = [&](const std::string& other) {
    const auto found = state.by_path.find(other);
    if (found != state.by_path.end()) view.excluded_.push_back(found->second);
  };
  exclude(path);
  for (const std::string& other : excluded) exclude(other);
  std::ranges::sort(view.excluded_);
  view.nearness_of_files_.assign(state.entries.size(), kNotJudged);
  return view;
}

NgramIndex::Nearness NgramIndex::View::nearness(const File& other) const {
  if (other.is_dependency) return Nearness::kDependency;
  const std::string folder = folder_of(other.path);
  if (folder == folder_) return Nearness::kSameFolder;
  const std::string parent = folder_of(folder_);
  const bool is_below = folder.starts_with(folder_ + "/");
  const bool is_beside = !parent.empty() && (folder == parent || folder.starts_with(parent + "/"));
  return is_below || is_beside ? Nearness::kSameTree : Nearness::kElsewhere;
}

int8_t NgramIndex::View::nearness_of(uint32_t file) {
  // The file was added after the view was made.
  if (file >= nearness_of_files_.size()) return kUnseen;
  int8_t& known = nearness_of_files_[file];
  if (known != kNotJudged) return known;
  const State::Entry& entry = state_->entries[file];
  if (entry.added > version_ || entry.removed <= version_) {
    known = kUnseen;
  } else if (std::ranges::binary_search(excluded_, file)) {
    known = kExcluded;
  } else {
    known = static_cast<int8_t>(nearness(entry.file));
  }
  return known;
}

std::vector<NgramIndex::Occurrence> NgramIndex::View::occurrences(std::string_view before) {
  const size_t begun_at = unfinished_word(before);
  const std::string_view begun = before.substr(begun_at);
  const State& state = *state_;
  const std::lock_guard lock(state.mutex);
  const Context context = state.context_of(before.substr(0, begun_at));
  if (context.size < 2 || context.words[0] == WordTable::kUnknown ||
      context.words[1] == WordTable::kUnknown) {
    return {};
  }
  struct Found {
    size_t at;
    int match;
    int8_t nearness;
  };
  std::array<Found, kMaxSteps> found;
  size_t count = 0;
  BeginsWith begins_with(state.table, begun);
  uint32_t link = state.heads[state.bucket(family_, context.words[1], context.words[0])];
  int visited = 0;
  for (int step = 0; link != 0 && step < kMaxSteps && visited < kMaxChainEntries;) {
    const size_t at = link - 1;
    const Position position = state.words[at];
    link = position.previous;
    const uint32_t file = state.entry_at(at);
    const int8_t file_nearness = nearness_of(file);
    // Files that the view does not see do not count as steps, because the answer must not depend on
    // what was added later.
    if (file_nearness == kUnseen) continue;
    ++visited;
    // Other words that share the chain do not count as steps either, because which words do depends
    // on the size of the tables.
    const int match = state.match_before(at, state.begins[file], context);
    if (match == 0) continue;
    ++step;
    if (position.word == State::kEnd || file_nearness == kExcluded) continue;
    if (begins_with(position.word)) found[count++] = {at, match, file_nearness};
  }
  const auto end = found.begin() + static_cast<ptrdiff_t>(count);
  const auto middle = found.begin() + static_cast<ptrdiff_t>(std::min(count, kOccurrences));
  std::partial_sort(found.begin(), middle, end, [](const Found& a, const Found& b) {
    if (a.match != b.match) return a.match > b.match;
    return a.nearness != b.nearness ? a.nearness < b.nearness : a.at > b.at;
  });
  std::vector<Occurrence> occurrences;
  occurrences.reserve(std::min(count, kOccurrences));
  for (auto each = found.begin(); each != middle; ++each) {
    occurrences.push_back({state.next_of(each->at, begun.size()), each->match,
                           static_cast<Nearness>(each->nearness)});
  }
  return occurrences;
}

}  // namespace sterna
