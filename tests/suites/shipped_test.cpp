// The suites that are shipped: they load, are balanced, and are found by name.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "suites/suite.h"

namespace vidbench::suites {
namespace {

class ShippedSuites : public testing::Test {
 protected:
  void SetUp() override { setenv("VIDBENCH_HOME", VIDBENCH_SOURCE_DIR, 1); }
};

size_t words_in(const std::string& text) {
  std::istringstream stream(text);
  size_t count = 0;
  for (std::string word; stream >> word;) ++count;
  return count;
}

std::map<std::string, int> prompts_by_category(const Suite& suite) {
  std::map<std::string, int> counts;
  for (const Prompt& prompt : suite.prompts) ++counts[prompt.category];
  return counts;
}

TEST_F(ShippedSuites, AllLoadAndAreNamedAsTheirFiles) {
  const auto suites = list_suites();
  ASSERT_GE(suites.size(), 2u);
  for (const SuiteSummary& summary : suites) {
    EXPECT_EQ(summary.id, summary.path.stem().string());
    const Suite suite = find_suite(summary.id);
    EXPECT_EQ(suite.prompts.size(), summary.prompts);
    EXPECT_TRUE(suite.is_public) << summary.id;
    EXPECT_EQ(suite.digest, load_suite(summary.path).digest);
  }
}

TEST_F(ShippedSuites, UnknownNameGetsASuggestion) {
  try {
    (void)find_suite("quikstart");
    ADD_FAILURE() << "found";
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "no suite is named 'quikstart'");
    EXPECT_EQ(e.hint(), "did you mean 'quickstart'? (or a path that ends in .yaml)");
    EXPECT_EQ(e.exit_code(), 2);
  }
}

TEST_F(ShippedSuites, APathIsReadAsAPath) {
  EXPECT_EQ(find_suite(std::string(VIDBENCH_SOURCE_DIR) + "/suites/standard.yaml").id, "standard");
  EXPECT_THROW((void)find_suite("./quickstart"), Error);
}

// Every caption must be "a SIZE COLOUR SHAPE MOTION on a BACKGROUND background".
struct Caption {
  std::string size, colour, shape, motion, background;
};

Caption read_caption(const std::string& text) {
  std::istringstream stream(text);
  std::string article, word;
  Caption caption;
  stream >> article >> caption.size >> caption.colour >> caption.shape;
  EXPECT_EQ(article, "a") << text;
  while (stream >> word && word != "on") caption.motion += (caption.motion.empty() ? "" : " ") + word;
  stream >> article >> caption.background >> word;
  EXPECT_EQ(article, "a") << text;
  EXPECT_EQ(word, "background") << text;
  EXPECT_FALSE(stream >> word) << text;
  return caption;
}

// The rule by which src/shapes/caption.cpp keeps captions out of training: FNV-1a hash divisible by 10.
bool is_held_out(const std::string& caption) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : caption) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash % 10 == 0;
}

void expect_values(const std::map<std::string, int>& counts, const std::set<std::string>& values, int low,
                   int high) {
  std::set<std::string> found;
  for (const auto& [value, count] : counts) {
    found.insert(value);
    EXPECT_GE(count, low) << value;
    EXPECT_LE(count, high) << value;
  }
  EXPECT_EQ(found, values);
}

TEST_F(ShippedSuites, QuickstartIsBalancedOverTheCaptionGrammar) {
  const Suite suite = find_suite("quickstart");
  EXPECT_EQ(suite.prompts.size(), 48u);
  EXPECT_EQ(suite.seeds.size(), 1u);
  EXPECT_EQ(suite.models.size(), 8u);
  ASSERT_TRUE(suite.reference);
  EXPECT_EQ(suite.reference->kind, "shapes");
  std::map<std::string, int> sizes, colours, shapes, motions, backgrounds;
  for (const Prompt& prompt : suite.prompts) {
    const Caption caption = read_caption(prompt.text);
    EXPECT_EQ(caption.motion, prompt.category);
    EXPECT_TRUE(is_held_out(prompt.text)) << prompt.text;
    ++sizes[caption.size];
    ++colours[caption.colour];
    ++shapes[caption.shape];
    ++motions[caption.motion];
    ++backgrounds[caption.background];
  }
  expect_values(sizes, {"small", "medium", "large"}, 16, 16);
  expect_values(colours, {"red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink"}, 6, 6);
  expect_values(shapes, {"circle", "square", "triangle", "cross", "ring"}, 9, 10);
  expect_values(motions,
                {"moving left", "moving right", "moving up", "moving down", "standing still", "circling",
                 "bouncing up and down", "swinging side to side"},
                6, 6);
  expect_values(backgrounds, {"black", "white", "striped", "checkered"}, 12, 12);
}

TEST_F(ShippedSuites, StandardIsBalancedAndVaried) {
  const Suite suite = find_suite("standard");
  EXPECT_GE(suite.prompts.size(), 126u);
  EXPECT_EQ(suite.seeds, std::vector<uint64_t>{42});
  EXPECT_FALSE(suite.settings.frames || suite.settings.steps || suite.settings.width);
  const auto counts = prompts_by_category(suite);
  EXPECT_EQ(counts.size(), 9u);
  for (const auto& [category, count] : counts) {
    EXPECT_GE(count, 14) << category;
    EXPECT_EQ(count, counts.begin()->second) << category << " outweighs or lags behind the others";
  }
  std::map<std::string, int> beginnings;
  for (const Prompt& prompt : suite.prompts) {
    const size_t words = words_in(prompt.text);
    const bool is_long = prompt.category == "long prompts";
    EXPECT_GE(words, is_long ? 45u : 7u) << prompt.text;
    EXPECT_LE(words, is_long ? 75u : 20u) << prompt.text;
    ++beginnings[prompt.text.substr(0, 14)];
  }
  for (const auto& [beginning, count] : beginnings) EXPECT_LE(count, 4) << beginning;
}

}  // namespace
}  // namespace vidbench::suites
