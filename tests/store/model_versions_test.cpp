#include "store/model_versions.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "store/migrations.h"
#include "store/sqlite_db.h"
#include "store/store.h"

namespace vidbench::store {
namespace {

Json manifest(const std::string& digest, const std::string& entry) {
  return {{"models", {{{"id", "m"}, {"digest", digest}, {"entry", entry}}}},
          {"hardware", {{"cpu", "Some CPU"}, {"gpus", {"GPU zero", "GPU one"}}}},
          {"reference_key", {{"f", "ref"}}}};
}

SampleRecord sample(const std::string& id, uint64_t peak, int frames) {
  SampleRecord record;
  record.id = id;
  record.model = "m";
  record.prompt_ref = "suite/1";
  record.key = "k";
  record.state = SampleState::kEvaluated;
  record.attempts = 1;
  record.video = GeneratedVideo{"/v.npy", "abc", frames, 32, 64, 8.0, 0.25, 0.5, 2, peak, false};
  record.measurements = Measurements{{{"a/b", 0.5}}, {{"f", {1.5F, -2.0F}}}, {{"a/c", "too short"}}};
  return record;
}

RunContent content(const std::string& id, const std::string& entry, const std::string& device) {
  RunContent run;
  run.run = {id,
             "suite",
             "d1",
             RunState::kDone,
             "2026-01-0" + id + "T00:00:00Z",
             "2026-01-09T00:00:00Z",
             "/d",
             "bundle",
             manifest("content-" + entry, entry)};
  run.samples = {sample("s0", 500, 16), sample("s1", 700, 32), sample("s2", 600, 8)};
  ModelFacts facts;
  facts.model = "m";
  facts.settings = Json::object();
  facts.device = device;
  facts.dtype = "bf16";
  facts.weights_sha256 = "w";
  run.facts = {facts};
  run.aggregates = {{"m", "latency", 1.5, 1, 2, 3}};
  run.events.push_back({{"at", "2026-01-01T00:00:00Z"}, {"kind", "started"}, {"detail", {{"samples", 3}}}});
  run.references["ref"] = {1, 2, {0.25F, 0.5F}};
  return run;
}

class ModelVersionsTest : public ::testing::Test {
 protected:
  ModelVersionsTest() : store_(open_store(path())) {}
  [[nodiscard]] std::string path() const { return (folder_.path() / "t.db").string(); }
  TemporaryDirectory folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(ModelVersionsTest, AnImportedRunIsWhatWasExported) {
  const RunContent sent = content("1", "e1", "cuda:1");
  store_->import_run(sent);
  const RunContent back = open_store(path())->export_run("1");
  EXPECT_EQ(back.run.imported_from, "bundle");
  EXPECT_EQ(back.run.state, RunState::kDone);
  EXPECT_EQ(back.run.finished_at, sent.run.finished_at);
  EXPECT_EQ(back.run.manifest, sent.run.manifest);
  ASSERT_EQ(back.samples.size(), 3U);
  EXPECT_EQ(back.samples[1].video->peak_memory_bytes, 700U);
  EXPECT_EQ(back.samples[1].measurements->features.at("f"), (std::vector<float>{1.5F, -2.0F}));
  EXPECT_EQ(back.samples[1].measurements->missing.at("a/c"), "too short");
  EXPECT_EQ(back.events, sent.events);
  EXPECT_EQ(back.references.at("ref").data, sent.references.at("ref").data);
  ASSERT_EQ(back.aggregates.size(), 1U);
  EXPECT_EQ(back.aggregates[0].high, 2);
}

TEST_F(ModelVersionsTest, ATakenIdIsRefusedAndLeavesTheRunAlone) {
  store_->import_run(content("1", "e1", "cpu"));
  EXPECT_THROW(store_->import_run(content("1", "e2", "cpu")), Error);
  EXPECT_EQ(store_->run("1").manifest, manifest("content-e1", "e1"));
  EXPECT_EQ(store_->samples("1", false).size(), 3U);
}

TEST_F(ModelVersionsTest, ThePeakIsTheLargestOfEachVersionAndDevice) {
  store_->import_run(content("1", "e1", "cuda:1"));
  store_->import_run(content("2", "e1", "cpu"));
  RunContent larger = content("3", "e1", "cuda:1");
  larger.samples[0].video->peak_memory_bytes = 900;
  store_->import_run(larger);
  store_->import_run(content("4", "e2", "cpu"));
  const auto peaks = store_->memory_peaks();
  ASSERT_EQ(peaks.size(), 3U);
  EXPECT_EQ(peaks[0].entry, "e1");
  EXPECT_EQ(peaks[0].peak.bytes, 900U);
  EXPECT_EQ(peaks[0].peak.run, "3");
  EXPECT_EQ(peaks[0].peak.frames, 16);
  EXPECT_EQ(peaks[0].peak.machine, "GPU one");
  EXPECT_EQ(peaks[0].peak.dtype, "bf16");
  EXPECT_EQ(peaks[1].peak.bytes, 700U);
  EXPECT_EQ(peaks[1].peak.frames, 32);
  EXPECT_EQ(peaks[1].peak.machine, "Some CPU");
  EXPECT_EQ(peaks[2].entry, "e2");
  EXPECT_EQ(store_->memory_peaks("other").size(), 0U);
  store_->remove_run("3");
  EXPECT_EQ(store_->memory_peaks("m")[0].peak.bytes, 700U);
}

TEST_F(ModelVersionsTest, EachRunOfAModelIsListed) {
  store_->import_run(content("1", "e1", "cpu"));
  store_->import_run(content("2", "e2", "cpu"));
  const auto runs = store_->model_runs("m");
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].peak.run, "2");
  EXPECT_EQ(runs[0].digest, "content-e2");
  EXPECT_EQ(runs[1].entry, "e1");
  EXPECT_EQ(runs[1].evaluated, 3U);
  EXPECT_EQ(runs[1].planned, 3U);
  EXPECT_EQ(runs[1].weights_sha256, "w");
  EXPECT_EQ(runs[1].imported_from, "bundle");
}

TEST_F(ModelVersionsTest, AStoreOfVersion2KnowsItsPeaksAfterMigration) {
  store_->import_run(content("1", "e1", "cuda:0"));
  const auto before = store_->memory_peaks();
  {
    Database db(path());
    db.execute("DROP TABLE publications; DROP TABLE run_models; ALTER TABLE runs DROP COLUMN imported_from");
    db.execute("DELETE FROM schema_migrations WHERE version > 2");
  }
  const auto after = open_store(path())->memory_peaks();
  ASSERT_EQ(after.size(), 1U);
  EXPECT_EQ(after[0].peak.bytes, before[0].peak.bytes);
  EXPECT_EQ(after[0].peak.frames, 32);
  EXPECT_EQ(after[0].peak.machine, "GPU zero");
}

TEST_F(ModelVersionsTest, AManifestWithoutModelsIsNoHarm) {
  RunContent odd = content("1", "e1", "cpu");
  for (const Json& models : {Json(), Json("x"), Json::array({1, "y", Json::object()})}) {
    odd.run.manifest["models"] = models;
    store_->import_run(odd);
    EXPECT_TRUE(store_->memory_peaks().empty());
    store_->remove_run("1");
  }
}

TEST(MachineName, IsReadFromWhateverTheManifestSays) {
  const Json hardware = {{"cpu", "C"}, {"gpus", {"G", 5}}};
  EXPECT_EQ(machine_name(hardware, "cuda"), "G");
  EXPECT_EQ(machine_name(hardware, "cuda:1"), "");
  EXPECT_EQ(machine_name(hardware, "cuda:999999999999999999999"), "");
  EXPECT_EQ(machine_name(hardware, "cpu"), "C");
  EXPECT_EQ(machine_name(hardware, "mps"), "");
  EXPECT_EQ(machine_name(Json(3), "cpu"), "");
  EXPECT_EQ(machine_name({{"cpu", 3}}, "cpu"), "");
}

}  // namespace
}  // namespace vidbench::store
