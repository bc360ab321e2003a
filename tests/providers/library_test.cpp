#include "providers/library.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"
#include "base/files.h"

namespace vidbench::providers {
namespace {

std::string provider_file(const std::string& name, const std::string& secret) {
  return "provider: " + name + "\nbase_url: https://api.example.com/v1\nsources: [here]\nsecrets: {key: [" +
         secret +
         "]}\nauth: {kind: bearer, secret: key}\nsubmit: {call: POST /jobs, capture: {id: /id}}\n"
         "fields: {prompt: {at: /prompt}}\n"
         "poll: {call: \"GET /jobs/{id}\", status: {at: /status, success: [ok]}}\nresult: {kind: url, at: "
         "/url}\n";
}

class NeedsTest : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("VIDBENCH_HOME", home_.path().c_str(), 1);
    ::setenv("XDG_CACHE_HOME", (home_.path() / "cache").c_str(), 1);
    write("one", provider_file("one", "NEEDS_TEST_ONE"));
  }
  void TearDown() override {
    ::unsetenv("VIDBENCH_HOME");
    ::unsetenv("XDG_CACHE_HOME");
  }
  void write(const std::string& name, const std::string& text) {
    write_file_atomic(home_.path() / "providers" / (name + ".yaml"), text);
  }
  static std::string missing(const std::string& provider) {
    const auto missing = Needs().missing({{"provider", provider}});
    return missing.empty() ? "" : missing.front();
  }

  TemporaryDirectory home_;
};

TEST_F(NeedsTest, AreTheSameFromTheIndex) {
  const std::string first = missing("one");
  EXPECT_TRUE(first.starts_with("NEEDS_TEST_ONE is not set")) << first;
  EXPECT_EQ(missing("one"), first);
  EXPECT_EQ(find_missing({{"provider", "one"}}).front(), first);
}

TEST_F(NeedsTest, AChangedFileIsReadAgain) {
  EXPECT_TRUE(missing("one").starts_with("NEEDS_TEST_ONE "));
  write("one", provider_file("one", "NEEDS_TEST_OTHER"));
  EXPECT_TRUE(missing("one").starts_with("NEEDS_TEST_OTHER "));
}

TEST_F(NeedsTest, AFaultIsThatOfWhoNamesTheProvider) {
  write("broken", "provider: [");
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(missing("one").starts_with("NEEDS_TEST_ONE "));
    EXPECT_THROW((void)missing("broken"), Error);
  }
}

}  // namespace
}  // namespace vidbench::providers
