#include "blobs/store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <map>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "blobs/check.h"
#include "blobs/collect.h"
#include "blobs/hub_cache.h"
#include "blobs/lease.h"

namespace vidbench::blobs {
namespace {
namespace fs = std::filesystem;

class StoreTest : public testing::Test {
 protected:
  // Used at `second` of 1970.
  Manifest add(const std::string& repository, const std::vector<std::pair<std::string, std::string>>& files,
               int64_t second, const std::string& path = "", char commit = 'a') {
    Manifest manifest{
        {"h", repository, "main", path, ""}, std::string(40, commit), "2026-01-01T00:00:00Z", {}};
    store_.make_folders();
    for (const auto& [name, content] : files) {
      write_file_atomic(store_.blob(sha256_hex(content)), content);
      manifest.files.push_back({name, sha256_hex(content), content.size(), "", "", false});
    }
    store_.publish(manifest);
    const timespec times[2] = {{second, 0}, {second, 0}};
    ::utimensat(AT_FDCWD, store_.manifest(manifest.reference).c_str(), times, 0);
    return manifest;
  }
  [[nodiscard]] size_t blobs() const { return store_.blobs().size(); }

  TemporaryDirectory home_;
  Store store_{home_.path() / "store"};
};

TEST_F(StoreTest, PublishesAFolderOfLinks) {
  const Manifest manifest = add("a/b", {{"x/y", "content"}, {"z", ""}}, 1);
  const auto folder = store_.find(manifest.reference);
  ASSERT_TRUE(folder);
  EXPECT_EQ(read_file(*folder / "x/y"), "content");
  EXPECT_TRUE(fs::is_symlink(*folder / "z"));
  EXPECT_TRUE(store_.is_complete(manifest));
  EXPECT_EQ(to_json(store_.manifests().at(0).manifest), to_json(manifest));
  fs::rename(store_.root(), home_.path() / "moved");
  EXPECT_EQ(read_file(*Store(home_.path() / "moved").find(manifest.reference) / "x/y"), "content");
}

TEST_F(StoreTest, WithdrawsWhatNoOtherReferenceHas) {
  const Manifest whole = add("a/b", {{"x", "1"}, {"y", "2"}}, 1);
  const Manifest part = add("a/b", {{"x", "1"}}, 1, "x");
  store_.withdraw(whole);
  EXPECT_FALSE(store_.find(whole.reference));
  const auto folder = store_.find(part.reference);
  ASSERT_TRUE(folder);
  EXPECT_TRUE(fs::exists(*folder / "x"));
  EXPECT_FALSE(fs::exists(fs::symlink_status(*folder / "y")));
  store_.withdraw(part);
  EXPECT_FALSE(fs::exists(store_.root() / "hub"));
  EXPECT_EQ(blobs(), 2U);
}

TEST_F(StoreTest, CollectsWhatNobodyNames) {
  add("a/b", {{"x", "1"}}, 1);
  write_file_atomic(store_.blob(sha256_hex("orphan")), "orphan");
  write_file_atomic(store_.root() / "blobs/notes.txt", "somebody's");
  EXPECT_EQ(collect(store_, {.dry_run = true}).freed_bytes, 6U);
  EXPECT_EQ(blobs(), 2U);
  const Collected collected = collect(store_, {});
  EXPECT_EQ(collected.removed_blobs, 1U);
  EXPECT_EQ(collected.left_bytes, 1U);
  EXPECT_TRUE(fs::exists(store_.root() / "blobs/notes.txt"));
}

TEST_F(StoreTest, EvictsTheLeastRecentlyUsedAndKeepsWhatIsShared) {
  add("a/old", {{"x", std::string(100, 'o')}, {"s", std::string(50, 's')}}, 1);
  add("a/new", {{"x", std::string(100, 'n')}, {"s", std::string(50, 's')}}, 2);
  const Collected collected = collect(store_, {.max_bytes = 200});
  ASSERT_EQ(collected.evicted.size(), 1U);
  EXPECT_EQ(collected.evicted[0].reference, "a/old");
  EXPECT_EQ(collected.left_bytes, 150U);
  EXPECT_EQ(blobs(), 2U);
}

TEST_F(StoreTest, NeverTakesWhatIsClaimed) {
  const Manifest old = add("a/old", {{"x", "old"}}, 1);
  add("a/new", {{"x", "new"}}, 2);
  write_file_atomic(store_.blob(sha256_hex("coming")), "coming");
  {
    Lease lease(store_);
    lease.claim(old);
    lease.claim_blob(sha256_hex("coming"));
    // The reference leads to something else meanwhile: what is in use is the old.
    const Manifest newer = add("a/old", {{"x", "newer"}}, 1, "", 'b');
    const Collected collected = collect(store_, {.max_bytes = 0});
    ASSERT_EQ(collected.evicted.size(), 1U);
    EXPECT_EQ(collected.evicted[0].reference, "a/new");
    EXPECT_TRUE(store_.has_blob(sha256_hex("old"), 3));
    EXPECT_TRUE(store_.has_blob(sha256_hex("coming"), 6));
    EXPECT_TRUE(fs::exists(store_.snapshot(old.reference, old.commit) / "x"));
    EXPECT_EQ(collected.in_use_bytes, 9U);
  }
  EXPECT_EQ(collect(store_, {.max_bytes = 0}).evicted.size(), 1U);
  EXPECT_EQ(blobs(), 0U);
  EXPECT_TRUE(fs::is_empty(store_.leases()));
}

TEST_F(StoreTest, RemovesOldPartsThatNobodyHolds) {
  store_.make_folders();
  const fs::path part = store_.parts() / "abc.ranges";
  write_file_atomic(part, "x");
  EXPECT_EQ(collect(store_, {}).removed_parts, 0U) << "somebody may go on with it";
  EXPECT_EQ(collect(store_, {.parts_age_s = 0}).removed_parts, 1U);
  EXPECT_FALSE(fs::exists(part));
}

TEST_F(StoreTest, ChecksEveryBlob) {
  const Manifest manifest = add("a/b", {{"x", "sound"}, {"y", "spoilt"}, {"z", "gone"}}, 1);
  write_file_atomic(store_.blob(sha256_hex("spoilt")), "tlioqs");
  fs::remove(store_.blob(sha256_hex("gone")));
  std::map<std::string, CheckedBlob::State> states;
  for (const CheckedBlob& blob : check(store_, [](const auto&) {}, {})) {
    states[blob.sha256] = blob.state;
    EXPECT_EQ(blob.needed_by, std::vector<std::string>{"a/b"});
  }
  EXPECT_EQ(states[sha256_hex("sound")], CheckedBlob::State::kSound);
  EXPECT_EQ(states[sha256_hex("spoilt")], CheckedBlob::State::kDamaged);
  EXPECT_EQ(states[sha256_hex("gone")], CheckedBlob::State::kMissing);
}

TEST_F(StoreTest, TheStoreComesBeforeTheHubCache) {
  const fs::path cache = home_.path() / "hub";
  const Reference reference{"h", "a/b"};
  EXPECT_FALSE(find_files(store_, cache, reference));
  write_file_atomic(cache / "models--a--b/snapshots" / std::string(40, 'f') / "x", "1");
  EXPECT_FALSE(find_files(store_, cache, reference)->in_store);
  EXPECT_FALSE(find_files(store_, cache, {"h", "a/b", "other"})) << "another revision is another thing";
  EXPECT_FALSE(find_files(store_, cache, {"h", "a/b", "main", "y"}));
  add("a/b", {{"x", "1"}}, 1);
  EXPECT_TRUE(find_files(store_, cache, reference)->in_store);
}

TEST_F(StoreTest, APipelineTellsWhetherItIsWhole) {
  const fs::path folder = home_.path() / "snapshot";
  const Reference reference{"h", "a/b"};
  EXPECT_FALSE(is_whole(folder, reference));
  write_file_atomic(folder / "model_index.json", R"({"vae": ["d", "V"], "te": ["t", "T"]})");
  write_file_atomic(folder / "vae/config.json", "{}");
  write_file_atomic(folder / "te/config.json", "{}");
  EXPECT_FALSE(is_whole(folder, reference)) << "weights are missing";
  write_file_atomic(folder / "vae/model.bin", "x");
  write_file_atomic(folder / "te/model.safetensors.index.json",
                    R"({"weight_map": {"a": "model-00001-of-00001.safetensors"}})");
  EXPECT_FALSE(is_whole(folder, reference)) << "a shard is missing";
  write_file_atomic(folder / "te/model-00001-of-00001.safetensors", "x");
  EXPECT_TRUE(is_whole(folder, reference));
  write_file_atomic(folder / "te/model.safetensors.index.json", "broken");
  EXPECT_FALSE(is_whole(folder, reference));
}

}  // namespace
}  // namespace vidbench::blobs
