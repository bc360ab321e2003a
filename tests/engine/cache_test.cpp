#include "engine/cache.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/hash.h"

namespace vidbench::engine {
namespace {

namespace fs = std::filesystem;

class CacheTest : public ::testing::Test {
 protected:
  store::GeneratedVideo make(const std::string& content) {
    const fs::path file = folder_.path() / "made.npy";
    write_file_atomic(file, content);
    store::GeneratedVideo video;
    video.path = file.string();
    video.frames = 16;
    video.latency_s = 0.25;
    video.peak_memory_bytes = 1ULL << 40;
    return video;
  }

  const std::string key_ = sha256_hex("key");
  TemporaryDirectory folder_;
  VideoCache cache_{folder_.path() / "cache"};
};

TEST_F(CacheTest, FindsWhatWasInserted) {
  EXPECT_FALSE(cache_.find(key_).has_value());
  const auto inserted = cache_.insert(key_, make("pixels"));
  EXPECT_FALSE(fs::exists(folder_.path() / "made.npy"));
  const auto found = cache_.find(key_);
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->from_cache);
  EXPECT_EQ(found->sha256, sha256_hex("pixels"));
  EXPECT_EQ(found->path, inserted.path);
  EXPECT_EQ(found->frames, 16);
  EXPECT_EQ(found->latency_s, 0.25);
  EXPECT_EQ(found->peak_memory_bytes, 1ULL << 40);
}

TEST_F(CacheTest, DropsDamagedEntries) {
  const auto inserted = cache_.insert(key_, make("pixels"));
  write_file_atomic(inserted.path, "other pixels");
  EXPECT_FALSE(cache_.find(key_).has_value());
  (void)cache_.insert(key_, make("pixels"));
  EXPECT_TRUE(cache_.find(key_).has_value());
  fs::remove(inserted.path);
  EXPECT_FALSE(cache_.find(key_).has_value());
  (void)cache_.insert(key_, make("pixels"));
  write_file_atomic(fs::path(inserted.path).replace_extension(".json"), "{not json");
  EXPECT_FALSE(cache_.find(key_).has_value());
}

TEST_F(CacheTest, LinksAreIndependentOfTheCache) {
  const auto inserted = cache_.insert(key_, make("pixels"));
  const fs::path link = folder_.path() / "run" / "s0.npy";
  link_or_copy(inserted.path, link);
  link_or_copy(inserted.path, link);  // again: replaces
  fs::remove(inserted.path);
  EXPECT_EQ(read_file(link), "pixels");
}

TEST_F(CacheTest, KeepsTheFactsOfAModel) {
  EXPECT_FALSE(cache_.find_facts(key_).has_value());
  store::ModelFacts facts{.model = "m", .settings = {{"steps", 4}}, .parameters = 7, .device = "cpu"};
  facts.weights_bytes = 28;
  cache_.insert_facts(key_, facts);
  const auto found = cache_.find_facts(key_);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->model, "");
  EXPECT_EQ(found->settings, facts.settings);
  EXPECT_EQ(found->parameters, 7U);
  EXPECT_EQ(found->weights_bytes, 28U);
  EXPECT_EQ(found->device, "cpu");
  write_file_atomic(folder_.path() / "cache" / "models" / (key_ + ".json"), "{\"settings\": 1}");
  EXPECT_FALSE(cache_.find_facts(key_).has_value());
}

}  // namespace
}  // namespace vidbench::engine
