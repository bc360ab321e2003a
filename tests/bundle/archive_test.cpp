#include "bundle/archive.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"

namespace vidbench::bundle {
namespace {

std::string read_entry(ArchiveReader& reader) {
  std::string all, block(7, '\0');
  while (const size_t count = reader.read(block)) all += block.substr(0, count);
  return all;
}

class ArchiveTest : public ::testing::Test {
 protected:
  void write(const std::filesystem::path& file) const {
    ArchiveWriter writer(file);
    writer.begin("a", 11);
    writer.write("hello ");
    writer.write("world");
    writer.begin("videos/" + std::string(190, 'x'), 0);
    writer.finish();
  }
  [[nodiscard]] std::filesystem::path file(const char* name = "sub/a.tar.zst") const {
    return folder_.path() / name;
  }
  TemporaryDirectory folder_;
};

TEST_F(ArchiveTest, ReadsWhatItWrote) {
  write(file());
  ArchiveReader reader(file());
  const auto first = reader.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->name, "a");
  EXPECT_EQ(first->bytes, 11U);
  EXPECT_EQ(read_entry(reader), "hello world");
  const auto second = reader.next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->name, "videos/" + std::string(190, 'x'));
  EXPECT_EQ(read_entry(reader), "");
  EXPECT_FALSE(reader.next());
}

TEST_F(ArchiveTest, TheSameContentGivesTheSameBytes) {
  write(file("1"));
  write(file("2"));
  EXPECT_EQ(read_file(file("1")), read_file(file("2")));
}

TEST_F(ArchiveTest, AnUnfinishedArchiveIsNotThere) {
  {
    ArchiveWriter writer(file());
    writer.begin("a", 11);
    writer.write("hello");
  }
  EXPECT_TRUE(std::filesystem::is_empty(file().parent_path()));
}

TEST_F(ArchiveTest, EveryShorterFileIsRefusedOrWhole) {
  write(file());
  const std::string whole = read_file(file());
  size_t refused = 0;
  for (size_t size = 0; size + 1 < whole.size(); ++size) {
    try {
      ArchiveReader reader(std::string_view(whole).substr(0, size), "cut");
      while (reader.next()) {
        const std::string content = read_entry(reader);
        EXPECT_TRUE(content.empty() || content == "hello world") << content;
      }
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kInput);
      EXPECT_TRUE(std::string(e.what()).starts_with("cut: "));
      ++refused;
    }
  }
  EXPECT_GT(refused, whole.size() / 2);
}

TEST_F(ArchiveTest, AFolderThatCannotBeWrittenIsNamed) {
  write_file_atomic(file("plain"), "x");
  try {
    const ArchiveWriter writer(file("plain") / "b.tar.zst");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kEnvironment);
    EXPECT_NE(std::string(e.what()).find("plain/b.tar.zst"), std::string::npos);
  }
}

}  // namespace
}  // namespace vidbench::bundle
