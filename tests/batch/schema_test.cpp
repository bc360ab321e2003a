// schemas/batch.schema.json serves editors; it must know the same keys and bounds as the reader.
#include <gtest/gtest.h>

#include "../schema_keys.h"
#include "batch/batch_file.h"

namespace vidbench::batch {
namespace {

using testing_schema::Keys;
using testing_schema::keys_of;
using testing_schema::load_schema;

Json schema() { return load_schema("batch.schema.json"); }

Keys keys_in_hint(const std::string& text) {
  return testing_schema::keys_in_hint([&text] { (void)parse_batch(text, "x.yaml"); });
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
