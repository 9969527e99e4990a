// A read-only file with positioned reads, and mappings that live as long as the object. Errors are
// returned as strings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace sterna {

class File {
 public:
  // Returns null and a reason in `error` when the file cannot be opened or is not a regular file.
  static std::unique_ptr<File> open(const std::string& path, std::string* error);
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  uint64_t size() const { return size_; }
  // Returns false and a reason in `error` unless all `count` bytes at `offset` were read.
  bool read(uint64_t offset, void* out, size_t count, std::string* error) const;
  // Maps the whole file once; null on failure. Pages are read when they are touched.
  const uint8_t* map(std::string* error);
  // Tells the system that these bytes of the mapping will be read in no order, so that reading
  // ahead is wasted. It is only advice.
  void advise_random(uint64_t offset, uint64_t count);
  // Removes these bytes of the mapping from the process's memory until they are touched again; the
  // system may still cache them. It may be called at any time, also while they are read. It does
  // nothing where the system has no such call.
  void release(uint64_t offset, uint64_t count) const;

 private:
  File() = default;
  intptr_t handle_ = -1;
  uint64_t size_ = 0;
  void* mapping_ = nullptr;
};

}  // namespace sterna
