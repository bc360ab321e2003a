// The evaluation networks of the shapes world behind the real vidbench-eval process, with the shipped
// weights.
#include <gtest/gtest.h>

#include <numeric>

#include "base/files.h"
#include "ladder.h"
#include "media/encode.h"
#include "metrics/shapes_reference.h"
#include "metrics/shapes_video.h"
#include "shapes/caption.h"
#include "stats/frechet.h"
#include "stats/inception_score.h"
#include "stats/kernel_distance.h"
#include "workers/evaluator.h"

namespace vidbench::metrics {
namespace {
using namespace testing_support;

const std::string kText = "shapes/text-alignment", kFrames = "shapes/frame-consistency",
                  kSet = "shapes/frechet", kInception = "shapes/inception";
constexpr int kVideos = 60;

class NetworksTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    evaluator_ = std::make_unique<workers::Evaluator>(
        std::vector<std::string>{VIDBENCH_BIN_DIR "/vidbench-eval"}, workers::RunnerOptions{.threads = 1});
    truth_ = true_videos(kVideos, 11);
  }
  static void TearDownTestSuite() { evaluator_.reset(); }

  // What the worker measures of a rung.
  static std::vector<store::Measurements> measure(const Rung& rung, const std::vector<std::string>& metrics) {
    const TemporaryDirectory folder;
    std::vector<workers::EvaluateRequest> requests;
    for (size_t i = 0; i < rung.videos.size(); ++i) {
      const auto path = folder.path() / (std::to_string(i) + ".npy");
      media::write_npy_video(path, rung.videos[i]);
      requests.push_back({std::to_string(i), path, rung.prompts[i]});
    }
    std::vector<store::Measurements> result;
    for (const auto& outcome : evaluator_->evaluate(requests, metrics, {})) {
      EXPECT_TRUE(outcome.measurements) << (outcome.failure ? outcome.failure->message : "");
      result.push_back(outcome.measurements.value_or(store::Measurements{}));
    }
    return result;
  }

  static double mean(const std::vector<store::Measurements>& measured, const std::string& metric) {
    double sum = 0;
    for (const auto& one : measured) sum += one.values.at(metric);
    return sum / static_cast<double>(measured.size());
  }

  // The rows of a feature, one below the other.
  static stats::Features rows(const std::vector<store::Measurements>& measured, const std::string& feature) {
    std::vector<float> all;
    for (const auto& one : measured) {
      const std::vector<float>& row = one.features.at(feature);
      all.insert(all.end(), row.begin(), row.end());
    }
    return stats::features_from_floats(all, measured.size(), all.size() / measured.size());
  }

  // The values of `metric` along a ladder.
  static std::vector<double> values(const std::vector<Rung>& rungs, const std::string& metric) {
    std::vector<double> result;
    for (const Rung& rung : rungs) result.push_back(mean(measure(rung, {metric}), metric));
    return result;
  }

  static inline std::unique_ptr<workers::Evaluator> evaluator_;
  static inline std::vector<TrueVideo> truth_;
};

void expect_order(const std::vector<double>& values, int direction, double least = 1) {
  EXPECT_GE(direction * rank_correlation(values), least - 1e-9) << testing::PrintToString(values);
  EXPECT_GT(direction * (values.back() - values.front()), 0) << testing::PrintToString(values);
}

TEST_F(NetworksTest, FeaturesAreTheSameAloneAndAmongOthers) {
  Rung three, last;
  for (size_t i = 0; i < 3; ++i) {
    three.videos.push_back(truth_[i].video);
    three.prompts.push_back(truth_[i].caption);
  }
  last.videos = {three.videos[2]};
  last.prompts = {three.prompts[2]};
  const std::vector<std::string> metrics = {kSet, kInception, kText, kFrames};
  const auto together = measure(three, metrics), alone = measure(last, metrics);
  EXPECT_EQ(together[2].features, alone[0].features);
  EXPECT_EQ(together[2].values, alone[0].values);
  EXPECT_EQ(alone[0].features.at("shapes/classifier").size(), 48u);
  const auto& posterior = alone[0].features.at("shapes/posterior");
  EXPECT_EQ(posterior.size(), 40u);
  EXPECT_NEAR(std::accumulate(posterior.begin(), posterior.end(), 0.0), 1, 1e-5);
}

TEST_F(NetworksTest, ReferenceSetsAreSeededAndBeginAlike) {
  const auto four = evaluator_->reference("shapes", 4, 1, {"shapes/classifier", "shapes/posterior"});
  const auto six = evaluator_->reference("shapes", 6, 1, {"shapes/classifier"});
  const auto other = evaluator_->reference("shapes", 4, 2, {"shapes/classifier"});
  const auto& data = four.at("shapes/classifier");
  EXPECT_EQ(data.rows, 4);
  EXPECT_EQ(data.dim, 48);
  EXPECT_EQ(four.at("shapes/posterior").dim, 40);
  EXPECT_TRUE(std::equal(data.data.begin(), data.data.end(), six.at("shapes/classifier").data.begin()));
  EXPECT_NE(data.data, other.at("shapes/classifier").data);
}

TEST_F(NetworksTest, TextAlignmentFallsWithWrongCaptionsAndNoise) {
  expect_order(values(wrong_caption_ladder(truth_), kText), -1);
  expect_order(values(ladder(truth_, with_noise), kText), -1, 0.7);
}

TEST_F(NetworksTest, FrameConsistencyFallsWithShuffleAndRisesWithFreeze) {
  expect_order(values(ladder(truth_, with_shuffle), kFrames), -1);
  expect_order(values(ladder(truth_, with_freeze), kFrames), +1);
}

// Rising shares of the set show one and the same video.
std::vector<Rung> collapse_ladder(const std::vector<TrueVideo>& truth) {
  std::vector<Rung> rungs = ladder(truth, [](media::Video video, int, uint64_t) { return video; });
  for (size_t level = 0; level < rungs.size(); ++level)
    for (size_t i = 0; i < truth.size() * level / (kRungs - 1); ++i) rungs[level].videos[i] = truth[0].video;
  return rungs;
}

Rung redrawn(const std::vector<TrueVideo>& truth) {
  Rung rung;
  for (size_t i = 0; i < truth.size(); ++i) {
    rung.videos.push_back(
        from_shapes_video(shapes::render(*shapes::parse_caption(truth[i].caption), 5000 + i)));
    rung.prompts.push_back(truth[i].caption);
  }
  return rung;
}

TEST_F(NetworksTest, DistancesRiseAndInceptionFallsWithCorruption) {
  // The reference shows the same captions drawn again: which captions were drawn is then no noise.
  const stats::Features truth = rows(measure(redrawn(truth_), {kSet}), "shapes/classifier");
  for (const auto& rungs :
       {ladder(truth_, with_freeze), ladder(truth_, with_shuffle), collapse_ladder(truth_)}) {
    std::vector<double> frechet, kernel, inception;
    for (const Rung& rung : rungs) {
      const auto measured = measure(rung, {kSet, kInception});
      const stats::Features features = rows(measured, "shapes/classifier");
      frechet.push_back(stats::frechet_distance(features, truth));
      kernel.push_back(stats::kernel_distance(features, truth));
      inception.push_back(stats::inception_score(rows(measured, "shapes/posterior")));
    }
    // Without bias for independent sets; pairs of one caption are more alike than that: about -(8 - 5.6) · 2
    // / 60.
    EXPECT_NEAR(kernel.front(), -0.08, 0.03) << "true videos against true videos";
    expect_order(frechet, +1, 0.7);
    expect_order(kernel, +1, 0.7);
    expect_order(inception, -1, 0.7);
  }
}

}  // namespace
}  // namespace vidbench::metrics
