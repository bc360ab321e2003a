#include "config/edit.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/error.h"

namespace vidbench::config {
namespace {

using Path = std::vector<std::string>;

std::string edited(const std::string& text, const Path& path, const std::optional<std::string>& value) {
  return edit_yaml(text, "x.yaml", path, value);
}

constexpr const char* kFile = R"(# ours
store: sqlite:a.db   # shared

run:
  # two at a time
  workers: 2
  seeds:   # of the paper
  - 1
  - 2
format: csv
# the end
)";

TEST(Edit, ReplacesOneValue) {
  std::string wanted = kFile;
  wanted.replace(wanted.find("workers: 2"), 10, "workers: 4");
  EXPECT_EQ(edited(kFile, {"run", "workers"}, "4"), wanted);
  wanted = kFile;
  wanted.replace(wanted.find("sqlite:a.db"), 11, "\"sqlite:b.db\"");
  EXPECT_EQ(edited(kFile, {"store"}, "\"sqlite:b.db\""), wanted) << "the comment after it stays";
}

TEST(Edit, ReplacesAList) {
  std::string wanted = kFile;
  wanted.replace(wanted.find("seeds:   # of the paper\n  - 1\n  - 2"), 35, "seeds: [3]   # of the paper");
  EXPECT_EQ(edited(kFile, {"run", "seeds"}, "[3]"), wanted);
}

TEST(Edit, AddsAtTheEndOfItsMapping) {
  std::string wanted = kFile;
  wanted.insert(wanted.find("format: csv"), "  limit: 5\n");
  EXPECT_EQ(edited(kFile, {"run", "limit"}, "5"), wanted);
  EXPECT_EQ(edited(kFile, {"offline"}, "true"), std::string(kFile) + "offline: true\n");
  EXPECT_EQ(edited(kFile, {"profiles", "ci", "run", "limit"}, "5"),
            std::string(kFile) + "profiles:\n  ci:\n    run:\n      limit: 5\n");
}

TEST(Edit, FilesWithLittleInThem) {
  EXPECT_EQ(edited("", {"a"}, "1"), "a: 1\n");
  EXPECT_EQ(edited("# only this", {"a", "b"}, "1"), "# only this\na:\n  b: 1\n");
  EXPECT_EQ(edited("a:\n", {"a", "b"}, "1"), "a:\n  b: 1\n");
  EXPECT_EQ(edited("a: 1", {"b"}, "2"), "a: 1\nb: 2\n");
  EXPECT_EQ(edited("a: 1\r\nb: 2\r\n", {"a"}, "3"), "a: 3\r\nb: 2\r\n");
}

TEST(Edit, TakesOut) {
  std::string wanted = kFile;
  wanted.erase(wanted.find("format: csv\n"), 12);
  EXPECT_EQ(edited(kFile, {"format"}, std::nullopt), wanted);
  EXPECT_EQ(edited(kFile, {"run", "limit"}, std::nullopt), kFile) << "it is not there";
  EXPECT_EQ(edited("a:\n  b: 1\n", {"a", "b"}, std::nullopt), "a:\n");
}

TEST(Edit, WritesMappingsInBracesOut) {
  EXPECT_EQ(edited("x: 1\nrun: {workers: 2, limit: 3}\ny: 2\n", {"run", "workers"}, "4"),
            "x: 1\nrun:\n  limit: 3\n  workers: 4\ny: 2\n");
  EXPECT_EQ(edited("p: {ci: {format: json}}\n", {"p", "ci", "run", "limit"}, "1"),
            "p:\n  ci:\n    format: json\n    run:\n      limit: 1\n");
  EXPECT_EQ(edited("run: {workers: 2}\n", {"run", "workers"}, std::nullopt), "run:\n");
  EXPECT_EQ(edited("run: {a: \"3\"}\n", {"run", "b"}, "1"), "run:\n  a: \"3\"\n  b: 1\n");
}

TEST(Edit, RefusesWhatItWouldSpoil) {
  for (const char* text : {"{a: 1}\n", "run: {workers: 2,  # two\n  limit: 3}\n", "a: [1,\n2]\nb: 1\n",
                           "a: |\n  text # no comment\nb: 1\n"}) {
    const Path path = std::string(text).starts_with("run") ? Path{"run", "workers"} : Path{"a"};
    try {
      const std::string result = edited(text, path, "7");
      // Where it does not refuse, the rest is as it was.
      EXPECT_NE(result.find("7"), std::string::npos);
      EXPECT_EQ(std::string(text).find("b: 1") == std::string::npos,
                result.find("b: 1") == std::string::npos);
      EXPECT_EQ(std::string(text).find("# two") == std::string::npos,
                result.find("# two") == std::string::npos);
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kInput);
      EXPECT_NE(std::string(e.what()).find("x.yaml: "), std::string::npos) << e.what();
    }
  }
  EXPECT_THROW((void)edited("{a: 1}\n", {"a"}, "7"), Error);
  EXPECT_THROW((void)edited("a: [1\n", {"a"}, "7"), Error) << "not YAML";
  EXPECT_THROW((void)edited("just a text\n", {"a"}, "7"), Error);
  EXPECT_THROW((void)edited("a: 1\rb: 2\n", {"a"}, "7"), Error) << "a carriage return alone";
  EXPECT_EQ(edited("a: 1\r\n", {"a"}, "7"), "a: 7\r\n");
  EXPECT_THROW((void)edited("run:\n- ' \x04orkers: 2\n  1- \n'\n", {"run", "workers"}, "7"), Error);
}

TEST(Edit, QuotedKeysAndValues) {
  EXPECT_EQ(edited("\"a\": 'x # y'  # z\n", {"a"}, "1"), "a: 1  # z\n");
  EXPECT_EQ(edited("a: \"x \\\" # y\"\n", {"a"}, "1"), "a: 1\n");
}

}  // namespace
}  // namespace vidbench::config
