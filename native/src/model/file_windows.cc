#ifdef _WIN32

#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>

#include "model/file.h"

namespace sterna {
namespace {

std::string last_error(const char* what) {
  return std::string(what) + " failed with Windows error " + std::to_string(GetLastError());
}

}  // namespace

std::unique_ptr<File> File::open(const std::string& path, std::string* error) {
  const int length = MultiByteToWideChar(CP_UTF8, 0, path.c_str(), -1, nullptr, 0);
  std::wstring wide(static_cast<size_t>(length > 0 ? length : 0), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, path.c_str(), -1, wide.data(), length);
  HANDLE handle = CreateFileW(wide.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE,
                              nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (handle == INVALID_HANDLE_VALUE) {
    *error = last_error("opening");
    return nullptr;
  }
  LARGE_INTEGER size;
  if (!GetFileSizeEx(handle, &size)) {
    *error = last_error("asking for the size");
    CloseHandle(handle);
    return nullptr;
  }
  std::unique_ptr<File> file(new File);
  file->handle_ = reinterpret_cast<intptr_t>(handle);
  file->size_ = static_cast<uint64_t>(size.QuadPart);
  return file;
}

File::~File() {
  if (mapping_) UnmapViewOfFile(mapping_);
  if (handle_ != -1) CloseHandle(reinterpret_cast<HANDLE>(handle_));
}

bool File::read(uint64_t offset, void* out, size_t count, std::string* error) const {
  auto* p = static_cast<uint8_t*>(out);
  while (count > 0) {
    OVERLAPPED at = {};
    at.Offset = static_cast<DWORD>(offset);
    at.OffsetHigh = static_cast<DWORD>(offset >> 32);
    const DWORD want = count > (1u << 30) ? (1u << 30) : static_cast<DWORD>(count);
    DWORD got = 0;
    if (!ReadFile(reinterpret_cast<HANDLE>(handle_), p, want, &got, &at)) {
      *error = last_error("reading");
      return false;
    }
    if (got == 0) {
      *error = "the file ends early";
      return false;
    }
    p += got;
    offset += got;
    count -= got;
  }
  return true;
}

const uint8_t* File::map(std::string* error) {
  if (!mapping_) {
    HANDLE mapping = CreateFileMappingW(reinterpret_cast<HANDLE>(handle_), nullptr, PAGE_READONLY,
                                        0, 0, nullptr);
    if (mapping) {
      mapping_ = MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0);
      CloseHandle(mapping);
    }
    if (!mapping_) {
      *error = last_error("mapping");
      return nullptr;
    }
  }
  return static_cast<const uint8_t*>(mapping_);
}

void File::advise_random(uint64_t, uint64_t) {}
void File::release(uint64_t, uint64_t) const {}

}  // namespace sterna

#endif
