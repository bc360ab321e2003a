#include "engine/plan.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "null_model.h"

namespace vidbench::engine {
namespace {

suites::Suite suite(size_t prompts) {
  suites::Suite result;
  result.id = "s";
  result.is_public = true;
  for (size_t i = 0; i < prompts; ++i)
    result.prompts.push_back(
        {"s/" + std::to_string(i), "prompt " + std::to_string(i), "", i % 2 == 0 ? "even" : "odd"});
  result.seeds = {1, 2};
  result.batch_size = 4;
  result.digest = "d";
  return result;
}

std::vector<size_t> batch_sizes(const Plan& plan) {
  std::vector<size_t> sizes;
  for (const Batch& batch : plan.batches) sizes.push_back(batch.samples.size());
  return sizes;
}

TEST(Plan, IsTheSameForTheSameInputs) {
  const Plan a = make_plan(suite(6), {model("a"), model("b")}, {});
  const Plan b = make_plan(suite(6), {model("a"), model("b")}, {});
  ASSERT_EQ(a.samples.size(), 24U);
  for (size_t i = 0; i < a.samples.size(); ++i) {
    EXPECT_EQ(a.samples[i].key, b.samples[i].key);
    EXPECT_EQ(a.samples[i].id, a.requests[i].id);
  }
}

TEST(Plan, EverySampleStandsInOneBatchOfItsModel) {
  const Plan plan = make_plan(suite(5), {model("a"), model("b")}, {});
  std::set<size_t> seen;
  for (const Batch& batch : plan.batches)
    for (const size_t s : batch.samples) {
      EXPECT_TRUE(seen.insert(s).second);
      EXPECT_EQ(plan.samples[s].model, plan.models[batch.model].id);
      EXPECT_EQ(plan.samples[s].batch, batch.index);
    }
  EXPECT_EQ(seen.size(), plan.samples.size());
}

TEST(Plan, KeysDifferInAllThatDeterminesAVideo) {
  const auto key = [](const suites::Suite& s, const registry::Model& m, const PlanOptions& o) {
    return make_plan(s, {m}, o).samples.front().key;
  };
  const auto base_suite = suite(4);
  const auto base_model = model("a");
  std::set<std::string> keys = {key(base_suite, base_model, {})};
  EXPECT_TRUE(keys.insert(key(base_suite, base_model, {.seeds = {3}})).second);
  EXPECT_TRUE(keys.insert(key(base_suite, base_model, {.batch_size = 2})).second);
  EXPECT_TRUE(keys.insert(key(base_suite, model("b"), {})).second);
  auto other = base_suite;
  other.prompts[0].text = "another";
  EXPECT_TRUE(keys.insert(key(other, base_model, {})).second);
  other = base_suite;
  other.prompts[0].negative = "blurry";
  EXPECT_TRUE(keys.insert(key(other, base_model, {})).second);
  other = base_suite;
  other.settings.steps = 9;
  EXPECT_TRUE(keys.insert(key(other, base_model, {})).second);
  other = base_suite;
  other.settings.steps = 8;  // what the model does anyway
  EXPECT_FALSE(keys.insert(key(other, base_model, {})).second);
}

TEST(Plan, GeneratesTheFirstSamplesAloneThenInBatches) {
  auto wanted = suite(5);
  wanted.single_stream = 3;
  EXPECT_EQ(batch_sizes(make_plan(wanted, {model("a")}, {})), (std::vector<size_t>{1, 1, 1, 4, 3}));
  auto limited = model("a");
  limited.deployment.max_batch = 2;
  EXPECT_EQ(batch_sizes(make_plan(suite(5), {limited}, {})), (std::vector<size_t>{2, 2, 2, 2, 2}));
}

TEST(Plan, ALimitStaysBalanced) {
  const Plan plan = make_plan(suite(10), {model("a")}, {.seeds = {1}, .limit = 4});
  std::map<std::string, int> categories;
  for (const auto& sample : plan.samples) ++categories[sample.category];
  EXPECT_EQ(categories, (std::map<std::string, int>{{"even", 2}, {"odd", 2}}));
}

TEST(Plan, PrivatePromptsAreNamedByAKeyedHash) {
  auto hidden = suite(2);
  hidden.is_public = false;
  const Plan plan = make_plan(hidden, {model("a")}, {});
  EXPECT_TRUE(plan.samples[0].prompt_ref.starts_with("prompt-"));
  EXPECT_NE(plan.samples[0].prompt_ref, plan.samples[1].prompt_ref);
  EXPECT_EQ(plan.samples[0].prompt_ref, make_plan(hidden, {model("a")}, {}).samples[0].prompt_ref);
}

TEST(Plan, RefusesNoModelsAndModelsThatCannotRun) {
  EXPECT_THROW((void)make_plan(suite(2), {}, {}), Error);
  auto broken = model("a");
  broken.missing = {"weights x"};
  try {
    (void)make_plan(suite(2), {broken}, {});
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kEnvironment);
    EXPECT_NE(std::string(e.what()).find("weights x"), std::string::npos);
  }
}

}  // namespace
}  // namespace vidbench::engine
