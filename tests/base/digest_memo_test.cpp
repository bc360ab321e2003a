#include "base/digest_memo.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"

namespace vidbench {
namespace {

namespace fs = std::filesystem;

class DigestMemoTest : public ::testing::Test {
 protected:
  // A file that was written some time ago, as most are. Its ctime is of now: only that is waited for.
  fs::path write(const std::string& content) {
    const fs::path file = folder_.path() / "video.mp4";
    write_file_atomic(file, content);
    return file;
  }
  static void settle() { std::this_thread::sleep_for(std::chrono::milliseconds(2100)); }
  [[nodiscard]] size_t entries() const {
    std::error_code ec;
    size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path() / "memo", ec))
      count += entry.is_regular_file();
    return count;
  }
  // Puts another digest into the only entry: whether it comes back tells whether the entry was used.
  void forge(const std::string& digest) {
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path() / "memo")) {
      if (!entry.is_regular_file()) continue;
      std::string text = read_file(entry.path());
      text.replace(text.size() - 64, 64, digest);
      write_file_atomic(entry.path(), text);
    }
  }

  TemporaryDirectory folder_;
  DigestMemo memo_{folder_.path() / "memo"};
  const std::string forged_ = std::string(64, 'f');
};

TEST_F(DigestMemoTest, RemembersAFileThatHasSettled) {
  const fs::path file = write("one");
  EXPECT_EQ(memo_.sha256(file), sha256_hex("one"));
  EXPECT_EQ(entries(), 0U) << "a file that was written just now may change within one tick of its clock";
  settle();
  EXPECT_EQ(memo_.sha256(file), sha256_hex("one"));
  ASSERT_EQ(entries(), 1U);
  forge(forged_);
  EXPECT_EQ(memo_.sha256(file), forged_);
  write("two");
  EXPECT_EQ(memo_.sha256(file), sha256_hex("two"));
}

TEST_F(DigestMemoTest, ADamagedEntryIsNotBelieved) {
  const fs::path file = write("one");
  settle();
  (void)memo_.sha256(file);
  ASSERT_EQ(entries(), 1U);
  forge("short");
  EXPECT_EQ(memo_.sha256(file), sha256_hex("one"));
}

TEST_F(DigestMemoTest, WorksWithoutAFolderToWriteTo) {
  const fs::path file = write("one");
  write_file_atomic(folder_.path() / "occupied", "a file");
  settle();
  EXPECT_EQ(DigestMemo(folder_.path() / "occupied").sha256(file), sha256_hex("one"));
  EXPECT_THROW((void)memo_.sha256(folder_.path() / "none"), Error);
}

}  // namespace
}  // namespace vidbench
