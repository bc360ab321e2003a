#include "base/files.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iterator>
#include <optional>
#include <thread>
#include <vector>

#include "base/error.h"

namespace vidbench {
namespace {
namespace fs = std::filesystem;

size_t entries_in(const fs::path& folder) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

// Sets an environment variable for one test; nullptr unsets it.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    set(value);
  }
  ~ScopedVariable() { set(old_ ? old_->c_str() : nullptr); }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  void set(const char* value) const {
    if (value != nullptr) {
      setenv(name_, value, 1);
    } else {
      unsetenv(name_);
    }
  }
  const char* name_;
  std::optional<std::string> old_;
};

TEST(ReadFile, GivesBackEveryByte) {
  const TemporaryDirectory folder;
  std::string content;
  for (int i = 0; i < 300000; ++i) content += static_cast<char>(i % 256);  // several blocks, with NUL and CR
  write_file_atomic(folder.path() / "f", content);
  EXPECT_EQ(read_file(folder.path() / "f"), content);
}

TEST(ReadFile, HoldsItsLimit) {
  const TemporaryDirectory folder;
  write_file_atomic(folder.path() / "f", std::string(100, 'x'));
  EXPECT_EQ(read_file(folder.path() / "f", 100).size(), 100u);
  try {
    (void)read_file(folder.path() / "f", 99);
    ADD_FAILURE() << "read more than the limit";
  } catch (const Error& e) {
    EXPECT_EQ(e.what(), (folder.path() / "f").string() + " is larger than 99 bytes");
  }
  EXPECT_THROW((void)read_file("/dev/zero", 1000), Error);  // endless
}

TEST(ReadFile, NamesWhatItCannotRead) {
  const TemporaryDirectory folder;
  try {
    (void)read_file(folder.path() / "none");
    ADD_FAILURE() << "read a missing file";
  } catch (const Error& e) {
    EXPECT_EQ(e.what(), "cannot read " + (folder.path() / "none").string() + ": No such file or directory");
    EXPECT_EQ(e.code(), ErrorCode::kInput);
  }
  try {
    (void)read_file(folder.path());
    ADD_FAILURE() << "read a directory";
  } catch (const Error& e) {
    EXPECT_EQ(e.what(), folder.path().string() + " is a directory, not a file");
  }
}

TEST(WriteFileAtomic, CreatesParentsReplacesAndLeavesNothingElse) {
  const TemporaryDirectory folder;
  const fs::path path = folder.path() / "a" / "b" / "file.json";
  write_file_atomic(path, "first, the longer one");
  write_file_atomic(path, "second");
  EXPECT_EQ(read_file(path), "second");
  EXPECT_EQ(entries_in(path.parent_path()), 1u);
}

// A reader beside a writer sees one of the two contents, never a mixture or a part.
TEST(WriteFileAtomic, ReadersSeeWholeFiles) {
  const TemporaryDirectory folder;
  const fs::path path = folder.path() / "file";
  const std::string one(200000, '1'), two(100000, '2');
  write_file_atomic(path, one);
  const std::jthread writer([&](const std::stop_token& stop) {
    for (int i = 0; !stop.stop_requested(); ++i) write_file_atomic(path, i % 2 == 0 ? two : one);
  });
  int ones = 0, twos = 0;
  for (int i = 0; i < 100000 && (ones < 20 || twos < 20); ++i) {
    const std::string content = read_file(path);
    ASSERT_TRUE(content == one || content == two) << content.size();
    ++(content == one ? ones : twos);
  }
  EXPECT_GE(ones, 20);
  EXPECT_GE(twos, 20);
}

TEST(WriteFileAtomic, KeepsTheOldFileWhenItCannotWrite) {
  const TemporaryDirectory folder;
  fs::create_directory(folder.path() / "taken");
  write_file_atomic(folder.path() / "taken" / "inner", "kept");
  try {
    write_file_atomic(folder.path() / "taken", "x");  // a folder that is not empty has this name
    ADD_FAILURE() << "replaced a folder";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kEnvironment);
    EXPECT_NE(std::string(e.what()).find((folder.path() / "taken").string()), std::string::npos);
  }
  EXPECT_EQ(read_file(folder.path() / "taken" / "inner"), "kept");
  EXPECT_EQ(entries_in(folder.path()), 1u);  // no temporary file stays behind
}

TEST(WriteFileAtomic, AParentThatIsAFileIsAnErrorOfOurs) {
  const TemporaryDirectory folder;
  write_file_atomic(folder.path() / "file", "x");
  EXPECT_THROW(write_file_atomic(folder.path() / "file" / "below", "x"), Error);
}

TEST(WriteFileAtomic, ThreadsMayWriteTheSamePath) {
  const TemporaryDirectory folder;
  const fs::path path = folder.path() / "same";
  {
    std::vector<std::jthread> writers;
    for (char c = 'a'; c < 'e'; ++c)
      writers.emplace_back([&path, c] {
        for (int i = 0; i < 50; ++i)
          EXPECT_NO_THROW(write_file_atomic(path, std::string(10000, c), Durability::kCrash));
      });
  }
  const std::string content = read_file(path);
  EXPECT_EQ(content, std::string(10000, content[0]));
  EXPECT_EQ(entries_in(folder.path()), 1u);
}

TEST(TemporaryDirectoryTest, IsFreshAndRemovedWithItsContent) {
  fs::path path;
  {
    const TemporaryDirectory first("base-test"), second("base-test");
    EXPECT_NE(first.path(), second.path());
    EXPECT_TRUE(fs::is_empty(first.path()));
    path = first.path();
    write_file_atomic(path / "deep" / "file", "x");
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(Homes, FollowXdgWithItsDefaults) {
  const ScopedVariable home("HOME", "/home/someone");
  {
    const ScopedVariable data("XDG_DATA_HOME", "/data"), cache("XDG_CACHE_HOME", "/cache");
    EXPECT_EQ(data_home(), "/data/vidbench");
    EXPECT_EQ(cache_home(), "/cache/vidbench");
  }
  const ScopedVariable data("XDG_DATA_HOME", ""), cache("XDG_CACHE_HOME", nullptr);  // empty counts as unset
  EXPECT_EQ(data_home(), "/home/someone/.local/share/vidbench");
  EXPECT_EQ(cache_home(), "/home/someone/.cache/vidbench");
}

TEST(ResourceRoot, FollowsTheVariable) {
  const ScopedVariable home("VIDBENCH_HOME", "/opt/vidbench");
  EXPECT_EQ(resource_root(), "/opt/vidbench");
}

// The build tree has folders named suites/ too.
TEST(ResourceRoot, IsFoundAboveTheExecutable) {
  const ScopedVariable home("VIDBENCH_HOME", nullptr);
  EXPECT_TRUE(fs::exists(resource_root() / "suites" / "quickstart.yaml"));
}

TEST(ExecutableDirectory, IsWhereThisTestRuns) {
  EXPECT_TRUE(fs::exists(executable_directory() / "base_test"));
}

}  // namespace
}  // namespace vidbench
