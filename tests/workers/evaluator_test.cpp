#include "workers/evaluator.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "fake_worker.h"
#include "workers/worker_error.h"

namespace vidbench::workers {
namespace {
using testing_support::fake_command;

const std::vector<std::string> kAll = {"fake/size", "fake/alignment", "fake/frechet"};

class EvaluatorTest : public testing::Test {
 protected:
  EvaluateRequest video(const std::string& id, const std::string& content,
                        const std::string& prompt = "a prompt") {
    write_file_atomic(folder_.path() / id, content);
    return {id, folder_.path() / id, prompt};
  }
  EncodeRequest to_encode(const std::string& id, const std::string& content) {
    write_file_atomic(folder_.path() / id, content);
    return {id, folder_.path() / id, folder_.path() / (id + ".mp4"), 2};
  }

  TemporaryDirectory folder_;
};

TEST_F(EvaluatorTest, OffersMetricsAndMeasures) {
  Evaluator evaluator(fake_command("ok"), {});
  const std::vector<store::MetricInfo> metrics = evaluator.start();
  ASSERT_EQ(metrics.size(), 3u);
  EXPECT_EQ(metrics[0].id, "fake/size");
  EXPECT_TRUE(metrics[2].is_set);
  EXPECT_EQ(metrics[2].features, "fake/features");
  const auto outcomes = evaluator.evaluate({video("a", "12345"), video("b", "1", "")}, kAll, {});
  ASSERT_EQ(outcomes.size(), 2u);
  ASSERT_TRUE(outcomes[0].measurements) << outcomes[0].failure->message;
  EXPECT_EQ(outcomes[0].measurements->values,
            (std::map<std::string, double>{{"fake/size", 5}, {"fake/alignment", 0.5}}));
  EXPECT_EQ(outcomes[0].measurements->features.at("fake/features"), (std::vector<float>{5, 1.5}));
  ASSERT_TRUE(outcomes[1].measurements) << "a metric that needs a prompt may lack without one";
  EXPECT_FALSE(outcomes[1].measurements->values.contains("fake/alignment"));
}

TEST_F(EvaluatorTest, AHostileVideoFailsAloneAndTheWorkerComesBack) {
  Evaluator evaluator(fake_command("ok"), {});
  (void)evaluator.start();
  const auto outcomes =
      evaluator.evaluate({video("a", "fine"), video("h", "hostile"), video("b", "fine too")}, kAll, {});
  ASSERT_EQ(outcomes.size(), 3u);
  EXPECT_TRUE(outcomes[0].measurements);
  ASSERT_TRUE(outcomes[1].failure);
  EXPECT_EQ(outcomes[1].id, "h");
  EXPECT_EQ(outcomes[1].failure->kind, "crash");
  EXPECT_EQ(outcomes[1].failure->log_tail, "a hostile video");
  EXPECT_TRUE(outcomes[2].measurements);
}

TEST_F(EvaluatorTest, FailuresOfOneVideoAreValues) {
  Evaluator evaluator(fake_command("ok"), {});
  const auto outcomes =
      evaluator.evaluate({video("a", "corrupt"), video("b", "immeasurable"), video("c", "fine")}, kAll, {});
  EXPECT_EQ(outcomes[0].failure.value().message, "frame 3");
  EXPECT_EQ(outcomes[1].failure.value().kind, "bad-output");
  EXPECT_EQ(outcomes[1].failure.value().message, "no finite value of 'fake/size'");
  EXPECT_TRUE(outcomes[2].measurements) << "and the worker was started without start()";
}

TEST_F(EvaluatorTest, AnUnknownMetricIsAnInputError) {
  Evaluator evaluator(fake_command("ok"), {});
  try {
    (void)evaluator.evaluate({video("a", "x")}, {"fake/sise"}, {});
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInput);
    EXPECT_EQ(e.hint(), "did you mean 'fake/size'?");
  }
}

TEST_F(EvaluatorTest, TimeoutsAndInterruptionsAreFailuresOfEverySample) {
  EvaluatorTimeouts timeouts;
  timeouts.sample_s = 0.3;
  Evaluator evaluator(fake_command("never-answers"), {}, timeouts);
  const auto late = evaluator.evaluate({video("a", "x")}, kAll, {});
  EXPECT_EQ(late.at(0).failure.value().kind, "timeout");
  std::stop_source source;
  source.request_stop();
  const auto stopped = evaluator.evaluate({video("a", "x"), video("b", "x")}, kAll, source.get_token());
  ASSERT_EQ(stopped.size(), 2u);
  EXPECT_EQ(stopped[1].failure.value().kind, "interrupted");
}

TEST_F(EvaluatorTest, ReferenceFeaturesComeAsRows) {
  Evaluator evaluator(fake_command("ok"), {});
  const auto sets = evaluator.reference("shapes", 3, 10, {"fake/features"});
  const store::ReferenceFeatures& rows = sets.at("fake/features");
  EXPECT_EQ(rows.rows, 3);
  EXPECT_EQ(rows.dim, 2);
  EXPECT_EQ(rows.data, (std::vector<float>{10, 2, 11, 2, 12, 2}));
}

TEST_F(EvaluatorTest, AVideoMayHaveSeveralRows) {
  Evaluator evaluator(fake_command("several-rows"), {});
  EXPECT_EQ(evaluator.start().at(2).row_size, 2);
  const auto outcomes = evaluator.evaluate({video("a", "odd"), video("b", "even")}, {"fake/frechet"}, {});
  EXPECT_EQ(outcomes[0].failure.value().message, "'fake/features' has 3 numbers, not rows of 2");
  EXPECT_EQ(outcomes[1].measurements.value().features.at("fake/features"),
            (std::vector<float>{4, 1.5, 4, 1.5}));
  const auto rows = evaluator.reference("shapes", 3, 10, {"fake/features"}).at("fake/features");
  EXPECT_EQ(rows.rows, 4) << "the last video has two";
  EXPECT_EQ(rows.dim, 2);
  EXPECT_EQ(rows.data, (std::vector<float>{10, 2, 11, 2, 12, 2, 12, 2}));
}

TEST_F(EvaluatorTest, BrokenReferencesAreRefused) {
  for (const char* mode : {"short-reference", "ragged-reference"}) {
    Evaluator evaluator(fake_command(mode), {});
    EXPECT_THROW((void)evaluator.reference("shapes", 3, 10, {"fake/features"}), WorkerError) << mode;
  }
}

TEST_F(EvaluatorTest, EncodeTellsWhatWasNotWritten) {
  Evaluator evaluator(fake_command("ok"), {});
  const auto failures =
      evaluator.encode({to_encode("a", "fine"), to_encode("h", "hostile"), to_encode("u", "unwritten")});
  ASSERT_EQ(failures.size(), 2u);
  EXPECT_EQ(failures.at("h").kind, "crash");
  EXPECT_EQ(failures.at("u").kind, "bad-output");
  EXPECT_EQ(read_file(folder_.path() / "a.mp4"), "mp4mp4");
}

TEST_F(EvaluatorTest, AnEvaluatorThatCannotStartIsAnEnvironmentError) {
  Evaluator evaluator(fake_command("crash-at-start"), {});
  try {
    (void)evaluator.start();
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kEnvironment);
    EXPECT_NE(e.hint().find("ImportError"), std::string::npos);
  }
}

}  // namespace
}  // namespace vidbench::workers
