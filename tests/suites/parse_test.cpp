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

// What a case's text is appended to.
enum Start {
  kNothing,
  kHead,      // kBase: the text begins on line 6
  kComplete,  // kBase and kPrompts: the text begins on line 9
};

struct BadCase {
  const char* name;
  Start start;
  const char* text;
  const char* error;  // begins with this
};

constexpr BadCase kBadCases[] = {
    {"UnknownKey", kComplete, "batchsize: 3\n",
     "mine.yaml:9: unknown key 'batchsize'|did you mean 'batch_size'?"},
    {"UnknownNestedKey", kComplete, "settings:\n  step: 3\n",
     "mine.yaml:10: unknown key 'step' in settings|did you mean 'steps'?"},
    {"UnknownPromptKey", kHead, "prompts:\n  - text: a\n  - txt: b\n",
     "mine.yaml:8: missing key 'text' in prompts[1]|is 'txt' meant?"},
    {"ZeroFrames", kComplete, "settings: {frames: 0}\n",
     "mine.yaml:9: 'frames' must be from 1 to 100000, not 0"},
    {"NegativeSteps", kComplete, "settings:\n  frames: 8\n  steps: -4\n",
     "mine.yaml:11: 'steps' must be from 1 to 10000, not -4"},
    {"FractionalSteps", kComplete, "settings: {steps: 4.5}\n",
     "mine.yaml:9: 'steps' must be a whole number, not '4.5'"},
    {"NanFps", kComplete, "settings: {fps: .nan}\n", "mine.yaml:9: 'fps' must be from 0.01 to 1000, not nan"},
    {"InfiniteGuidance", kComplete, "settings: {guidance: .inf}\n",
     "mine.yaml:9: 'guidance' must be from 0 to 1000"},
    {"HugeBatch", kComplete, "batch_size: 99999999999\n", "mine.yaml:9: 'batch_size' must be from 1 to 4096"},
    {"FractionalSeed", kNothing,
     "id: a\nversion: 1\ntitle: t\nseeds: [1.5]\nmetrics: [m]\nprompts: [{text: a}]\n",
     "mine.yaml:4: 'seeds' must be a list of whole numbers, not '1.5'"},
    {"NegativeSeed", kNothing,
     "id: a\nversion: 1\ntitle: t\nseeds: [-1]\nmetrics: [m]\nprompts: [{text: a}]\n",
     "mine.yaml:4: seeds must not be negative, not -1"},
    {"RepeatedSeed", kNothing,
     "id: a\nversion: 1\ntitle: t\nseeds: [3, 3]\nmetrics: [m]\nprompts: [{text: a}]\n",
     "mine.yaml:4: seed 3 stands twice"},
    {"NoSeeds", kNothing, "id: a\nversion: 1\ntitle: t\nmetrics: [m]\nprompts: [{text: a}]\n",
     "mine.yaml:1: the suite has no seeds|add 'seeds: [42]'"},
    {"NoMetrics", kNothing, "id: a\nversion: 1\ntitle: t\nseeds: [1]\nprompts: [{text: a}]\n",
     "mine.yaml:1: the suite has no metrics"},
    {"RepeatedMetric", kNothing,
     "id: a\nversion: 1\ntitle: t\nseeds: [1]\nmetrics: [m, m]\nprompts: [{text: a}]\n",
     "mine.yaml:5: 'm' stands twice in 'metrics'"},
    {"BadMetricId", kNothing,
     "id: a\nversion: 1\ntitle: t\nseeds: [1]\nmetrics: [a b]\nprompts: [{text: a}]\n",
     "mine.yaml:5: 'a b' of 'metrics' is not an id|"},
    {"ZeroVersion", kNothing, "id: a\nversion: 0\n", "mine.yaml:2: 'version' must be from 1 to"},
    {"QuotedVersion", kNothing, "id: a\nversion: '1'\n",
     "mine.yaml:2: 'version' must be a whole number, not '1'"},
    {"IdWithPath", kNothing, "id: ../a\nversion: 1\ntitle: t\n", "mine.yaml:1: '../a' of 'id' is not an id|"},
    {"PromptIdWithDots", kHead, "prompts: [{id: a/../b, text: a}]\n",
     "mine.yaml:6: 'a/../b' of 'id' is not an id|"},
    {"NoPrompts", kHead, "", "mine.yaml:1: the suite has no prompts|"},
    {"EmptyList", kHead, "prompts: []\n", "mine.yaml:6: the suite has no prompts|"},
    {"EmptyPrompt", kHead, "prompts:\n  - text: '  '\n", "mine.yaml:7: prompts[0] is empty|"},
    {"EmptyCategory", kHead, "categories:\n  - name: x\n    prompts: []\n",
     "mine.yaml:8: category 'x' has no prompts"},
    {"NestedPrompt", kHead, "categories:\n  - name: x\n    prompts:\n      - a\n      - [b]\n",
     "mine.yaml:10: 'prompts' must be a list of texts"},
    {"BothForms", kComplete, "prompts: [{text: a}]\n",
     "mine.yaml:7: both 'prompts' and 'categories' are given|"},
    {"RepeatedText", kHead, "prompts:\n  - text: a cat\n  - text: a dog\n  - text: ' a cat'\n",
     "mine.yaml:9: prompts[2] has the same text as prompts[0]|"},
    {"RepeatedTextInCategories", kHead,
     "categories:\n  - {name: x, prompts: [a]}\n  - {name: y, prompts: [b, a]}\n",
     "mine.yaml:8: prompt 2 of 'y' has the same text as prompt 1 of 'x'|"},
    {"RepeatedCategory", kHead, "categories:\n  - {name: x, prompts: [a]}\n  - {name: x, prompts: [b]}\n",
     "mine.yaml:8: category 'x' stands twice"},
    {"RepeatedId", kHead, "prompts:\n  - {id: one, text: a}\n  - text: b\n    id: one\n",
     "mine.yaml:9: prompts[1] has the same id as prompts[0]|"},
    {"IdMeetsDefault", kHead, "prompts:\n  - {id: mine/1, text: a}\n  - text: b\n",
     "mine.yaml:8: prompts[1] has the same id as prompts[0]|"},
    {"LineBreak", kHead, "prompts:\n  - text: \"a\\nb\"\n",
     "mine.yaml:7: prompts[0] holds a line break or a control character|"},
    {"TerminalEscape", kNothing, "id: a\nversion: 1\ntitle: \"\\e[2J\"\n",
     "mine.yaml:3: 'title' holds a line break"},
    {"NotUtf8", kHead, "prompts:\n  - text: a\xff\n", "mine.yaml:7: not valid UTF-8|"},
    {"PublicWithoutLicence", kComplete, "public: true\n",
     "mine.yaml:9: a public suite must name its 'licence'|"},
    {"UnknownReference", kComplete, "reference: {kind: shape, count: 4}\n",
     "mine.yaml:9: 'shape' is not a value of 'kind'|did you mean 'shapes'?"},
    {"TinyReference", kComplete, "reference: {kind: shapes, count: 1}\n",
     "mine.yaml:9: 'count' must be from 2 to"},
    {"UnknownProfile", kComplete, "score_profile: fast\n",
     "mine.yaml:9: 'fast' is not a value of 'score_profile'|one of: quality, balanced, realtime"},
    {"RepeatedKey", kComplete, "id: b\n", "mine.yaml:9: key 'id' stands twice|"},
    {"NotAMapping", kNothing, "- a\n- b\n", "mine.yaml:1: expected a mapping of keys to values"},
    {"Empty", kNothing, "", "mine.yaml:1: expected a mapping of keys to values"},
    {"Syntax", kHead, "prompts: [\n", "mine.yaml:7: not valid YAML: "},
    {"SecondDocument", kComplete, "---\nid: b\n", "mine.yaml:9: a second YAML document begins here|"},
};

std::string text_of(const BadCase& bad) {
  switch (bad.start) {
    case kHead:
      return kBase + bad.text;
    case kComplete:
      return kBase + kPrompts + bad.text;
    default:
      return bad.text;
  }
}

class BadSuite : public testing::TestWithParam<BadCase> {};

TEST_P(BadSuite, IsRefusedWithPlaceAndHint) {
  const std::string expected = GetParam().error;
  EXPECT_EQ(error_of(text_of(GetParam())).substr(0, expected.size()), expected);
}

INSTANTIATE_TEST_SUITE_P(, BadSuite, testing::ValuesIn(kBadCases),
                         [](const auto& info) { return info.param.name; });

TEST(ParseSuite, LongTextsAndDeepNestingAreRefused) {
  EXPECT_EQ(error_of(kBase + "prompts:\n  - text: " + std::string(4001, 'a') + "\n"),
            "mine.yaml:7: prompts[0] has 4001 bytes, more than 4000|shorten it");
  EXPECT_EQ(error_of("id: " + std::string(100000, '[') + "\n").find("mine.yaml:"), 0u);
}

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
  write_file_atomic(path, kBase + kPrompts + "# " + std::string(kMaxSuiteBytes, 'x'));
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
