// schemas/batch.schema.json serves editors; it must know the same keys and bounds as the reader.
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/strings.h"
#include "batch/batch_file.h"

namespace vidbench::batch {
namespace {

using Keys = std::set<std::string>;

Json schema() {
  const std::filesystem::path path = std::filesystem::path(VIDBENCH_SOURCE_DIR) / "schemas/batch.schema.json";
  return parse_json(read_file(path), path.string());
}

Keys keys_of(const Json& object_schema) {
  EXPECT_EQ(object_schema.at("additionalProperties"), false);
  Keys keys;
  for (const auto& item : object_schema.at("properties").items()) keys.insert(item.key());
  return keys;
}

// The reader names every key it knows in the hint for one that resembles none of them.
Keys keys_in_hint(const std::string& text) {
  try {
    (void)parse_batch(text, "x.yaml");
  } catch (const Error& e) {
    const std::string start = "one of: ";
    EXPECT_EQ(e.hint().substr(0, start.size()), start) << e.what();
    Keys keys;
    for (const std::string& key : split(e.hint().substr(start.size()), ',')) keys.insert(trim(key));
    return keys;
  }
  ADD_FAILURE() << "an unknown key was accepted";
  return {};
}

TEST(BatchSchema, KnowsTheKeysOfTheReader) {
  const Json properties = schema().at("properties"), defs = schema().at("$defs");
  const std::string unknown = "qqqqqqqqqqqqqqqqqqqq: 1";
  EXPECT_EQ(keys_of(schema()), keys_in_hint("name: a\n" + unknown));
  EXPECT_EQ(keys_of(defs["layer"]), keys_in_hint("name: a\ndefaults: {" + unknown + "}"));
  EXPECT_EQ(keys_of(properties["matrix"]), keys_in_hint("name: a\nmatrix: {" + unknown + "}"));
  EXPECT_EQ(keys_of(properties["runs"]["items"]), keys_in_hint("name: a\nruns: [{" + unknown + "}]"));
  EXPECT_EQ(keys_of(properties["budget"]), keys_in_hint("name: a\nbudget: {" + unknown + "}"));
  EXPECT_EQ(keys_of(defs["filter"]), keys_in_hint("name: a\nruns: [{model: {" + unknown + "}}]"));
}

TEST(BatchSchema, StatesTheBoundsOfTheReader) {
  const Json options = schema()["$defs"]["options"];
  for (const OptionRule& rule : option_rules()) {
    ASSERT_TRUE(options.contains(rule.name)) << rule.name;
    const Json one = options[rule.name].at("oneOf").at(0);
    if (rule.low == rule.high) continue;
    EXPECT_EQ(one.at("minimum"), rule.low) << rule.name;
    EXPECT_EQ(one.at("maximum"), rule.high) << rule.name;
    EXPECT_EQ(one.at("type") == "number", rule.kind == OptionRule::Kind::kReal) << rule.name;
  }
}

}  // namespace
}  // namespace vidbench::batch
