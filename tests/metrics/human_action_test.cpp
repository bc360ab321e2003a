// What human action asks of a prompt, and which logits count as seen; by hand after VBench's code.
#include "metrics/human_action.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/files.h"

namespace vidbench::metrics {
namespace {

TEST(HumanAction, TheActionIsWhatAPersonIsDoing) {
  EXPECT_EQ(asked_action("A person is riding a bike"), "riding a bike");
  EXPECT_EQ(asked_action("A Person is Shooting goal (soccer) "), "shooting goal (soccer)");
  EXPECT_EQ(asked_action("One person is old, one person is playing harp"), "playing harp");
  EXPECT_EQ(asked_action("marching"), "marching");
  EXPECT_EQ(asked_action("A person is "), "");
  EXPECT_EQ(asked_action(""), "");
}

float logit(double probability) { return static_cast<float>(std::log(probability / (1 - probability))); }

TEST(HumanAction, FiveAreLookedAtAndTheUnlikelyLeftOut) {
  std::vector<float> logits(400, -5);
  logits[7] = logit(0.9);
  logits[399] = logit(0.99);
  logits[20] = logit(0.84996);  // 0.85 in four digits
  logits[21] = logit(0.84994);
  EXPECT_EQ(seen_actions(logits), (std::vector<size_t>{399, 7, 20}));
  for (const size_t i : {100, 101, 102, 103}) logits[i] = 10 + static_cast<float>(i);
  EXPECT_EQ(seen_actions(logits), (std::vector<size_t>{103, 102, 101, 100, 399}));
  EXPECT_TRUE(seen_actions(std::vector<float>(400, -1)).empty());
  EXPECT_EQ(seen_actions(std::vector<float>{9}), (std::vector<size_t>{0}));
}

class ActionList : public ::testing::Test {
 protected:
  std::string refusal(const std::string& content) {
    write_file_atomic(file_, content, Durability::kCrash);
    try {
      (void)read_actions(file_, 2);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInput);
      EXPECT_NE(std::string(error.what()).find(file_.string()), std::string::npos);
      return error.what();
    }
    return "";
  }
  TemporaryDirectory folder_;
  std::filesystem::path file_ = folder_.path() / "list.txt";
};

TEST_F(ActionList, IsReadByIndex) {
  write_file_atomic(file_, "Marching\t1\r\nriding a bike\t0\n\n", Durability::kCrash);
  EXPECT_EQ(read_actions(file_, 2), (std::vector<std::string>{"riding a bike", "marching"}));
}

TEST_F(ActionList, RefusesWhatIsNoList) {
  EXPECT_NE(refusal("a\t0\nb 1\n").find("line 2 is not a name"), std::string::npos);
  EXPECT_NE(refusal("a\t0\nb\tone\n").find("line 2 has no whole number"), std::string::npos);
  EXPECT_NE(refusal("a\t0\nb\t1x\n").find("line 2 has no whole number"), std::string::npos);
  EXPECT_NE(refusal("a\t0\nb\t-1\n").find("line 2 has no whole number"), std::string::npos);
  EXPECT_NE(refusal("a\t0\nb\t2\n").find("line 2 has an index that is not below 2"), std::string::npos);
  EXPECT_NE(refusal("a\t0\nb\t0\n").find("line 2 has the index 0 again"), std::string::npos);
  EXPECT_NE(refusal("a\t0\n").find("has no action 1"), std::string::npos);
  EXPECT_NE(refusal("").find("has no action 0"), std::string::npos);
}

}  // namespace
}  // namespace vidbench::metrics
