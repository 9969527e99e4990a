#include "model/section_loader.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "model/crc32.h"

namespace sterna {
namespace {

// What a thread takes at a time: small enough that all threads end at about the same time, and one
// huge page of the target.
constexpr uint64_t kPiece = uint64_t{2} << 20;
// What is read at a time: it is checked while it is still in the cache.
constexpr uint64_t kChunk = uint64_t{256} << 10;

struct Piece {
  size_t load;
  uint64_t begin;
  uint64_t size;
  uint32_t crc = 0;
  Content bad = Content::kBytes;  // what its bytes should have been and are not
};

const char* problem_of(Content content) {
  switch (content) {
    case Content::kGroupedT2:
    case Content::kGroupedT16:
    case Content::kGroupedB1:
      return " holds a code that is no ternary weight, or a scale that is not finite";
    case Content::kT2:
    case Content::kT16:
      return " holds a code that is no ternary weight";
    case Content::kMagnitudes:
      return " holds a scale or norm that is negative or not finite";
    case Content::kPositive:
      return " holds a factor that is not above 0 or not finite";
    default:
      return " holds a value that is not finite";
  }
}

class Loader {
 public:
  Loader(const Pack& pack, const std::vector<SectionLoad>& loads) : pack_(pack), loads_(loads) {
    for (size_t i = 0; i < loads.size(); ++i) {
      const uint64_t size = loads[i].section->size;
      for (uint64_t begin = 0; begin < size; begin += kPiece) {
        pieces_.push_back({.load = i, .begin = begin, .size = std::min(kPiece, size - begin)});
      }
    }
  }

  bool run(int threads, std::string* error) {
    std::vector<std::thread> helpers;
    for (int i = 1; i < threads; ++i) helpers.emplace_back([this] { work(); });
    work();
    for (std::thread& helper : helpers) helper.join();
    if (failed_) {
      *error = error_;
      return false;
    }
    return judge(error);
  }

 private:
  void work() {
    std::vector<uint8_t> buffer;
    for (size_t i; !failed_ && (i = next_++) < pieces_.size();) {
      std::string reason;
      if (read(pieces_[i], buffer, &reason)) continue;
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!failed_.exchange(true)) error_ = reason;
    }
  }

  bool read(Piece& piece, std::vector<uint8_t>& buffer, std::string* error) const {
    const SectionLoad& load = loads_[piece.load];
    const uint64_t end = piece.begin + piece.size;
    for (uint64_t at = piece.begin; at < end; at += kChunk) {
      const auto size = static_cast<size_t>(std::min(kChunk, end - at));
      if (!load.target) buffer.resize(kChunk);
      uint8_t* bytes = load.target ? load.target + at : buffer.data();
      if (!pack_.read(*load.section, at, bytes, size, error)) return false;
      piece.crc = crc32(piece.crc, bytes, size);
      const auto head =
          static_cast<size_t>(at < load.split ? std::min<uint64_t>(size, load.split - at) : 0);
      if (!content_ok(load.content, bytes, head, at)) piece.bad = load.content;
      if (!content_ok(load.rest, bytes + head, size - head)) piece.bad = load.rest;
    }
    return true;
  }

  // Checksums come first: when one does not match, invalid bytes are not the packer's fault.
  bool judge(std::string* error) const {
    for (size_t i = 0, p = 0; i < loads_.size(); ++i) {
      const SectionLoad& load = loads_[i];
      uint32_t crc = 0;
      Content bad = Content::kBytes;
      for (; p < pieces_.size() && pieces_[p].load == i; ++p) {
        crc = crc32_combine(crc, pieces_[p].crc, pieces_[p].size);
        if (pieces_[p].bad != Content::kBytes) bad = pieces_[p].bad;
      }
      const std::string name = load.section->name();
      if (crc != load.section->crc) {
        *error = pack_.complain(name + " is damaged (checksum)" + kPackAdvice);
        return false;
      }
      if (bad != Content::kBytes) {
        *error = pack_.complain(name + problem_of(bad) + kPackAdvice);
        return false;
      }
    }
    return true;
  }

  const Pack& pack_;
  const std::vector<SectionLoad>& loads_;
  std::vector<Piece> pieces_;
  std::atomic<size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::string error_;  // guarded by mutex_ until the threads have ended
};

}  // namespace

bool load_sections(const Pack& pack, const std::vector<SectionLoad>& loads, int threads,
                   std::string* error) {
  return Loader(pack, loads).run(threads, error);
}

}  // namespace sterna
