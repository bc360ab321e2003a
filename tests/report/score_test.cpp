#include "report/score.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace vidbench::report {
namespace {

constexpr Anchor kLatency{"latency", 0, 1000.0, 0.1, AnchorScale::kLog, "speed"};
constexpr Anchor kRatio{"x", 1, 0.5, 1.0, AnchorScale::kLinear, "temporal"};

// Every anchored metric at the given place between its anchors.
ModelEstimates at(double position) {
  ModelEstimates estimates;
  estimates.planned = estimates.done = 10;
  for (const Anchor& anchor : score_anchors()) {
    const double value = anchor.scale == AnchorScale::kLog
                             ? anchor.zero * std::pow(anchor.one / anchor.zero, position)
                             : anchor.zero + position * (anchor.one - anchor.zero);
    estimates.metrics[anchor.metric] = {{value, value, value, 10},
                                        std::vector<double>(kJointReplicates, value)};
  }
  return estimates;
}

std::vector<store::MetricInfo> definitions() {
  std::vector<store::MetricInfo> metrics;
  for (const Anchor& anchor : score_anchors()) {
    if (anchor.version == 0) continue;
    metrics.emplace_back();
    metrics.back().id = anchor.metric;
    metrics.back().version = anchor.version;
  }
  return metrics;
}

TEST(Normalise, MapsAnchorsToZeroAndOneAndClamps) {
  EXPECT_DOUBLE_EQ(normalise(kLatency, 1000), 0);
  EXPECT_DOUBLE_EQ(normalise(kLatency, 0.1), 1);
  EXPECT_NEAR(normalise(kLatency, 10), 0.5, 1e-12);
  EXPECT_DOUBLE_EQ(normalise(kLatency, 1e9), 0);
  EXPECT_DOUBLE_EQ(normalise(kLatency, 0), 1);
  EXPECT_DOUBLE_EQ(normalise(kRatio, 0.75), 0.5);
  EXPECT_DOUBLE_EQ(normalise(kRatio, 0.2), 0);
  EXPECT_TRUE(std::isnan(normalise(kRatio, std::nan(""))));
}

TEST(Score, WeightsOfEveryProfileSumToOne) {
  for (const std::string& profile : score_profiles()) {
    EXPECT_NEAR(*compute_score(at(1), definitions(), profile).value, 100, 1e-9) << profile;
    EXPECT_NEAR(*compute_score(at(0), definitions(), profile).value, 0, 1e-9) << profile;
    EXPECT_NEAR(*compute_score(at(0.5), definitions(), profile).value, 50, 1e-9) << profile;
  }
}

TEST(Score, IsTheSumOfItsParts) {
  const Score score = compute_score(at(0.3), definitions(), "balanced");
  double points = 0;
  for (const ScorePart& part : score.parts) points += part.points();
  EXPECT_NEAR(points, *score.value, 1e-9);
  EXPECT_EQ(score.parts.size(), 12U);
}

TEST(Score, IsAbsentWithTheReasonWhenAPartIsMissing) {
  ModelEstimates estimates = at(0.5);
  estimates.metrics.erase("shapes/flicker");
  const Score score = compute_score(estimates, definitions(), "quality");
  EXPECT_FALSE(score.value);
  EXPECT_EQ(score.reason, "shapes/flicker has no value");
  EXPECT_EQ(score.parts.size(), 9U) << "the measured parts are still shown";
}

TEST(Score, IsAbsentForAnotherMetricVersion) {
  auto metrics = definitions();
  metrics[0].version = 2;
  const Score score = compute_score(at(0.5), metrics, "quality");
  EXPECT_FALSE(score.value);
  EXPECT_EQ(score.reason, "shapes/frechet is version 2; the anchors are for version 1");
}

TEST(Score, IsAbsentWhenMostSamplesFailed) {
  ModelEstimates estimates = at(0.5);
  estimates.failed = 6;
  EXPECT_EQ(compute_score(estimates, definitions(), "quality").reason, "6 of 10 samples failed");
}

TEST(Score, RefusesAnUnknownProfileWithASuggestion) {
  try {
    require_profile("qualty");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInput);
    EXPECT_EQ(e.hint(), "did you mean 'quality'?");
  }
}

}  // namespace
}  // namespace vidbench::report
