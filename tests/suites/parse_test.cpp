// Text cases for the suite reader: what is accepted, and which line and hint each mistake gets.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "suites/suite.h"

namespace vidbench::suites {
namespace {

const std::string kBase =
    "id: mine\n"
    "version: 2\n"
    "title: Mine\n"
    "seeds: [1, 7]\n"
    "metrics: [video/flicker]\n";
const std::string kPrompts = "categories:\n  - name: animals\n    prompts: [a cat, a dog]\n";

Suite parse(const std::string& text) { return parse_suite(text, "mine.yaml"); }

// The message, a '|' and the hint of the error that `text` gets; "" when it is accepted.
std::string error_of(const std::string& text) {
  try {
    (void)parse(text);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInput);
    return std::string(e.what()) + "|" + e.hint();
  }
  return "";
}

TEST(ParseSuite, CompactFormAndDefaults) {
  const Suite suite = parse(kBase + kPrompts);
  EXPECT_EQ(suite.id, "mine");
  EXPECT_EQ(suite.version, 2);
  ASSERT_EQ(suite.prompts.size(), 2u);
  EXPECT_EQ(suite.prompts[1].id, "mine/1");
  EXPECT_EQ(suite.prompts[1].text, "a dog");
  EXPECT_EQ(suite.prompts[1].category, "animals");
  EXPECT_EQ(suite.seeds, (std::vector<uint64_t>{1, 7}));
  EXPECT_FALSE(suite.is_public);
  EXPECT_EQ(suite.batch_size, 1);
  EXPECT_EQ(suite.warmup, 0);
  EXPECT_EQ(suite.score_profile, "balanced");
  EXPECT_FALSE(suite.settings.frames || suite.settings.steps || suite.settings.fps || suite.reference);
  EXPECT_EQ(suite.digest.size(), 64u);
}

TEST(ParseSuite, LongFormAndAllFields) {
  const Suite suite = parse(
      kBase +
      "public: true\nlicence: CC0-1.0\ndescription: >-\n  folded\n  text\n"
      "prompts:\n  - {id: zoo/cat, text: '  a cat ', negative: blurry, category: animals}\n  - text: a dog\n"
      "settings: {frames: 16, width: 64, height: 48, steps: 8, fps: 7.5, guidance: 0}\n"
      "batch_size: 4\nwarmup: 3\nmodels: [shapes-base-8, org/model@abc]\n"
      "reference: {kind: shapes, count: 64, seed: 9}\nscore_profile: realtime\n");
  EXPECT_TRUE(suite.is_public);
  EXPECT_EQ(suite.description, "folded text");
  EXPECT_EQ(suite.prompts[0].id, "zoo/cat");
  EXPECT_EQ(suite.prompts[0].text, "a cat");
  EXPECT_EQ(suite.prompts[0].negative, "blurry");
  EXPECT_EQ(suite.prompts[1].id, "mine/1");
  EXPECT_EQ(suite.settings.frames, 16);
  EXPECT_EQ(suite.settings.width, 64);
  EXPECT_EQ(suite.settings.height, 48);
  EXPECT_EQ(suite.settings.steps, 8);
  EXPECT_EQ(suite.settings.fps, 7.5);
  EXPECT_EQ(suite.settings.guidance, 0.0);
  EXPECT_EQ(suite.batch_size, 4);
  EXPECT_EQ(suite.warmup, 3);
  EXPECT_EQ(suite.models.back(), "org/model@abc");
  EXPECT_EQ(suite.reference->count, 64);
  EXPECT_EQ(suite.reference->seed, 9u);
  EXPECT_EQ(suite.score_profile, "realtime");
}

TEST(ParseSuite, DigestFollowsNumbersNotSpelling) {
  const std::string digest = parse(kBase + kPrompts).digest;
  EXPECT_EQ(digest, parse("# a comment\n" + kPrompts + kBase + "models: [x]\ndescription: other\n").digest);
  EXPECT_EQ(digest, parse(kBase + "prompts:\n  - {text: a cat, category: animals}\n"
                                  "  - {text: a dog, category: animals}\n")
                        .digest);
  for (const char* change : {"warmup: 1\n", "batch_size: 2\n", "settings: {steps: 4}\n",
                             "score_profile: quality\n", "reference: {kind: shapes, count: 2}\n"})
    EXPECT_NE(digest, parse(kBase + kPrompts + change).digest) << change;
  std::string other = kBase + kPrompts;
  other.replace(other.find("a dog"), 5, "a hog");
  EXPECT_NE(digest, parse(other).digest);
}

TEST(ParseSuite, JsonHoldsEveryField) {
  const Suite suite = parse(kBase + kPrompts + "models: [m]\nsettings: {fps: 8}\n");
  const Json json = to_json(suite);
  EXPECT_EQ(json.at("digest"), suite.digest);
  EXPECT_EQ(json.at("settings"), Json({{"fps", 8.0}}));
  EXPECT_EQ(json.at("prompts").at(0), Json({{"id", "mine/0"}, {"text", "a cat"}, {"category", "animals"}}));
  EXPECT_EQ(json.at("models"), Json::array({"m"}));
  EXPECT_FALSE(json.contains("reference"));
}

struct BadCase {
  const char* name;
  std::string text;
  std::string error;  // begins with this
};

class BadSuite : public testing::TestWithParam<BadCase> {};

TEST_P(BadSuite, IsRefusedWithPlaceAndHint) {
  const std::string error = error_of(GetParam().text);
  EXPECT_EQ(error.substr(0, GetParam().error.size()), GetParam().error);
}

std::string with(const std::string& more) { return kBase + kPrompts + more; }  // `more` begins on line 9

INSTANTIATE_TEST_SUITE_P(
    , BadSuite,
    testing::ValuesIn(std::vector<BadCase>{
        {"UnknownKey", with("batchsize: 3\n"),
         "mine.yaml:9: unknown key 'batchsize'|did you mean 'batch_size'?"},
        {"UnknownNestedKey", with("settings:\n  step: 3\n"),
         "mine.yaml:10: unknown key 'step' in settings|did you mean 'steps'?"},
        {"UnknownPromptKey", kBase + "prompts:\n  - text: a\n  - txt: b\n",
         "mine.yaml:8: missing key 'text' in prompts[1]|is 'txt' meant?"},
        {"ZeroFrames", with("settings: {frames: 0}\n"),
         "mine.yaml:9: 'frames' must be from 1 to 100000, not 0"},
        {"NegativeSteps", with("settings:\n  frames: 8\n  steps: -4\n"),
         "mine.yaml:11: 'steps' must be from 1 to 10000, not -4"},
        {"FractionalSteps", with("settings: {steps: 4.5}\n"),
         "mine.yaml:9: 'steps' must be a whole number, not '4.5'"},
        {"NanFps", with("settings: {fps: .nan}\n"), "mine.yaml:9: 'fps' must be from 0.01 to 1000, not nan"},
        {"InfiniteGuidance", with("settings: {guidance: .inf}\n"),
         "mine.yaml:9: 'guidance' must be from 0 to 1000"},
        {"HugeBatch", with("batch_size: 99999999999\n"), "mine.yaml:9: 'batch_size' must be from 1 to 4096"},
        {"FractionalSeed", "id: a\nversion: 1\ntitle: t\nseeds: [1.5]\nmetrics: [m]\n" + kPrompts,
         "mine.yaml:4: 'seeds' must be a list of whole numbers, not '1.5'"},
        {"NegativeSeed", "id: a\nversion: 1\ntitle: t\nseeds: [-1]\nmetrics: [m]\n" + kPrompts,
         "mine.yaml:4: seeds must not be negative, not -1"},
        {"RepeatedSeed", "id: a\nversion: 1\ntitle: t\nseeds: [3, 3]\nmetrics: [m]\n" + kPrompts,
         "mine.yaml:4: seed 3 stands twice"},
        {"NoSeeds", "id: a\nversion: 1\ntitle: t\nmetrics: [m]\n" + kPrompts,
         "mine.yaml:1: the suite has no seeds|add 'seeds: [42]'"},
        {"NoMetrics", "id: a\nversion: 1\ntitle: t\nseeds: [1]\n" + kPrompts,
         "mine.yaml:1: the suite has no metrics"},
        {"RepeatedMetric", "id: a\nversion: 1\ntitle: t\nseeds: [1]\nmetrics: [m, m]\n" + kPrompts,
         "mine.yaml:5: 'm' stands twice in 'metrics'"},
        {"BadMetricId", "id: a\nversion: 1\ntitle: t\nseeds: [1]\nmetrics: [a b]\n" + kPrompts,
         "mine.yaml:5: 'a b' of 'metrics' is not an id|"},
        {"ZeroVersion", "id: a\nversion: 0\n", "mine.yaml:2: 'version' must be from 1 to"},
        {"QuotedVersion", "id: a\nversion: '1'\n", "mine.yaml:2: 'version' must be a whole number, not '1'"},
        {"IdWithPath", "id: ../a\nversion: 1\ntitle: t\n", "mine.yaml:1: '../a' of 'id' is not an id|"},
        {"PromptIdWithDots", kBase + "prompts: [{id: a/../b, text: a}]\n",
         "mine.yaml:6: 'a/../b' of 'id' is not an id|"},
        {"NoPrompts", kBase, "mine.yaml:1: the suite has no prompts|"},
        {"EmptyList", kBase + "prompts: []\n", "mine.yaml:6: the suite has no prompts|"},
        {"EmptyPrompt", kBase + "prompts:\n  - text: '  '\n", "mine.yaml:7: prompts[0] is empty|"},
        {"EmptyCategory", kBase + "categories:\n  - name: x\n    prompts: []\n",
         "mine.yaml:8: category 'x' has no prompts"},
        {"NestedPrompt", kBase + "categories:\n  - name: x\n    prompts:\n      - a\n      - [b]\n",
         "mine.yaml:10: 'prompts' must be a list of texts"},
        {"BothForms", with("prompts: [{text: a}]\n"),
         "mine.yaml:7: both 'prompts' and 'categories' are given|"},
        {"RepeatedText", kBase + "prompts:\n  - text: a cat\n  - text: a dog\n  - text: ' a cat'\n",
         "mine.yaml:9: prompts[2] has the same text as prompts[0]|"},
        {"RepeatedTextInCategories",
         kBase + "categories:\n  - {name: x, prompts: [a]}\n  - {name: y, prompts: [b, a]}\n",
         "mine.yaml:8: prompt 2 of 'y' has the same text as prompt 1 of 'x'|"},
        {"RepeatedCategory",
         kBase + "categories:\n  - {name: x, prompts: [a]}\n  - {name: x, prompts: [b]}\n",
         "mine.yaml:8: category 'x' stands twice"},
        {"RepeatedId", kBase + "prompts:\n  - {id: one, text: a}\n  - text: b\n    id: one\n",
         "mine.yaml:9: prompts[1] has the same id as prompts[0]|"},
        {"IdMeetsDefault", kBase + "prompts:\n  - {id: mine/1, text: a}\n  - text: b\n",
         "mine.yaml:8: prompts[1] has the same id as prompts[0]|"},
        {"LongPrompt", kBase + "prompts:\n  - text: " + std::string(4001, 'a') + "\n",
         "mine.yaml:7: prompts[0] has 4001 bytes, more than 4000|shorten it"},
        {"LineBreak", kBase + "prompts:\n  - text: \"a\\nb\"\n",
         "mine.yaml:7: prompts[0] holds a line break or a control character|"},
        {"TerminalEscape", "id: a\nversion: 1\ntitle: \"\\e[2J\"\n",
         "mine.yaml:3: 'title' holds a line break"},
        {"NotUtf8", kBase + "prompts:\n  - text: a\xff\n", "mine.yaml:7: not valid UTF-8|"},
        {"PublicWithoutLicence", with("public: true\n"),
         "mine.yaml:9: a public suite must name its 'licence'|"},
        {"UnknownReference", with("reference: {kind: shape, count: 4}\n"),
         "mine.yaml:9: 'shape' is not a value of 'kind'|did you mean 'shapes'?"},
        {"TinyReference", with("reference: {kind: shapes, count: 1}\n"),
         "mine.yaml:9: 'count' must be from 2 to"},
        {"UnknownProfile", with("score_profile: fast\n"),
         "mine.yaml:9: 'fast' is not a value of 'score_profile'|one of: quality, balanced, realtime"},
        {"RepeatedKey", with("id: b\n"), "mine.yaml:9: key 'id' stands twice|"},
        {"NotAMapping", "- a\n- b\n", "mine.yaml:1: expected a mapping of keys to values"},
        {"Empty", "", "mine.yaml:1: expected a mapping of keys to values"},
        {"Syntax", kBase + "prompts: [\n", "mine.yaml:7: not valid YAML: "},
        {"SecondDocument", with("---\nid: b\n"), "mine.yaml:9: a second YAML document begins here|"},
        {"DeepNesting", "id: " + std::string(100000, '[') + "\n", "mine.yaml:"},
    }),
    [](const auto& info) { return info.param.name; });

// Nine lists of nine aliases each stand for 9^9 strings; the first alias ends the reading.
TEST(ParseSuite, AliasBombIsRefusedAtOnce) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i)
    bomb += fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n", i,
                        i - 1);
  EXPECT_EQ(error_of(bomb), "mine.yaml:2: YAML aliases (*name) are not allowed here|write the value out");
}

TEST(LoadSuite, RefusesLargeAndMissingFiles) {
  const TemporaryDirectory folder;
  const auto path = folder.path() / "big.yaml";
  write_file_atomic(path, with("# " + std::string(kMaxSuiteBytes, 'x')));
  try {
    (void)load_suite(path);
    ADD_FAILURE() << "a file over the limit was accepted";
  } catch (const Error& e) {
    EXPECT_EQ(e.what(), path.string() + " is larger than 4194304 bytes");
  }
  EXPECT_THROW((void)load_suite(folder.path() / "none.yaml"), Error);
  EXPECT_THROW((void)load_suite(folder.path()), Error);
}

}  // namespace
}  // namespace vidbench::suites
