#include "store/store.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "store/migrations.h"
#include "store/sqlite_db.h"

namespace vidbench::store {
namespace {

SampleRecord sample(const std::string& id) {
  SampleRecord record;
  record.id = id;
  record.model = "m";
  record.prompt_ref = "suite/1";
  record.seed = 0xffffffffffffffffULL;
  record.key = "k-" + id;
  return record;
}

SampleRecord evaluated(const std::string& id, double value) {
  SampleRecord record = sample(id);
  record.state = SampleState::kEvaluated;
  record.attempts = 1;
  record.video = GeneratedVideo{"/v.npy", "abc", 16, 32, 32, 8.0, 0.25, 0.5, 2, 123456789012ULL, true};
  record.measurements = Measurements{{{"a/b", value}}, {{"f", {1.5F, -2.0F}}}, {{"a/c", "too short"}}};
  return record;
}

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() : store_(open_store("sqlite:" + path())) {
    RunRecord run;
    run.id = "r1";
    run.suite = "quickstart";
    run.created_at = "2026-01-01T00:00:00Z";
    run.directory = "/d";
    run.manifest = {{"x", 1}};
    store_->create_run(run, std::vector{sample("s0"), sample("s1")});
  }
  [[nodiscard]] std::string path() const { return (folder_.path() / "sub" / "t.db").string(); }

  TemporaryDirectory folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, KeepsEveryFieldOfACommittedSample) {
  store_->commit("r1", std::vector{evaluated("s1", 0.1)});
  const auto again = open_store(path())->samples("r1", true);
  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(again[0].state, SampleState::kPlanned);
  const SampleRecord& s = again[1];
  EXPECT_EQ(s.seed, 0xffffffffffffffffULL);
  EXPECT_EQ(s.state, SampleState::kEvaluated);
  EXPECT_EQ(s.video->peak_memory_bytes, 123456789012ULL);
  EXPECT_TRUE(s.video->from_cache);
  EXPECT_DOUBLE_EQ(s.video->latency_s, 0.25);
  EXPECT_EQ(s.measurements->values.at("a/b"), 0.1);
  EXPECT_EQ(s.measurements->features.at("f"), (std::vector<float>{1.5F, -2.0F}));
  EXPECT_EQ(s.measurements->missing.at("a/c"), "too short");
}

TEST_F(StoreTest, NeverChangesAnEvaluatedSample) {
  store_->commit("r1", std::vector{evaluated("s0", 1.0)});
  SampleRecord late = sample("s0");
  late.state = SampleState::kFailed;
  late.failure = Failure{"crash", "late", ""};
  store_->commit("r1", std::vector{late});
  store_->commit("r1", std::vector{evaluated("s0", 2.0)});
  const auto samples = store_->samples("r1", false);
  EXPECT_EQ(samples[0].state, SampleState::kEvaluated);
  EXPECT_EQ(samples[0].measurements->values.at("a/b"), 1.0);
}

TEST_F(StoreTest, KeepsFailures) {
  SampleRecord failed = sample("s0");
  failed.state = SampleState::kFailed;
  failed.attempts = 3;
  failed.failure = Failure{"oom", "no memory", "tail\nlines"};
  store_->commit("r1", std::vector{failed});
  const auto samples = store_->samples("r1", false);
  EXPECT_EQ(samples[0].failure->kind, "oom");
  EXPECT_EQ(samples[0].failure->log_tail, "tail\nlines");
  EXPECT_EQ(samples[0].attempts, 3);
}

TEST_F(StoreTest, FindsRunsByPrefixAndRefusesDoubtfulOnes) {
  RunRecord run = store_->run("r1");
  run.id = "r12";
  run.created_at = "2026-01-02T00:00:00Z";
  store_->create_run(run, {});
  EXPECT_EQ(store_->run("r1").id, "r1");  // exact wins over prefix
  EXPECT_EQ(store_->run("r12").id, "r12");
  EXPECT_EQ(store_->run("last").id, "r12");
  EXPECT_EQ(store_->runs().front().id, "r12");
  EXPECT_THROW((void)store_->run("r"), Error);
  EXPECT_THROW((void)store_->run("zz"), Error);
  EXPECT_THROW((void)store_->run(""), Error);
}

TEST_F(StoreTest, RemovesARunWithAllThatBelongsToIt) {
  store_->commit("r1", std::vector{evaluated("s0", 1.0)});
  store_->put_model_facts("r1", ModelFacts{.model = "m", .settings = {{"steps", 4}}, .parameters = 7});
  store_->append_event("r1", "note", {{"x", 1}});
  EXPECT_EQ(store_->model_facts("r1").at(0).parameters, 7U);
  EXPECT_EQ(store_->events("r1").size(), 1U);
  store_->remove_run("r1");
  EXPECT_TRUE(store_->runs().empty());
  Database db(path());
  for (const char* table : {"samples", "measurements", "features", "model_facts", "events"}) {
    Statement count = db.prepare(std::string("SELECT count(*) FROM ") + table);
    count.step();
    EXPECT_EQ(count.integer(0), 0) << table;
  }
}

TEST_F(StoreTest, CachesScoresAndReferencesByKey) {
  EXPECT_FALSE(store_->score("k").has_value());
  store_->put_scores(std::vector<ScoreEntry>{{"k", *evaluated("s0", 0.1).measurements}});
  EXPECT_EQ(store_->score("k")->values.at("a/b"), 0.1);
  EXPECT_EQ(store_->score("k")->features.at("f").at(1), -2.0F);
  EXPECT_EQ(store_->score("k")->missing.at("a/c"), "too short");
  store_->put_reference("r", ReferenceFeatures{2, 1, {3.0F, 4.0F}});
  EXPECT_EQ(store_->reference("r")->data, (std::vector<float>{3.0F, 4.0F}));
}

TEST_F(StoreTest, ReplacesAggregates) {
  store_->put_aggregates(
      "r1", std::vector{Aggregate{"m", "latency", 1, 0.5, 2, 10}, Aggregate{"m", "x", 1, 1, 1, 1}});
  store_->put_aggregates("r1", std::vector{Aggregate{"m", "latency", 3, 2, 4, 11}});
  const auto all = store_->aggregates("r1");
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].high, 4);
  EXPECT_EQ(all[0].n, 11);
}

TEST_F(StoreTest, KeepsOnePublicationOfEachVersion) {
  const Publication first = {"r1", "m", "digest-1", "suite", "suite-digest", "2026-01-01T00:00:00Z"};
  store_->publish(first);
  Publication again = first, other = first;
  again.published_at = "2026-01-02T00:00:00Z";
  other.model_digest = "digest-2";
  store_->publish(again);
  store_->publish(other);
  ASSERT_EQ(store_->publications().size(), 2u);
  EXPECT_EQ(store_->publications()[0].model_digest, "digest-1") << "the newest first";
  EXPECT_EQ(store_->publications()[0].published_at, again.published_at);
  store_->withdraw("r1", "nobody");
  EXPECT_EQ(store_->publications().size(), 2u);
  store_->remove_run("r1");
  EXPECT_TRUE(store_->publications().empty()) << "they go with their run";
}

TEST_F(StoreTest, TwoWritersWaitForEachOther) {
  constexpr int kEvents = 40;
  auto write = [this] {
    auto own = open_store(path());
    for (int i = 0; i < kEvents; ++i) own->append_event("r1", "e", Json::object());
  };
  {
    std::jthread a(write);
    std::jthread b(write);
  }
  EXPECT_EQ(store_->events("r1").size(), size_t{2 * kEvents});
}

TEST(StoreFile, OneOfVersion1IsMigrated) {
  TemporaryDirectory folder;
  const std::string old = (folder.path() / "old.db").string();
  {
    Database db(old);
    migrate(db);
    db.execute("DROP TABLE missing_measurements; DROP TABLE publications; DROP TABLE run_models");
    db.execute("ALTER TABLE runs DROP COLUMN imported_from");
    db.execute("DELETE FROM schema_migrations WHERE version > 1");
  }
  const auto store = open_store(old);
  store->put_scores(std::vector<ScoreEntry>{{"k", *evaluated("s0", 0.1).measurements}});
  EXPECT_EQ(store->score("k")->missing.at("a/c"), "too short");
  Database db(old);
  Statement count = db.prepare("SELECT count(*) FROM missing_measurements");
  ASSERT_TRUE(count.step());
  EXPECT_EQ(count.integer(0), 0);
}

TEST(StoreFile, RefusesANewerSchemaAndFilesThatAreNoStore) {
  TemporaryDirectory folder;
  const std::string newer = (folder.path() / "n.db").string();
  {
    Database db(newer);
    migrate(db);
    db.execute("INSERT INTO schema_migrations VALUES (99, 'x')");
  }
  try {
    (void)open_store(newer);
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("version 99"), std::string::npos);
    EXPECT_EQ(e.code(), ErrorCode::kInput);
  }
  const auto text = folder.path() / "text.db";
  write_file_atomic(text, std::string(5000, 'x'));
  EXPECT_THROW((void)open_store(text.string()), Error);
  EXPECT_EQ(read_file(text), std::string(5000, 'x'));
  EXPECT_THROW((void)open_store("postgresql://x"), Error);
  EXPECT_THROW((void)open_store("sqlite:/proc/none/x.db"), Error);
}

TEST(MetricInfo, SurvivesJsonAndNamesWhatIsWrong) {
  MetricInfo metric{.id = "a/b",
                    .version = 2,
                    .title = "T",
                    .higher_is_better = false,
                    .minimum = 0.0,
                    .is_set = true,
                    .reducer = "frechet",
                    .features = "f",
                    .needs = {"reference"}};
  const MetricInfo again = metric_info_from_json(to_json(metric));
  EXPECT_EQ(to_json(again), to_json(metric));
  Json broken = to_json(metric);
  broken["better"] = "bigger";
  EXPECT_THROW((void)metric_info_from_json(broken), Error);
  broken = to_json(metric);
  broken.erase("version");
  EXPECT_THROW((void)metric_info_from_json(broken), Error);
}

}  // namespace
}  // namespace vidbench::store
