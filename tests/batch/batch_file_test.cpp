#include "batch/batch_file.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "batch/write.h"

namespace vidbench::batch {
namespace {

TEST(BatchFile, ReadsEveryKey) {
  const Batch batch = parse_batch(R"(name: study-1
defaults: {suite: quickstart, seed: [1, 2], batch_size: 8}
matrix:
  steps: [4, 8]
  guidance: [1, 2.5]
  exclude: [{steps: 4, guidance: 1}]
  include: [{steps: 50}]
runs:
  - {name: wan, priority: 5, models: {family: wan, runnable: true, max_vram: 24, search: 14b}, limit: 10}
  - {models: [a, b], suites: [x, ./y.yaml], device: cpu, no_cache: true, overlap: 'off'}
budget: {time: 4h, disk: 50GB, cost: 20 USD}
keep_going: false
)",
                                  "b.yaml");
  EXPECT_EQ(batch.name, "study-1");
  EXPECT_EQ(batch.defaults.suites, std::vector<std::string>{"quickstart"});
  EXPECT_EQ(batch.defaults.options.at("seed"), (std::vector<Json>{Json::array({1, 2})}));
  EXPECT_EQ(batch.matrix.options.at("guidance"), (std::vector<Json>{1.0, 2.5}));
  ASSERT_EQ(batch.exclude.size(), 1U);
  EXPECT_EQ(batch.include.at(0).options.at("steps"), std::vector<Json>{50});
  ASSERT_EQ(batch.runs.size(), 2U);
  EXPECT_EQ(batch.runs[0].priority, 5);
  ASSERT_TRUE(batch.runs[0].layer.models && batch.runs[0].layer.models->filter);
  EXPECT_TRUE(batch.runs[0].layer.models->filter->runnable);
  EXPECT_EQ(batch.runs[0].layer.models->filter->families, std::vector<std::string>{"wan"});
  EXPECT_EQ(batch.runs[0].layer.models->search, "14b");
  EXPECT_EQ(batch.runs[0].layer.models->place, "b.yaml:9");
  EXPECT_EQ(batch.runs[1].layer.suites, (std::vector<std::string>{"x", "./y.yaml"}));
  EXPECT_EQ(batch.budget.seconds, 14400);
  EXPECT_EQ(batch.budget.disk_bytes, 50000000000U);
  EXPECT_EQ(batch.budget.cost->currency, "USD");
  EXPECT_FALSE(batch.keep_going);
}

TEST(BatchFile, SeedsOfAMatrixAreRunsOfTheirOwn) {
  const Batch batch = parse_batch("name: a\nmatrix: {seed: [1, 2]}\nruns: [{suite: s, seed: 7}]\n", "b.yaml");
  EXPECT_EQ(batch.matrix.options.at("seed"), (std::vector<Json>{Json::array({1}), Json::array({2})}));
  EXPECT_EQ(batch.runs[0].layer.options.at("seed"), std::vector<Json>{Json::array({7})});
}

struct Mistake {
  const char* text;
  const char* message;
  const char* hint;
};

class BatchFileMistakes : public testing::TestWithParam<Mistake> {};

TEST_P(BatchFileMistakes, AreNamedWithTheirPlace) {
  try {
    (void)parse_batch(GetParam().text, "b.yaml");
    FAIL() << "accepted: " << GetParam().text;
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInput);
    EXPECT_NE(std::string(e.what()).find(GetParam().message), std::string::npos) << e.what();
    EXPECT_NE(e.hint().find(GetParam().hint), std::string::npos) << e.hint();
    EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos) << e.what();
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, BatchFileMistakes,
    testing::Values(
        Mistake{"", "b.yaml:1: expected a mapping", ""}, Mistake{"[1]", "b.yaml:1: expected a mapping", ""},
        Mistake{"runs: []", "missing key 'name'", "add it"},
        Mistake{"name: ../up", "b.yaml:1: '../up' is no name of a batch", "letters"},
        Mistake{"name: a\nmatrx: {}", "b.yaml:2: unknown key 'matrx'", "did you mean 'matrix'?"},
        Mistake{"name: a\nruns: []", "b.yaml:2: 'runs' has no entries", "leave 'runs' out"},
        Mistake{"name: a\nruns: 5", "b.yaml:2: 'runs' must be a list", ""},
        Mistake{"name: a\nruns: [5]", "b.yaml:2: 'runs' must be a mapping", ""},
        Mistake{"name: a\nruns:\n- {stpes: 4}", "b.yaml:3: unknown key 'stpes'", "did you mean 'steps'?"},
        Mistake{"name: a\nruns:\n- {steps: four}",
                "b.yaml:3: 'steps' must be a whole number from 1 to 10000, not \"four\"", ""},
        Mistake{"name: a\nruns:\n- {steps: 0}", "not 0", ""},
        Mistake{"name: a\nruns:\n- {steps: 4.5}", "not 4.5", ""},
        Mistake{"name: a\nruns:\n- {steps: '4'}", "not \"4\"", ""},
        Mistake{"name: a\nruns:\n- {steps: []}", "'steps' has no values", ""},
        Mistake{"name: a\nruns:\n- {steps: [4, 4]}", "'steps' has 4 twice", ""},
        Mistake{"name: a\nruns:\n- {steps: [4, 4.0]}", "'steps' has 4.0 twice", ""},
        Mistake{"name: a\nruns:\n- {guidance: .nan}", "'guidance' must be", ""},
        Mistake{"name: a\nruns:\n- {steps: {a: 1}}", "'steps' must be", ""},
        Mistake{"name: a\nruns:\n- {seed: [1, 1]}", "'seed' must be different whole numbers", ""},
        Mistake{"name: a\nruns:\n- {seed: -1}", "'seed' must be", ""},
        Mistake{"name: a\nruns:\n- {device: 'rm -rf /'}", "'device' must be", ""},
        Mistake{"name: a\nruns:\n- {no_cache: 3}", "'no_cache' must be true or false", ""},
        Mistake{"name: a\nruns:\n- {overlap: maybe}", "one of auto, on, off", ""},
        Mistake{"name: a\nruns:\n- {model: a, models: [b]}", "both stand here", "keep one"},
        Mistake{"name: a\nruns:\n- {model: 5}", "'model' must be a name", ""},
        Mistake{"name: a\nruns:\n- {model: [a, a]}", "'a' stands twice", ""},
        Mistake{"name: a\nruns:\n- {models: []}", "'models' names none", ""},
        Mistake{"name: a\nruns:\n- {model: {famly: x}}", "unknown key 'famly'", "did you mean 'family'?"},
        Mistake{"name: a\nruns:\n- {model: {max_vram: -1}}", "'max_vram' must be", ""},
        Mistake{"name: a\nruns:\n- {priority: 99999999}", "'priority' must be", ""},
        Mistake{"name: a\nruns:\n- {name: x}\n- {name: x}", "b.yaml:4: two runs are named 'x'", ""},
        Mistake{"name: a\nmatrix: {exclude: [{}]}", "says nothing", ""},
        Mistake{"name: a\nmatrix: {exclude: [{steps: [1, 2]}]}", "'steps' must be one value here", ""},
        Mistake{"name: a\nbudget: {time: soon}", "b.yaml:2: 'time' must be an amount above 0, not 'soon'",
                "1h 30m"},
        Mistake{"name: a\nbudget: {disk: 5 bananas}", "'disk' must be an amount", "50GB"},
        Mistake{"name: a\nbudget: {cost: $5}", "'cost' must be an amount", "20 USD"},
        Mistake{"name: a\nkeep_going: often", "'keep_going' must be true or false", ""},
        Mistake{"name: a\nname: b", "key 'name' stands twice", ""},
        Mistake{"name: &x a\ndefaults: {device: *x}", "aliases", ""},
        Mistake{"name: a\n---\nname: b", "second YAML document", ""},
        Mistake{"name: \"\xff\"", "not valid UTF-8", ""}, Mistake{"name: [", "not valid YAML", ""}));

TEST(BatchFile, WhatIsWrittenReadsBack) {
  SimpleBatch simple{"my-batch", {"a", "b@c"}, "/tmp/a \"quoted\": suite.yaml", {}};
  simple.options["steps"] = {4, 8};
  simple.options["guidance"] = {2.5};
  simple.options["seed"] = {Json::array({1, 2})};
  simple.options["device"] = {"cpu"};
  simple.options["no_cache"] = {true};
  const Batch batch = parse_batch(to_yaml(simple), "b.yaml");
  EXPECT_EQ(batch.name, simple.name);
  ASSERT_EQ(batch.runs.size(), 1U);
  EXPECT_EQ(batch.runs[0].layer.models->ids, simple.models);
  EXPECT_EQ(batch.runs[0].layer.suites, std::vector<std::string>{simple.suite});
  EXPECT_EQ(batch.runs[0].layer.options, simple.options);
}

}  // namespace
}  // namespace vidbench::batch
