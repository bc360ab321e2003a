// schemas/suite.schema.json serves editors; it must know the same keys and values as the reader.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <filesystem>

#include "../schema_keys.h"
#include "base/error.h"
#include "suites/suite.h"

namespace vidbench::suites {
namespace {

namespace fs = std::filesystem;
using testing_schema::Keys;
using testing_schema::keys_of;
using testing_schema::load_schema;

const fs::path kSource = VIDBENCH_SOURCE_DIR;

Json schema() { return load_schema("suite.schema.json"); }

Keys keys_in_hint(const std::string& text) {
  return testing_schema::keys_in_hint([&text] { (void)parse_suite(text, "x.yaml"); });
}

const std::string kHead = "id: a\nversion: 1\ntitle: t\nseeds: [1]\nmetrics: [m]\n";
const std::string kPrompts = "prompts: [{text: a}]\n";
const std::string kUnknown = "qqqqqqqqqqqqqqqq: 1";

TEST(SuiteSchema, KnowsTheKeysOfTheReader) {
  const Json properties = schema().at("properties");
  EXPECT_EQ(keys_of(schema()), keys_in_hint(kHead + kPrompts + kUnknown));
  EXPECT_EQ(keys_of(properties["settings"]), keys_in_hint(kHead + kPrompts + "settings: {" + kUnknown + "}"));
  EXPECT_EQ(keys_of(properties["reference"]),
            keys_in_hint(kHead + kPrompts + "reference: {kind: shapes, count: 2, " + kUnknown + "}"));
  EXPECT_EQ(keys_of(properties["prompts"]["items"]),
            keys_in_hint(kHead + "prompts: [{text: a, " + kUnknown + "}]"));
  EXPECT_EQ(keys_of(properties["categories"]["items"]),
            keys_in_hint(kHead + "categories: [{name: a, prompts: [b], " + kUnknown + "}]"));
}

// Bounds that the schema states are those at which the reader begins to refuse.
TEST(SuiteSchema, StatesTheBoundsOfTheReader) {
  const Json settings = schema()["properties"]["settings"]["properties"];
  for (const auto& [key, rule] : settings.items()) {
    const auto accepts = [&, name = key](const std::string& value) {
      try {
        (void)parse_suite(kHead + kPrompts + "settings: {" + name + ": " + value + "}", "x.yaml");
        return true;
      } catch (const Error&) {
        return false;
      }
    };
    EXPECT_TRUE(accepts(rule.at("minimum").dump())) << key;
    EXPECT_TRUE(accepts(rule.at("maximum").dump())) << key;
    EXPECT_FALSE(accepts(std::to_string(rule.at("maximum").get<int>() + 1))) << key;
    EXPECT_FALSE(accepts(std::to_string(rule.at("minimum").get<int>() - 1))) << key;
  }
  EXPECT_EQ(schema()["$defs"]["prompt"]["maxLength"], kMaxPromptBytes);
  EXPECT_EQ(schema()["properties"]["prompts"]["maxItems"], kMaxPrompts);
}

void expect_known(const YAML::Node& node, const Json& rule, const std::string& place) {
  if (node.IsMap()) {
    for (const auto& item : node) {
      const std::string key = item.first.Scalar();
      ASSERT_TRUE(rule.at("properties").contains(key)) << place << "." << key;
      expect_known(item.second, rule.at("properties").at(key), place + "." + key);
    }
  } else if (node.IsSequence()) {
    for (const auto& item : node) expect_known(item, rule.at("items"), place + "[]");
  }
}

TEST(SuiteSchema, CoversTheShippedSuites) {
  int files = 0;
  const Json suite_schema = schema();
  for (const auto& entry : fs::directory_iterator(kSource / "suites")) {
    const YAML::Node suite = YAML::LoadFile(entry.path().string());
    expect_known(suite, suite_schema, entry.path().filename().string());
    for (const Json& required : suite_schema.at("required"))
      EXPECT_TRUE(suite[required.get<std::string>()]) << entry.path() << " " << required;
    ++files;
  }
  EXPECT_GE(files, 2);
}

}  // namespace
}  // namespace vidbench::suites
