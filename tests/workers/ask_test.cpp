#include "workers/ask.h"

#include <gtest/gtest.h>

namespace vidbench::workers {
namespace {

TEST(Ask, TellsHowItEnded) {
  EXPECT_TRUE(ask({"/bin/sh", "-c", "echo out; echo err >&2"}, 20).ok);
  EXPECT_EQ(ask({"/bin/sh", "-c", "echo out; echo err >&2"}, 20).output, "out\nerr\n");
  const Answer failed = ask({"/bin/sh", "-c", "echo why; exit 3"}, 20);
  EXPECT_FALSE(failed.ok);
  EXPECT_EQ(failed.end, "ended with exit code 3");
  EXPECT_EQ(failed.output, "why\n");
  EXPECT_FALSE(ask({"/nowhere/program"}, 20).ok);
  EXPECT_NE(ask({"/nowhere/program"}, 20).end.find("/nowhere/program"), std::string::npos);
}

TEST(Ask, WaitsForNobodyForEver) {
  const Answer answer = ask({"/bin/sh", "-c", "echo begun; sleep 600"}, 0.5);
  EXPECT_FALSE(answer.ok);
  EXPECT_EQ(answer.output, "begun\n");
  EXPECT_NE(answer.end.find("did not end"), std::string::npos);
}

TEST(Ask, KeepsAPartOfEndlessOutput) {
  EXPECT_LE(ask({"/bin/sh", "-c", "exec yes"}, 0.5).output.size(), size_t{70} << 10);
}

TEST(Ask, GivesTheEnvironmentOn) {
  EXPECT_EQ(ask({"/bin/sh", "-c", "echo $X"}, 20, {{"X", "1"}}).output, "1\n");
}

}  // namespace
}  // namespace vidbench::workers
