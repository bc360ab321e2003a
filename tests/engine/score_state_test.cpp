#include "engine/score_state.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/files.h"
#include "base/strings.h"

namespace vidbench::engine {
namespace {

store::VideoMeasurements video(const std::string& file, double value, std::vector<float> feature) {
  return {.file = file,
          .path = "/videos/" + file,
          .asked = {"a \"red\" square\n"},
          .measurements = store::Measurements{.values = {{"m", value}},
                                              .features = {{"f", std::move(feature)}},
                                              .missing = {{"x", "too short"}}}};
}

ScoreState state() {
  ScoreState state;
  state.metrics = {{.id = "m", .title = "M"},
                   {.id = "d", .is_set = true, .reducer = "frechet", .features = "f"}};
  state.videos = {video("a.mp4", 1.0 / 3, {1, -2.5F}), video("b/c.mp4", 1e-300, {0.1F, 3e-39F}),
                  video("b-x.mp4", -0.0, {5, 6})};
  state.videos.push_back({.file = "d.mp4",
                          .path = "/videos/d.mp4",
                          .failure = store::Failure{"bad-output", "no video in it", ""}});
  state.reference = {video("r.mp4", 7, {1, 2}), video("s.mp4", 8, {3, 4})};
  return state;
}

void expect_equal(const std::vector<store::VideoMeasurements>& a,
                  const std::vector<store::VideoMeasurements>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].file, b[i].file);
    EXPECT_EQ(a[i].path, b[i].path);
    EXPECT_EQ(a[i].asked.prompt, b[i].asked.prompt);
    ASSERT_EQ(a[i].measurements.has_value(), b[i].measurements.has_value()) << a[i].file;
    ASSERT_EQ(a[i].failure.has_value(), b[i].failure.has_value()) << a[i].file;
    if (a[i].failure) {
      EXPECT_EQ(a[i].failure->message, b[i].failure->message);
    }
    if (!a[i].measurements) continue;
    EXPECT_EQ(a[i].measurements->values, b[i].measurements->values);
    EXPECT_EQ(a[i].measurements->features, b[i].measurements->features);
    EXPECT_EQ(a[i].measurements->missing, b[i].measurements->missing);
  }
}

class ScoreStateTest : public testing::Test {
 protected:
  std::filesystem::path file(const std::string& name) const { return folder_.path() / name; }
  // Writes the shards of `whole`, in reverse; returns their files.
  std::vector<std::filesystem::path> write_shards(const ScoreState& whole, size_t count) const {
    std::vector<std::filesystem::path> paths;
    for (size_t index = count; index >= 1; --index) {
      const Shard shard{index, count};
      paths.push_back(file("part" + std::to_string(index)));
      write_score_state(paths.back(), {shard, whole.metrics, take_shard(whole.videos, shard),
                                       take_shard(whole.reference, shard)});
    }
    return paths;
  }
  static std::string message(const auto& call) {
    try {
      (void)call();
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kInput);
      return e.what();
    }
    return "nothing was thrown";
  }

  TemporaryDirectory folder_;
};

TEST_F(ScoreStateTest, IsReadAsItWasWritten) {
  write_score_state(file("s"), state());
  const ScoreState read = read_score_state(file("s"));
  expect_equal(read.videos, state().videos);
  expect_equal(read.reference, state().reference);
  ASSERT_EQ(read.metrics.size(), 2);
  EXPECT_EQ(to_json(read.metrics[1]), to_json(state().metrics[1]));
}

TEST_F(ScoreStateTest, ShardsMakeTheWholeAgain) {
  // The order of find_videos: folder by folder.
  ScoreState whole = state();
  std::swap(whole.videos[1], whole.videos[2]);
  std::ranges::sort(whole.videos, {}, [](const auto& v) { return std::filesystem::path(v.file); });
  for (const size_t count : {1, 2, 3, 5}) {
    const ScoreState merged = merge_score_states(write_shards(whole, count));
    expect_equal(merged.videos, whole.videos);
    expect_equal(merged.reference, whole.reference);
  }
}

TEST_F(ScoreStateTest, RefusesWhatDoesNotBelongTogether) {
  const auto parts = write_shards(state(), 3);
  EXPECT_NE(message([&] {
              return merge_score_states({parts[0], parts[2]});
            }).find("shard 2 of 3 is missing"),
            std::string::npos);
  EXPECT_NE(message([&] {
              return merge_score_states({parts[0], parts[0]});
            }).find("part3: shard 3 is there twice"),
            std::string::npos);
  ScoreState other = state();
  other.metrics[1].weights_sha256 = "another";
  write_score_state(file("other"), {{2, 3}, other.metrics, {}, {}});
  EXPECT_NE(message([&] {
              return merge_score_states({parts[0], file("other"), parts[2]});
            }).find("other: metric 'd' is not defined as in the first file"),
            std::string::npos);
  write_score_state(file("same"), {{2, 3}, state().metrics, take_shard(state().videos, {1, 3}), {}});
  EXPECT_NE(message([&] {
              return merge_score_states({parts[0], file("same"), parts[2]});
            }).find("a.mp4 of the videos is in two of the files"),
            std::string::npos);
  write_score_state(file("halves"), {{2, 2}, state().metrics, {}, {}});
  EXPECT_NE(message([&] {
              return merge_score_states({parts[0], file("halves")});
            }).find("is a shard of 2"),
            std::string::npos);
  EXPECT_NE(message([&] { return merge_score_states({}); }).find("no files"), std::string::npos);
}

TEST_F(ScoreStateTest, NamesTheLineOfADamagedFile) {
  write_score_state(file("s"), state());
  const std::string text = read_file(file("s"));
  const auto damaged = [&](const std::string& content) {
    std::ofstream(file("damaged"), std::ios::binary) << content;
    return message([&] { return read_score_state(file("damaged")); });
  };
  EXPECT_NE(damaged(text.substr(0, text.size() / 2)).find("damaged:"), std::string::npos);
  const size_t last = text.rfind("\n{\"end\"");
  EXPECT_NE(damaged(text.substr(0, last + 1)).find("ends early, after 7 lines"), std::string::npos);
  EXPECT_NE(damaged("").find("ends early"), std::string::npos);
  EXPECT_NE(damaged("{}\n").find("damaged:1: it does not begin as"), std::string::npos);
  std::string no_base64 = text;
  no_base64.replace(no_base64.find("\"features\":{\"f\":\"") + 17, 4, "????");
  EXPECT_NE(damaged(no_base64).find("feature 'f' is not base64"), std::string::npos);
  std::string nan = text;
  nan.replace(nan.find("\"features\":{\"f\":\"") + 17, 8, "AADAfwAA");
  EXPECT_NE(damaged(nan).find("feature 'f' has a number that is not finite"), std::string::npos);
  std::string set = text;
  set.replace(set.rfind("\"set\":\"reference\""), 17, "\"set\":\"something\"");
  EXPECT_NE(damaged(set).find("damaged:7: 'something' is no set"), std::string::npos);
  std::string deep(200000, '[');
  EXPECT_NE(damaged(deep).find("damaged:1"), std::string::npos);
}

TEST(ShardTest, IsReadStrictly) {
  const Shard shard = parse_shard("2/4");
  EXPECT_EQ(shard.index, 2);
  EXPECT_EQ(shard.count, 4);
  for (const char* text : {"", "2", "0/4", "5/4", "2/", "/4", "2/4/1", "-1/4", "2 /4", "2/4 ", "a/b"})
    EXPECT_THROW((void)parse_shard(text), Error) << text;
}

}  // namespace
}  // namespace vidbench::engine
