// The real vidbench-eval process, asked as the engine asks it.
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "media/encode.h"
#include "media/reader.h"
#include "metrics/shapes_reference.h"
#include "metrics/shapes_video.h"
#include "shapes/caption.h"
#include "synthetic.h"
#include "workers/evaluator.h"
#include "workers/worker_process.h"

namespace vidbench::metrics {
namespace {
using namespace testing_support;

const std::vector<std::string> kCommand = {VIDBENCH_BIN_DIR "/vidbench-eval"};
const std::string kCaption = "a small red circle moving left on a black background";

class WorkerTest : public testing::Test {
 protected:
  workers::EvaluateRequest write(const std::string& id, const media::Video& video,
                                 const std::string& prompt = kCaption) {
    media::write_npy_video(folder_.path() / (id + ".npy"), video);
    return {id, folder_.path() / (id + ".npy"), prompt};
  }
  workers::EvaluateRequest write_true(const std::string& id, uint64_t seed) {
    return write(id, from_shapes_video(shapes::render(*shapes::parse_caption(kCaption), seed)));
  }

  TemporaryDirectory folder_;
  workers::Evaluator evaluator_{kCommand, {.threads = 1}};
};

const std::vector<std::string> kMetrics = {"video/flicker", "shapes/colour-accuracy",
                                           "shapes/motion-accuracy"};

TEST_F(WorkerTest, OffersMetricsThatDescribeThemselves) {
  const auto metrics = evaluator_.start();
  std::vector<std::string> ids;
  for (const auto& metric : metrics) {
    ids.push_back(metric.id);
    EXPECT_EQ(metric.version, 1) << metric.id;
    EXPECT_GT(metric.definition.size(), 60u) << metric.id;
    EXPECT_GT(metric.failure_cases.size(), 30u) << metric.id;
    EXPECT_FALSE(metric.title.empty()) << metric.id;
    EXPECT_FALSE(metric.licence.empty()) << metric.id;
    EXPECT_EQ(metric.is_set, !metric.features.empty()) << metric.id;
  }
  for (const char* id : {"video/flicker", "vbench/temporal-flickering", "video/motion-amount",
                         "video/sharpness", "video/exposure", "shapes/flicker", "shapes/motion-amount",
                         "shapes/colour-accuracy", "shapes/shape-accuracy", "shapes/motion-accuracy"})
    EXPECT_NE(std::find(ids.begin(), ids.end(), id), ids.end()) << id;
}

TEST_F(WorkerTest, AVideosNumbersDoNotDependOnItsNeighbours) {
  const std::vector<workers::EvaluateRequest> requests = {write_true("a", 1), write_true("b", 2)};
  const auto together = evaluator_.evaluate(requests, kMetrics, {});
  const auto alone = evaluator_.evaluate({requests[1]}, kMetrics, {});
  ASSERT_TRUE(together[0].measurements) << together[0].failure->message;
  ASSERT_TRUE(together[1].measurements && alone[0].measurements);
  EXPECT_EQ(together[1].measurements->values, alone[0].measurements->values);
  EXPECT_EQ(together[0].measurements->values.at("shapes/colour-accuracy"), 1);
  EXPECT_EQ(together[0].measurements->values.at("shapes/motion-accuracy"), 1);
}

TEST_F(WorkerTest, HostileFilesFailAloneAndTheProcessLivesOn) {
  const auto file = [&](const std::string& name, const std::string& content) {
    write_file_atomic(folder_.path() / name, content);
    return workers::EvaluateRequest{name, folder_.path() / name, kCaption};
  };
  const workers::EvaluateRequest fine = write_true("fine", 1);
  const std::string whole = read_file(fine.video);
  const std::vector<workers::EvaluateRequest> requests = {
      file("empty.mp4", ""),
      file("garbage.mp4", std::string(5000, '\x5a')),
      file("truncated.npy", whole.substr(0, whole.size() / 2)),
      file("huge.npy", std::string("\x93NUMPY\x01\x00\x76\x00", 10) +
                           "{'descr': '|u1', 'fortran_order': False, 'shape': (90000, 8000, 8000, 3), }" +
                           std::string(43, ' ') + "\n"),
      file("playlist.mp4", "#EXTM3U\n#EXTINF:1,\n/etc/passwd\n"),
      {"missing", folder_.path() / "missing.npy", kCaption},
      {"folder", "/", kCaption},
      {"device", "/dev/null", kCaption},
      fine};
  const auto outcomes = evaluator_.evaluate(requests, kMetrics, {});
  ASSERT_EQ(outcomes.size(), requests.size());
  for (size_t i = 0; i + 1 < outcomes.size(); ++i) {
    ASSERT_TRUE(outcomes[i].failure) << outcomes[i].id;
    EXPECT_EQ(outcomes[i].failure->kind, "bad-output")
        << outcomes[i].id << ": " << outcomes[i].failure->message;
    EXPECT_NE(outcomes[i].failure->message.find(requests[i].video.filename().string()), std::string::npos)
        << outcomes[i].failure->message;
  }
  EXPECT_TRUE(outcomes.back().measurements);
}

TEST_F(WorkerTest, AVideoTooShortForAMetricLacksThatMetricAlone) {
  const auto black = make_video(1, 8, 8, [](size_t, size_t, size_t, size_t) { return 0; });
  const auto outcome =
      evaluator_.evaluate({write("short", black)}, {"video/flicker", "video/exposure"}, {}).front();
  ASSERT_TRUE(outcome.measurements);
  EXPECT_EQ(outcome.measurements->missing.at("video/flicker"), "needs at least 2 frames, the video has 1");
  EXPECT_EQ(outcome.measurements->missing.size(), 1u);
  EXPECT_TRUE(outcome.measurements->values.contains("video/exposure"));
}

TEST_F(WorkerTest, APairedVideoThatCannotBeReadCostsItsMetricsAlone) {
  auto first = write_true("a", 1), second = write_true("b", 2), third = write_true("c", 3);
  first.paired = second.video;
  second.paired = folder_.path() / "missing.npy";
  const auto outcomes = evaluator_.evaluate({first, second, third}, {"paired/psnr", "video/exposure"}, {});
  ASSERT_TRUE(outcomes[0].measurements && outcomes[1].measurements && outcomes[2].measurements);
  EXPECT_GT(outcomes[0].measurements->values.at("paired/psnr"), 0);
  EXPECT_NE(outcomes[1].measurements->missing.at("paired/psnr").find("missing.npy"), std::string::npos);
  EXPECT_EQ(outcomes[2].measurements->missing.at("paired/psnr"), "the video has no partner");
  for (const auto& outcome : outcomes) EXPECT_TRUE(outcome.measurements->values.contains("video/exposure"));
}

TEST_F(WorkerTest, PromptsOutsideTheGrammarHaveNoGroundTruth) {
  auto outside = write_true("outside", 1), without = write_true("without", 1);
  outside.asked.prompt = "a corgi in the rain";
  without.asked.prompt = "";
  const auto outcomes = evaluator_.evaluate({outside, without}, kMetrics, {});
  ASSERT_TRUE(outcomes[0].measurements);
  EXPECT_FALSE(outcomes[0].measurements->values.contains("shapes/colour-accuracy"));
  EXPECT_TRUE(outcomes[0].measurements->values.contains("video/flicker"));
  const std::string reason = outcomes[0].measurements->missing.at("shapes/colour-accuracy");
  EXPECT_NE(reason.find("outside the captions"), std::string::npos);
  EXPECT_EQ(reason.find("corgi"), std::string::npos) << "prompts are not repeated";
  ASSERT_TRUE(outcomes[1].measurements);
  EXPECT_EQ(outcomes[1].measurements->missing.at("shapes/colour-accuracy"), "the video has no prompt");
  EXPECT_FALSE(outcomes[1].measurements->values.contains("shapes/colour-accuracy"));
  EXPECT_TRUE(outcomes[1].measurements->values.contains("video/flicker"));
}

TEST_F(WorkerTest, EncodesEnlargedMp4) {
  const auto request = write_true("v", 1);
  const auto failures = evaluator_.encode({{"v", request.video, folder_.path() / "v.mp4", 3},
                                           {"w", folder_.path() / "none.npy", folder_.path() / "w.mp4", 3}});
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures.begin()->first, "w");
  EXPECT_EQ(failures.begin()->second.kind, "bad-output");
  const media::Video video = media::read_video(folder_.path() / "v.mp4");
  EXPECT_EQ(video.frames, 16u);
  EXPECT_EQ(video.height, 96u);
  EXPECT_EQ(video.width, 96u);
}

TEST_F(WorkerTest, WrongRequestsAreRefusedAndHarmNothing) {
  workers::WorkerProcess worker({.command = kCommand});
  const auto refused = [&](const std::string& method, const Json& params) {
    try {
      (void)worker.request(method, params, {60, 60});
    } catch (const workers::WorkerError&) {
      return true;
    }
    return false;
  };
  EXPECT_TRUE(refused("evaluate", {{"metrics", {"video/flickr"}}, {"requests", Json::array()}}));
  EXPECT_TRUE(refused("evaluate", {{"metrics", "video/flicker"}, {"requests", Json::array()}}));
  EXPECT_TRUE(refused("evaluate", {{"metrics", Json::array()}, {"requests", {1}}}));
  EXPECT_TRUE(
      refused("reference", {{"kind", "real"}, {"count", 2}, {"seed", 1}, {"features", Json::array()}}));
  EXPECT_TRUE(
      refused("reference", {{"kind", "shapes"}, {"count", 0}, {"seed", 1}, {"features", Json::array()}}));
  EXPECT_TRUE(refused("generate", Json::object()));
  EXPECT_TRUE(worker.alive());
  EXPECT_EQ(worker.shutdown().text(), "ended with exit code 0");
}

}  // namespace
}  // namespace vidbench::metrics
