#include "cache/default_context.h"

#include "check.h"

namespace sterna {
namespace {

KvLayout layout(int layers, int kv_heads) {
  ModelConfig config;
  config.layer_count = layers;
  config.kv_head_count = kv_heads;
  config.head_dim = 128;
  return KvLayout(config);
}

TEST(default_context_is_the_trained_one_where_memory_allows) {
  CHECK_EQ(default_context(layout(30, 5), 4096, size_t{16} << 30), 4096);
  CHECK_EQ(default_context(layout(4, 2), 32768, size_t{16} << 30), 32768);
}

TEST(default_context_is_bounded_by_an_eighth_of_the_memory_and_two_gigabytes) {
  // 36 layers of 8 heads of 128 in half precision: 147,456 bytes a position.
  CHECK_EQ(default_context(layout(36, 8), 32768, size_t{8} << 30), 7264);
  CHECK_EQ(default_context(layout(36, 8), 32768, size_t{16} << 30), 14560);
  CHECK_EQ(default_context(layout(36, 8), 65536, size_t{64} << 30), 14560);
}

TEST(default_context_is_never_below_4096_or_the_trained_one) {
  CHECK_EQ(default_context(layout(36, 8), 32768, size_t{1} << 30), 4096);
  CHECK_EQ(default_context(layout(36, 8), 2048, size_t{1} << 30), 2048);
}

}  // namespace
}  // namespace sterna
