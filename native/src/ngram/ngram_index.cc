#include "ngram/ngram_index.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "ngram/code_words.h"

namespace sterna {
namespace {

// The number of words that are added under one lock: a look-up waits for no more than these.
constexpr size_t kBatch = 1024;
// The number of words in a chunk. Arrays grow by chunks, so that nothing has to be copied.
constexpr size_t kChunk = size_t{1} << 16;
constexpr uint64_t kAlive = std::numeric_limits<uint64_t>::max();

// An array that only grows, in chunks.
class Chunks {
 public:
  void push(uint32_t value) {
    if (size_ % kChunk == 0) chunks_.push_back(std::make_unique<std::array<uint32_t, kChunk>>());
    (*chunks_.back())[size_ % kChunk] = value;
    ++size_;
  }
  uint32_t operator[](size_t index) const { return (*chunks_[index / kChunk])[index % kChunk]; }
  size_t size() const { return size_; }
  size_t bytes() const { return chunks_.size() * kChunk * sizeof(uint32_t); }

 private:
  std::vector<std::unique_ptr<std::array<uint32_t, kChunk>>> chunks_;
  size_t size_ = 0;
};

// The words before the cursor, the last one first.
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
    size_t begin = 0;  // where its words begin
    size_t end = 0;
    size_t text_bytes = 0;
    uint64_t added = 0;  // the versions at which it was added and removed
    uint64_t removed = kAlive;
  };

  mutable std::mutex mutex;
  WordTable table;
  Chunks words;     // word ids; every file ends with kEnd
  Chunks previous;  // the previous position in the chain, plus one; 0 ends the chain
  std::vector<uint32_t> heads = std::vector<uint32_t>(size_t{1} << 12);
  std::vector<Entry> entries;                         // in the order of their words
  std::unordered_map<std::string, uint32_t> by_path;  // only the files that are there now
  uint64_t version = 0;
  size_t stale = 0;

  static constexpr uint32_t kEnd = WordTable::kUnknown;

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
    // A word takes ten bytes, and real text has one word for every three bytes or more. At worst
    // there is one word for each byte.
    const size_t positions = words.size() + text_bytes + 1;
    if (bytes() + 4 * text_bytes > max_bytes || positions >= UINT32_MAX) return false;
    Entry entry{.file = file, .begin = words.size(), .end = words.size(), .text_bytes = text_bytes};
    entry.added = kAlive;
    entries.push_back(std::move(entry));
    return true;
  }

  // Adds a word to the last file.
  void push(uint32_t word) {
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
    if (at < entry.begin + 2) {
      previous.push(0);
      return;
    }
    uint32_t& head = heads[bucket(entry.file.family, words[at - 2], words[at - 1])];
    previous.push(head);
    head = static_cast<uint32_t>(at) + 1;
  }

  // When there are fewer heads than a quarter of the words, makes four times as many and builds all
  // chains anew.
  void grow_heads() {
    if (4 * heads.size() >= words.size()) return;
    heads.assign(4 * heads.size(), 0);
    previous = Chunks();
    for (const Entry& entry : entries) {
      for (size_t at = entry.begin; at < entry.end; ++at) link(entry, at);
    }
  }

  uint32_t entry_at(size_t position) const {
    const auto after = std::ranges::upper_bound(entries, position, {}, &Entry::begin);
    return static_cast<uint32_t>(after - entries.begin()) - 1;
  }

  size_t bytes() const {
    size_t paths = 0;
    for (const Entry& entry : entries) paths += sizeof(Entry) + 2 * entry.file.path.size() + 64;
    return table.bytes() + words.bytes() + previous.bytes() + sizeof(uint32_t) * heads.size() +
           paths;
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
    std::vector<std::string_view> all;
    while (!text.empty()) {
      const size_t length = word_length(text);
      all.push_back(text.substr(0, length));
      text.remove_prefix(length);
    }
    Context context;
    for (size_t i = all.size(); i-- > 0 && context.size < context.words.size(); ++context.size) {
      context.words[context.size] = table.find(all[i]);
      context.counts[context.size] = plain_words(all[i]);
    }
    return context;
  }

  // How many words before a position agree, counted as the n-gram cache does, at most kLongest. The
  // result is 0 where fewer than two agree, because then another pair of words shares the chain.
  int match_before(size_t at, size_t begin, const Context& context) const {
    size_t agreeing = 0;
    int match = 0;
    while (agreeing < context.size && at > begin + agreeing && match < kLongest &&
           words[at - 1 - agreeing] == context.words[agreeing]) {
      match += context.counts[agreeing++];
    }
    return agreeing < 2 ? 0 : std::min(match, kLongest);
  }

  // The text at a position, to the end of its line.
  std::string next_of(size_t at, size_t skipped) const {
    std::string next;
    for (; words[at] != kEnd && next.size() < kNext + skipped; ++at) {
      const std::string_view word = table.word(words[at]);
      if (word[0] == '\n') break;
      next += word;
    }
    return next.substr(std::min(skipped, next.size()), kNext);
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
  // One head for every three words or more, and four bytes of text for a word.
  // No more text than a third of the memory finds room.
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
    if (entry.removed == kAlive) text_bytes += entry.text_bytes;
  }
  fresh.reserve(text_bytes);
  for (const State::Entry& entry : old->entries) {
    if (entry.removed != kAlive) continue;
    std::string text;
    for (size_t at = entry.begin; at + 1 < entry.end; ++at) text += old->table.word(old->words[at]);
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
    if (entry.removed != kAlive || entry.added == kAlive) continue;
    ++stats.files;
    stats.text_bytes += entry.text_bytes;
  }
  stats.index_bytes = state->bytes();
  stats.stale_words = state->stale;
  stats.words = state->words.size();
  return stats;
}

NgramIndex::View NgramIndex::view(const std::string& path, int family,
                                  const std::vector<std::string>& hidden) const {
  View view;
  view.state_ = state();
  const State& state = *view.state_;
  const std::lock_guard lock(state.mutex);
  view.version_ = state.version;
  view.folder_ = folder_of(path);
  view.family_ = family;
  const auto hide = [&](const std::string& other) {
    const auto found = state.by_path.find(other);
    if (found != state.by_path.end()) view.hidden_.push_back(found->second);
  };
  hide(path);
  for (const std::string& other : hidden) hide(other);
  std::ranges::sort(view.hidden_);
  view.nearnesses_.assign(state.entries.size(), -1);
  return view;
}

NgramIndex::Nearness NgramIndex::View::nearness(uint32_t file) {
  if (nearnesses_[file] >= 0) return static_cast<Nearness>(nearnesses_[file]);
  const File& other = state_->entries[file].file;
  Nearness found = Nearness::kElsewhere;
  const std::string folder = folder_of(other.path);
  const std::string parent = folder_of(folder_);
  if (other.is_dependency) {
    found = Nearness::kDependency;
  } else if (folder == folder_) {
    found = Nearness::kSameFolder;
  } else if (folder.starts_with(folder_ + "/") ||
             (!parent.empty() && (folder == parent || folder.starts_with(parent + "/")))) {
    found = Nearness::kSameTree;
  }
  nearnesses_[file] = static_cast<int8_t>(found);
  return found;
}

std::vector<NgramIndex::Place> NgramIndex::View::places(std::string_view before) {
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
    Nearness nearness;
  };
  std::vector<Found> found;
  uint32_t link = state.heads[state.bucket(family_, context.words[1], context.words[0])];
  int walked = 0;
  for (int step = 0; link != 0 && step < kSteps && walked < kWalked;
       link = state.previous[link - 1]) {
    const size_t at = link - 1;
    const uint32_t file = state.entry_at(at);
    // What came after the view was made counts as no step: the answer must not depend on it.
    if (!sees(file)) continue;
    ++walked;
    // Nor do other words that share the chain: which ones do, depends on how large the tables are.
    const int match = state.match_before(at, state.entries[file].begin, context);
    if (match == 0) continue;
    ++step;
    if (state.words[at] == State::kEnd || std::ranges::binary_search(hidden_, file)) continue;
    if (!begun.empty() && !state.table.word(state.words[at]).starts_with(begun)) continue;
    found.push_back({at, match, nearness(file)});
  }
  std::ranges::sort(found, [](const Found& a, const Found& b) {
    if (a.match != b.match) return a.match > b.match;
    return a.nearness != b.nearness ? a.nearness < b.nearness : a.at > b.at;
  });
  if (found.size() > kPlaces) found.resize(kPlaces);
  std::vector<Place> places;
  for (const Found& f : found) {
    places.push_back({state.next_of(f.at, begun.size()), f.match, f.nearness});
  }
  return places;
}

bool NgramIndex::View::sees(uint32_t file) const {
  if (file >= nearnesses_.size()) return false;
  const State::Entry& entry = state_->entries[file];
  return entry.added <= version_ && entry.removed > version_;
}

}  // namespace sterna
