#ifndef _WIN32

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "model/file.h"

namespace sterna {
namespace {

// Gives the system advice for the pages that hold these bytes of a mapping.
void advise(void* mapping, uint64_t offset, uint64_t count, int advice) {
  if (!mapping) return;
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const uint64_t begin = offset / page * page;
  madvise(static_cast<uint8_t*>(mapping) + begin, offset + count - begin, advice);
}

}  // namespace

std::unique_ptr<File> File::open(const std::string& path, std::string* error) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    *error = std::strerror(errno);
    return nullptr;
  }
  struct stat info;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    *error = "not a regular file";
    ::close(fd);
    return nullptr;
  }
  std::unique_ptr<File> file(new File);
  file->handle_ = fd;
  file->size_ = static_cast<uint64_t>(info.st_size);
  return file;
}

File::~File() {
  if (mapping_) munmap(mapping_, size_);
  if (handle_ >= 0) ::close(static_cast<int>(handle_));
}

bool File::read(uint64_t offset, void* out, size_t count, std::string* error) const {
  auto* p = static_cast<uint8_t*>(out);
  while (count > 0) {
    const ssize_t got = pread(static_cast<int>(handle_), p, count, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      *error = got == 0 ? "the file ends early" : std::strerror(errno);
      return false;
    }
    p += got;
    offset += static_cast<uint64_t>(got);
    count -= static_cast<size_t>(got);
  }
  return true;
}

const uint8_t* File::map(std::string* error) {
  if (!mapping_) {
    void* p = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, static_cast<int>(handle_), 0);
    if (p == MAP_FAILED) {
      *error = std::strerror(errno);
      return nullptr;
    }
    mapping_ = p;
  }
  return static_cast<const uint8_t*>(mapping_);
}

void File::advise_random(uint64_t offset, uint64_t count) {
  advise(mapping_, offset, count, MADV_RANDOM);
}

void File::release(uint64_t offset, uint64_t count) const {
#ifdef __linux__
  advise(mapping_, offset, count, MADV_DONTNEED);
#endif
}

}  // namespace sterna

#endif
