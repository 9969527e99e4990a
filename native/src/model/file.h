// A read-only file: positioned reads, and mappings that live as long as the object. Errors are
// strings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace sterna {

class File {
 public:
  // Null and a reason in `error` when the file cannot be opened or is no regular file.
  static std::unique_ptr<File> open(const std::string& path, std::string* error);
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  uint64_t size() const { return size_; }
  // False (and a reason) unless all `count` bytes at `offset` were read.
  bool read(uint64_t offset, void* out, size_t count, std::string* error) const;
  // Maps the whole file once; null on failure. Pages are read when they are touched.
  const uint8_t* map(std::string* error);
  // Says that these bytes of the mapping are touched here and there, so that reading ahead of them
  // is wasted. Advice only.
  void advise_random(uint64_t offset, uint64_t count);
  // Takes these bytes of the mapping out of the process's memory until they are touched again; the
  // system may still cache them. At any time, whoever reads. Nothing happens where the system has
  // no such call.
  void release(uint64_t offset, uint64_t count) const;

 private:
  File() = default;
  intptr_t handle_ = -1;
  uint64_t size_ = 0;
  void* mapping_ = nullptr;
};

}  // namespace sterna
