// The checks of a pack's bytes, and the memory that they are read into.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "check.h"
#include "model/crc32.h"
#include "model/file.h"
#include "model/memory.h"
#include "model/section_loader.h"

#ifdef __linux__
#include <unistd.h>
#endif

using namespace sterna;

namespace {

std::vector<uint8_t> random_bytes(size_t size, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint8_t> bytes(size);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  return bytes;
}

// Bit by bit, as the standard defines it.
uint32_t crc32_bits(const uint8_t* data, size_t size) {
  uint32_t crc = ~0u;
  for (size_t i = 0; i < size; ++i) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? 0xedb88320u : 0);
  }
  return ~crc;
}

std::vector<Crc32> crc_ways() {
  std::vector<Crc32> ways = {crc32, crc32_table};
  if (crc32_pclmul()) ways.push_back(crc32_pclmul());
  return ways;
}

}  // namespace

TEST(crc32_gives_the_check_value_of_the_standard) {
  for (const Crc32 way : crc_ways()) {
    CHECK_EQ(way(0, "123456789", 9), 0xcbf43926u);
    CHECK_EQ(way(0, "", 0), 0u);
    CHECK_EQ(way(0x12345678, "", 0), 0x12345678u);
  }
}

TEST(crc32_is_the_same_in_every_way_for_any_length_and_offset) {
  const std::vector<uint8_t> bytes = random_bytes(6000, 1);
  std::mt19937 random(2);
  for (size_t size = 0; size < 700; ++size) {
    const size_t offset = random() % 200;
    const uint32_t expected = crc32_bits(&bytes[offset], size);
    for (const Crc32 way : crc_ways()) CHECK_EQ(way(0, &bytes[offset], size), expected);
  }
  for (int round = 0; round < 3000; ++round) {
    const size_t offset = random() % 1000;
    const size_t size = random() % 5000;
    const auto start = static_cast<uint32_t>(random());
    const uint32_t expected = crc32_table(start, &bytes[offset], size);
    for (const Crc32 way : crc_ways()) CHECK_EQ(way(start, &bytes[offset], size), expected);
  }
}

TEST(crc32_goes_on_where_it_stopped_and_joins_pieces) {
  const std::vector<uint8_t> bytes = random_bytes(20000, 3);
  std::mt19937 random(4);
  for (int round = 0; round < 500; ++round) {
    const size_t size = random() % bytes.size();
    const uint32_t whole = crc32(0, bytes.data(), size);
    uint32_t running = 0;
    uint32_t joined = 0;
    for (size_t at = 0; at < size;) {
      const size_t piece = std::min<size_t>(1 + random() % 3000, size - at);
      running = crc32(running, &bytes[at], piece);
      joined = crc32_combine(joined, crc32(0, &bytes[at], piece), piece);
      at += piece;
    }
    CHECK_EQ(running, whole);
    CHECK_EQ(joined, whole);
  }
  // An empty first piece, and an empty second one.
  CHECK_EQ(crc32_combine(0, 0xdeadbeef, 7), 0xdeadbeefu);
  CHECK_EQ(crc32_combine(0xdeadbeef, 0, 0), 0xdeadbeefu);
}

TEST(crc32_joins_pieces_of_gigabytes) {
  // The CRC of n zeros, by doubling: combine(z, z, n) is the CRC of 2 n zeros.
  uint8_t zero = 0;
  uint32_t doubled = crc32(0, &zero, 1);
  std::vector<uint8_t> zeros(1 << 20);
  for (uint64_t n = 1; n < zeros.size(); n *= 2) doubled = crc32_combine(doubled, doubled, n);
  CHECK_EQ(doubled, crc32(0, zeros.data(), zeros.size()));
  uint32_t large = doubled;
  for (uint64_t n = zeros.size(); n < (uint64_t{1} << 33); n *= 2) {
    large = crc32_combine(large, large, n);
  }
  uint32_t stepped = 0;
  for (int i = 0; i < 8192; ++i) stepped = crc32_combine(stepped, doubled, zeros.size());
  CHECK_EQ(large, stepped);
}

TEST(contents_are_found_wrong_at_any_place) {
  struct Case {
    Content content;
    size_t unit;
    std::vector<uint32_t> good, bad;
  };
  const Case cases[] = {
      {Content::kT2, 1, {0x00, 0x55, 0xaa, 0x91, 0x2a}, {0x03, 0x0c, 0x30, 0xc0, 0xff, 0x57}},
      {Content::kT16, 1, {0, 104, 191, 192, 242}, {243, 244, 255}},
      {Content::kF16, 2, {0, 0x8000, 0x7bff, 0xfbff, 1, 0x83ff}, {0x7c00, 0xfc00, 0x7c01, 0xffff}},
      {Content::kF32,
       4,
       {0, 0x80000000, 0x7f7fffff, 0xff7fffff, 1},
       {0x7f800000, 0xff800000, 0x7f800001, 0xffffffff}},
      {Content::kMagnitudes,
       4,
       {0, 0x7f7fffff, 1},
       {0x7f800000, 0x80000000, 0xbf800000, 0xffffffff}},
  };
  std::mt19937 random(5);
  for (const Case& c : cases) {
    // Whole vectors and their remainders, at any alignment that the content allows.
    for (size_t count = 0; count < 150; ++count) {
      const size_t shift = (random() % 8) * 4;
      std::vector<uint32_t> storage((count * c.unit + shift) / 4 + 2);
      uint8_t* bytes = reinterpret_cast<uint8_t*>(storage.data()) + shift;
      const auto set = [&](size_t i, uint32_t value) {
        std::memcpy(bytes + i * c.unit, &value, c.unit);
      };
      for (size_t i = 0; i < count; ++i) set(i, c.good[random() % c.good.size()]);
      CHECK(content_ok(c.content, bytes, count * c.unit));
      if (count == 0) continue;
      const size_t at = random() % count;
      for (const uint32_t value : c.bad) {
        set(at, value);
        if (content_ok(c.content, bytes, count * c.unit)) {
          FAIL("content " + std::to_string(static_cast<int>(c.content)) + ": " +
               std::to_string(value) + " at " + std::to_string(at) + " of " +
               std::to_string(count));
        }
        CHECK(content_ok(Content::kBytes, bytes, count * c.unit));
      }
    }
  }
}

TEST(memory_of_any_size_is_zeroed_and_can_be_written_to_its_end) {
  for (const size_t size : {size_t{1}, size_t{4096}, Memory::kHugePage - 1, Memory::kHugePage,
                            Memory::kHugePage + 1, 3 * Memory::kHugePage + 12345}) {
    const Memory memory(size);
    CHECK(memory.data() != nullptr);
    CHECK_EQ(memory.size(), size);
    CHECK_EQ(reinterpret_cast<uintptr_t>(memory.data()) % 64, 0u);
#ifndef _WIN32  // Windows gives huge pages only to privileged users
    if (size >= Memory::kHugePage) {
      CHECK_EQ(reinterpret_cast<uintptr_t>(memory.data()) % Memory::kHugePage, 0u);
    }
#endif
    CHECK_EQ(memory.data()[0] | memory.data()[size / 2] | memory.data()[size - 1], 0);
    std::memset(memory.data(), 1, size);
  }
  CHECK(Memory(0).data() == nullptr);
}

#ifdef __linux__

namespace {

// The system's figures for this process, in bytes: "VmSize" is address space, "RssFile" the part of
// files in its memory.
size_t status_bytes(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field + ":")) return std::stoul(line.substr(field.size() + 1)) << 10;
  }
  return 0;
}

}  // namespace

TEST(memory_moves_and_is_given_back) {
  const size_t before = status_bytes("VmSize");
  for (int i = 0; i < 100; ++i) {
    Memory first(size_t{64} << 20);
    Memory second(std::move(first));
    Memory third;
    third = std::move(second);
    CHECK(!first.data() && !second.data() && third.data());
    CHECK(status_bytes("VmSize") >= before + (size_t{64} << 20));
  }
  // An emulator's own data grows as well; all mappings together are 6.4 GB.
  CHECK(status_bytes("VmSize") < before + (size_t{1} << 30));
}

TEST(mapped_bytes_leave_memory_when_they_are_released_and_come_back) {
  char path[] = P_tmpdir "/sterna-map-XXXXXX";
  const int handle = mkstemp(path);
  const std::vector<uint8_t> bytes = random_bytes(size_t{8} << 20, 6);
  CHECK_EQ(write(handle, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  std::string error;
  const std::unique_ptr<File> file = File::open(path, &error);
  close(handle);
  std::remove(path);
  CHECK(file != nullptr);
  const uint8_t* mapped = file ? file->map(&error) : nullptr;
  CHECK(mapped != nullptr);
  if (!mapped) return;
  file->advise_random(0, bytes.size());
  const size_t before = status_bytes("RssFile");
  CHECK(std::memcmp(mapped, bytes.data(), bytes.size()) == 0);
  CHECK(status_bytes("RssFile") >= before + (size_t{7} << 20));
  // Releases the middle four megabytes, beginning and ending inside a page.
  file->release((size_t{2} << 20) + 100, (size_t{4} << 20) - 50);
  CHECK(status_bytes("RssFile") <= before + (size_t{5} << 20));
  CHECK(std::memcmp(mapped, bytes.data(), bytes.size()) == 0);
}

#endif
