#include "bundle/results.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "base/strings.h"

namespace vidbench::bundle {
namespace {

store::RunContent content() {
  store::RunContent content;
  content.run.id = "r1";
  content.run.state = store::RunState::kRunning;  // was killed
  store::SampleRecord sample;
  sample.id = "s0";
  sample.model = "m";
  sample.seed = std::numeric_limits<uint64_t>::max();
  sample.key = "address";
  sample.state = store::SampleState::kEvaluated;
  sample.video =
      store::GeneratedVideo{"/here/v.npy", "abc", 16, 32, 64, 8.0, 0.1, 0.25, 2, 123456789012ULL, true};
  sample.measurements =
      store::Measurements{{{"psnr", std::numeric_limits<double>::infinity()}, {"third", 1.0 / 3}},
                          {{"f", {0.1F, -2.5e-30F}}},
                          {{"x", "too short"}}};
  store::SampleRecord failed;
  failed.id = "s1";
  failed.model = "m";
  failed.state = store::SampleState::kFailed;
  failed.failure = store::Failure{"oom", "2 GiB asked", "Traceback"};
  content.samples = {sample, failed};
  content.aggregates = {{"m", "latency", 0.1, 0.05, 0.3, 7}};
  content.references["key"] = {2, 1, {0.5F, 1.5F}};
  return content;
}

std::string text_of(const store::RunContent& content, const ResultsOptions& options) {
  std::string text;
  write_results(content, options, [&](std::string_view piece) { text += piece; });
  return text;
}

store::RunContent read(const std::string& text) {
  ResultsReader reader("results.jsonl");
  for (size_t at = 0; at < text.size(); at += 11) reader.feed(std::string_view(text).substr(at, 11));
  reader.end();
  const std::vector<float> numbers = {0.5F, 1.5F};
  for (const auto& [name, bytes] : reader.reference_bytes())
    reader.take_reference(name, {reinterpret_cast<const char*>(numbers.data()), bytes});
  return reader.finish();
}

std::string refusal(const std::string& text) {
  try {
    (void)read(text);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInput);
    return e.what();
  }
  return "";
}

TEST(BundleResults, RecordsSurviveExactly) {
  const store::RunContent sent = content(), back = read(text_of(sent, {true, true}));
  EXPECT_EQ(back.run.state, store::RunState::kInterrupted);
  ASSERT_EQ(back.samples.size(), 2U);
  const auto& sample = back.samples[0];
  EXPECT_EQ(sample.seed, sent.samples[0].seed);
  EXPECT_EQ(sample.key, "address");
  EXPECT_EQ(sample.video->path, "");
  EXPECT_EQ(sample.video->peak_memory_bytes, 123456789012ULL);
  EXPECT_EQ(sample.video->latency_s, 0.1);
  EXPECT_TRUE(sample.video->from_cache);
  EXPECT_EQ(sample.measurements->values, sent.samples[0].measurements->values);
  EXPECT_EQ(sample.measurements->features, sent.samples[0].measurements->features);
  EXPECT_EQ(sample.measurements->missing, sent.samples[0].measurements->missing);
  EXPECT_EQ(back.samples[1].failure->log_tail, "Traceback");
  EXPECT_EQ(back.aggregates[0].high, 0.3);
  EXPECT_EQ(back.references.at("key").data, sent.references.at("key").data);
}

TEST(BundleResults, KeysAndLogsStayUnlessAskedFor) {
  const std::string text = text_of(content(), {false, false});
  EXPECT_EQ(text.find("address"), std::string::npos);
  EXPECT_EQ(text.find("Traceback"), std::string::npos);
  EXPECT_EQ(text.find("/here"), std::string::npos);
  const store::RunContent back = read(text);
  EXPECT_EQ(back.samples[0].key, "");
  EXPECT_EQ(text_of(back, {false, false}), text);
}

TEST(BundleResults, ALineIsNamed) {
  auto lines = split(text_of(content(), {}), '\n');
  lines[1] = R"({"kind": "sample"})";
  EXPECT_EQ(refusal(join(lines, "\n")), "results.jsonl:2: member 'id' is missing");
  lines[1] = "[" + std::string(100, '[');
  EXPECT_EQ(refusal(join(lines, "\n")), "results.jsonl:2: JSON nested more than 64 deep");
  lines[1] = "{\"kind\": \"[[[[\\\"[";
  EXPECT_NE(refusal(join(lines, "\n")).find("results.jsonl:2: not valid JSON"), std::string::npos);
  lines[0] = "";
  EXPECT_NE(refusal(join(lines, "\n")).find("results.jsonl:1: "), std::string::npos);
}

TEST(BundleResults, AReferenceWithoutItsFileIsMissed) {
  ResultsReader reader("results.jsonl");
  reader.feed(text_of(content(), {}));
  reader.end();
  EXPECT_THROW(reader.take_reference("references/1.f32", "x"), Error);
  EXPECT_THROW(reader.take_reference("references/0.f32", "x"), Error);
  EXPECT_THROW((void)reader.finish(), Error);
}

}  // namespace
}  // namespace vidbench::bundle
