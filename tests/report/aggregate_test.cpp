#include "report/aggregate.h"

#include <gtest/gtest.h>

#include <cmath>

#include "synthetic_run.h"

namespace vidbench::report {
namespace {

class AggregateTest : public ::testing::Test {
 protected:
  SyntheticStore synthetic_;
};

TEST_F(AggregateTest, MeansAreThoseOfTheEvaluatedSamples) {
  SyntheticOptions options;
  options.models = {{"m", 0.7, 0.1, 4e8, 3}};
  synthetic_.add(options);
  double sum = 0;
  int n = 0;
  for (const auto& sample : synthetic_.store().samples(options.run, false)) {
    if (sample.state != store::SampleState::kEvaluated) continue;
    sum += sample.measurements->values.at("shapes/flicker");
    ++n;
  }
  bool seen = false;
  for (const store::Aggregate& aggregate : aggregate_run(synthetic_.store(), options.run)) {
    EXPECT_LE(aggregate.low, aggregate.value) << aggregate.metric;
    EXPECT_GE(aggregate.high, aggregate.value) << aggregate.metric;
    if (aggregate.metric != "shapes/flicker") continue;
    seen = true;
    EXPECT_NEAR(aggregate.value, sum / n, 1e-12);
    EXPECT_EQ(aggregate.n, 21);
    EXPECT_LT(aggregate.low, aggregate.high);
  }
  EXPECT_TRUE(seen);
}

TEST_F(AggregateTest, IsDeterministic) {
  SyntheticOptions options;
  options.models = eight_models();
  synthetic_.add(options);
  const auto first = aggregate_run(synthetic_.store(), options.run);
  const auto second = aggregate_run(synthetic_.store(), options.run);
  ASSERT_EQ(first.size(), second.size());
  ASSERT_GT(first.size(), 8U * 15U);
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].value, second[i].value);
    EXPECT_EQ(first[i].low, second[i].low);
    EXPECT_EQ(first[i].high, second[i].high);
  }
}

TEST_F(AggregateTest, LatencyIsReadFromSingleVideosAndThroughputFromFullBatches) {
  SyntheticOptions options;
  options.models = {{"m", 0.7, 0.1}};
  synthetic_.add(options);  // 8 videos alone, then 2 batches of 8: 0.1 s × (1 + 0.6 × 7) = 0.52 s each
  const auto estimates = estimate(load_run_data(synthetic_.store(), options.run, true));
  ASSERT_EQ(estimates.size(), 1U);
  const auto& metrics = estimates[0].metrics;
  EXPECT_EQ(metrics.at("latency").interval.n, 8U);
  EXPECT_NEAR(metrics.at("latency").interval.value, 0.1, 0.01);
  EXPECT_EQ(metrics.at("throughput").interval.n, 2U);
  EXPECT_NEAR(metrics.at("throughput").interval.value, 8 / 0.52, 1.5);
  EXPECT_GE(metrics.at("latency_p95").interval.value, metrics.at("latency").interval.value);
  EXPECT_EQ(metrics.at("model_size").interval.value, 5400000);
}

TEST_F(AggregateTest, TellsWhySamplesHaveNoValue) {
  SyntheticOptions options;
  options.models = {{"m"}};
  synthetic_.add(options);
  RunData data = load_run_data(synthetic_.store(), options.run, true);
  for (store::SampleRecord& sample : data.samples) {
    if (!sample.measurements) continue;
    sample.measurements->values.erase("shapes/flicker");
    sample.measurements->missing["shapes/flicker"] = "needs 2 frames";
  }
  const auto estimates = estimate(data);
  EXPECT_FALSE(estimates.at(0).metrics.contains("shapes/flicker"));
  EXPECT_EQ(estimates.at(0).missing.at("shapes/flicker"), "0 of 24 samples have it: needs 2 frames");
}

TEST_F(AggregateTest, ARunWithoutFinishedSamplesHasNoNumbersButReasons) {
  SyntheticOptions options;
  options.models = {{"m"}};
  options.done = false;
  synthetic_.add(options);
  const auto estimates = estimate(load_run_data(synthetic_.store(), options.run, true));
  ASSERT_EQ(estimates.size(), 1U);
  EXPECT_TRUE(estimates[0].metrics.empty());
  EXPECT_EQ(estimates[0].missing.at("shapes/flicker"), "no sample is evaluated");
  EXPECT_EQ(estimates[0].planned, 24U);
}

TEST_F(AggregateTest, PromptsAreRedrawnWithTheirSeeds) {
  SyntheticOptions options;
  options.models = {{"m"}};
  options.prompts = 6;
  options.seeds = 3;
  synthetic_.add(options);
  const RunData data = load_run_data(synthetic_.store(), options.run, false);
  for (const auto& counts : draw_units(data, 20)) {
    int total = 0;
    for (size_t unit = 0; unit < counts.size(); unit += 3) {
      EXPECT_EQ(counts[unit], counts[unit + 1]);
      EXPECT_EQ(counts[unit], counts[unit + 2]);
      total += counts[unit];
    }
    EXPECT_EQ(total, 6);
  }
}

}  // namespace
}  // namespace vidbench::report
