#include "config/file.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "config/keys.h"
#include "config/value.h"

namespace vidbench::config {
namespace {

std::string fault(const std::string& text) {
  try {
    (void)parse_file(text, "vidbench.yaml");
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInput);
    return std::string(e.what()) + " | " + e.hint();
  }
  return "no fault";
}

TEST(Keys, EveryOneHasItsOwnNameAndVariable) {
  std::set<std::string> names, variables;
  for (const Key& key : keys()) {
    EXPECT_TRUE(names.insert(key.name).second) << key.name;
    EXPECT_TRUE(variables.insert(key.variable).second) << key.variable;
    EXPECT_TRUE(key.variable.starts_with("VIDBENCH_")) << key.name;
    EXPECT_FALSE(key.help.empty() || key.fallback.empty() || describe_type(key).empty()) << key.name;
    EXPECT_EQ(key.type == Type::kChoice, !key.choices.empty()) << key.name;
  }
}

TEST(ConfigFile, ValuesWithTheirLines) {
  const FileContent content = parse_file(R"(# ours
store: sqlite:results.db
run:
  workers: 2
  seeds: [1, 2]
  failure_budget: 0.25
offline: yes
profiles:
  ci:
    format: json
    run: {limit: 4}
)",
                                         "vidbench.yaml");
  EXPECT_EQ(content.values.at("store").value, "sqlite:results.db");
  EXPECT_EQ(content.values.at("store").line, 2);
  EXPECT_EQ(content.values.at("run.workers").value, 2);
  EXPECT_EQ(content.values.at("run.workers").line, 4);
  EXPECT_EQ(content.values.at("run.seeds").value, Json({1, 2}));
  EXPECT_EQ(content.values.at("run.failure_budget").value, 0.25);
  EXPECT_EQ(content.values.at("offline").value, true);
  EXPECT_EQ(content.profiles.at("ci").at("run.limit").value, 4);
  EXPECT_EQ(content.profiles.at("ci").at("format").line, 10);
}

TEST(ConfigFile, NothingIsAFileToo) {
  EXPECT_TRUE(parse_file("", "x").values.empty());
  EXPECT_TRUE(parse_file("# store: x\n", "x").values.empty());
  EXPECT_TRUE(parse_file("run:\n  # workers: 2\nprofiles:\n", "x").values.empty());
}

TEST(ConfigFile, FaultsNameFileLineAndTheWayOut) {
  const std::pair<const char*, const char*> cases[] = {
      {"stor: x\n", "vidbench.yaml:1: unknown key 'stor' | did you mean 'store'?"},
      {"run:\n  worker: 2\n", "vidbench.yaml:2: unknown key 'worker' in 'run' | did you mean 'workers'?"},
      {"workers: 2\n", "vidbench.yaml:1: unknown key 'workers' | did you mean 'run.workers'?"},
      {"run.workers: 2\n", "unknown key 'run.workers' | write it as run: {workers: …}"},
      {"store: a\nstore: b\n", "vidbench.yaml:2: key 'store' stands twice | keep one of them"},
      {"run: {workers: 0}\n", "'run.workers' must be a whole number from 1 to 64, not '0'"},
      {"run: {workers: two}\n", "must be a whole number from 1 to 64, not 'two'"},
      {"run: {workers: \"2\"}\n", "not '\"2\"'"},
      {"run: {workers: 2.5}\n", "not '2.5'"},
      {"run: {failure_budget: .nan}\n", "not '.nan'"},
      {"run: {workers: [2]}\n", "not 'a mapping or list'"},
      {"run: 3\n", "vidbench.yaml:1: 'run' must be a mapping"},
      {"format: jsn\n", "'jsn' is not a value of 'format' | did you mean 'json'?"},
      {"offline: maybe\n", "'offline' must be true or false, not 'maybe'"},
      {"store:\n", "vidbench.yaml:1: 'store' has no value"},
      {"store: ''\n", "'store' is empty"},
      {"run: {seeds: 1}\n", "'run.seeds' must be a list"},
      {"run: {seeds: [1, -1]}\n", "must be a list of whole numbers, not '-1'"},
      {"models: {quota: many}\n", "'models.quota' must be a size in bytes, not 'many'"},
      {"catalogues: [{git: 'https://x/y', branch: z}]\n", "unknown key 'branch'"},
      {"catalogues: [{ref: x}]\n", "missing key 'git'"},
      {"catalogues: [{git: --upload-pack=x}]\n", "'git' is neither an address nor a folder"},
      {"catalogues: [{git: 'https://x/y', ref: --x}]\n", "'ref' is not a branch"},
      {"catalogues: [{git: '/a/b', ref: main}]\n", "'ref' is for addresses"},
      {"catalogues: [{git: 'https://x/y', folder: ../..}]\n", "'folder' must be a folder in the repository"},
      {"catalogues: [{git: 'ext::sh -c x'}]\n", "'git'"},
      {"catalogues: ['https://x/y']\n", "a Git address is written as {git: ADDRESS}"},
      {"profiles: {balanced: {format: json}}\n", "'balanced' is the name of a score profile"},
      {"profiles: {ci: {profiles: {}}}\n", "unknown key 'profiles'"},
      {"profiles: {ci: 3}\n", "profile 'ci' must be a mapping"},
      {"profiles: {ci: {}, ci: {}}\n", "profile 'ci' stands twice"},
      {"a: &x 1\nb: *x\n", "aliases"},
      {"- a\n", "vidbench.yaml:1: expected a mapping"},
      {"store: [\n", "not valid YAML"},
      {"store: a\n---\nstore: b\n", "second YAML document"},
      {"store: \"a\\nb\"\n", "write it in one line"},
      {"? [a]\n: b\n", "a key must be a name"},
      {"store: \xff\n", "not valid UTF-8"},
  };
  for (const auto& [text, message] : cases)
    EXPECT_NE(fault(text).find(message), std::string::npos) << text << "gives: " << fault(text);
}

TEST(ConfigValue, WrittenAsYamlItReadsBack) {
  for (const char* text : {"plain", "a/b.yaml", "true", "no",          "3",          "1e5",  "0x1f", "null",
                           "~",     "",         "- a",  "a: b",        "#x",         "it's", "\"",   "ü",
                           "a, b",  "1:30",     ".inf", "sqlite:x.db", "2026-01-01", "=",    "%x",   "{"}) {
    const YAML::Node node = YAML::Load("value: " + value_yaml(text));
    EXPECT_EQ(node["value"].Scalar(), text);
    bool flag = false;
    double number = 0;
    const bool typed = node["value"].Tag() != "!" && (YAML::convert<bool>::decode(node["value"], flag) ||
                                                      YAML::convert<double>::decode(node["value"], number));
    EXPECT_FALSE(typed) << text << " would read back as something else than a text";
  }
  EXPECT_EQ(value_yaml(Json({1, "a b", true})), "[1, \"a b\", true]");
}

TEST(ConfigValue, OfVariables) {
  EXPECT_EQ(parse_value(require_key("offline"), "1", "x"), true);
  EXPECT_EQ(parse_value(require_key("run.seeds"), "1, 2", "x"), Json({1, 2}));
  EXPECT_EQ(parse_value(require_key("run.seeds"), "[3]", "x"), Json::array({3}));
  EXPECT_EQ(parse_value(require_key("catalogues"), "/a:/b:", "x"), Json({"/a", "/b"}));
  EXPECT_EQ(parse_value(require_key("models.mirrors"), "https://a https://b", "x"),
            Json({"https://a", "https://b"}));
  EXPECT_THROW((void)parse_value(require_key("offline"), "perhaps", "x"), Error);
  EXPECT_THROW((void)parse_value(require_key("run.seeds"), "[3", "x"), Error);
}

}  // namespace
}  // namespace vidbench::config
