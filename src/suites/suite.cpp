#include "suites/suite.h"

#include <fmt/format.h>

#include <limits>
#include <set>

#include "base/files.h"
#include "base/hash.h"
#include "base/yaml.h"
#include "base/yaml_guard.h"
#include "suites/prompts.h"

namespace vidbench::suites {
namespace {

constexpr int kIntMax = std::numeric_limits<int>::max();
constexpr size_t kMaxSeeds = 10000;
constexpr size_t kMaxTextBytes = 4000;

int whole(YamlMap& map, const std::string& key, int64_t value, int64_t low, int64_t high) {
  if (value < low || value > high)
    map.fail(key, fmt::format("'{}' must be from {} to {}, not {}", key, low, high, value));
  return static_cast<int>(value);
}

GenerationSettings read_settings(YamlMap& suite) {
  GenerationSettings settings;
  auto map = suite.optional_map("settings");
  if (!map) return settings;
  for (const SettingRule& rule : setting_rules()) {
    const std::string key(rule.name);
    const double value = rule.whole != nullptr
                             ? static_cast<double>(map->integer(key, static_cast<int64_t>(rule.low)))
                             : map->number(key, rule.low);
    if (!map->has(key)) continue;
    if (!allows(rule, value))  // also refuses .nan
      map->fail(key, fmt::format("'{}' must be from {} to {}, not {}", key, rule.low, rule.high, value));
    set(settings, rule, value);
  }
  map->finish();
  return settings;
}

std::optional<ReferenceSet> read_reference(YamlMap& suite) {
  auto map = suite.optional_map("reference");
  if (!map) return std::nullopt;
  ReferenceSet reference;
  reference.kind = map->choice("kind", {"shapes"});
  reference.count = whole(*map, "count", map->integer("count"), 2, 1000000);  // a covariance needs two
  const int64_t seed = map->integer("seed", 0);
  if (seed < 0) map->fail("seed", fmt::format("'seed' must not be negative, not {}", seed));
  reference.seed = static_cast<uint64_t>(seed);
  map->finish();
  return reference;
}

std::vector<uint64_t> read_seeds(YamlMap& suite) {
  std::set<int64_t> seen;
  std::vector<uint64_t> seeds;
  for (const int64_t seed : suite.integers("seeds")) {
    if (seed < 0) suite.fail("seeds", fmt::format("seeds must not be negative, not {}", seed));
    if (!seen.insert(seed).second) suite.fail("seeds", fmt::format("seed {} stands twice", seed));
    seeds.push_back(static_cast<uint64_t>(seed));
  }
  if (seeds.empty()) suite.fail("seeds", "the suite has no seeds", "add 'seeds: [42]'");
  if (seeds.size() > kMaxSeeds) suite.fail("seeds", fmt::format("more than {} seeds", kMaxSeeds));
  return seeds;
}

// Ids of metrics or models: whether they exist is for those to say who know them.
std::vector<std::string> read_ids(YamlMap& suite, const std::string& key) {
  std::set<std::string> seen;
  std::vector<std::string> ids = suite.texts(key);
  for (const std::string& id : ids) {
    check_id(suite, key, id, "/@:=,+");
    if (!seen.insert(id).second) suite.fail(key, fmt::format("'{}' stands twice in '{}'", id, key));
  }
  return ids;
}

void read_description(YamlMap& map, Suite& suite) {
  suite.id = map.text("id");
  check_id(map, "id", suite.id, "");
  suite.version = whole(map, "version", map.integer("version"), 1, kIntMax);
  suite.title = plain_text(map, "title", "'title'", map.text("title"), kMaxTextBytes);
  if (suite.title.empty()) map.fail("title", "'title' is empty");
  suite.description =
      plain_text(map, "description", "'description'", map.text("description", ""), kMaxTextBytes);
  suite.is_public = map.boolean("public", false);
  suite.licence = plain_text(map, "licence", "'licence'", map.text("licence", ""), kMaxTextBytes);
  if (suite.is_public && suite.licence.empty())
    map.fail("public", "a public suite must name its 'licence'",
             "add an SPDX identifier, such as 'licence: CC0-1.0'");
}

std::string read_score_profile(YamlMap& map) {
  (void)map.text("score_profile", "");  // an absent key counts as read
  return map.has("score_profile") ? map.choice("score_profile", {"quality", "balanced", "realtime"})
                                  : "balanced";
}

}  // namespace

Suite parse_suite(const std::string& text, const std::string& origin, const std::filesystem::path& folder) {
  check_plain_yaml(text, origin);
  YamlMap map = YamlMap::parse(text, origin);
  Suite suite;
  read_description(map, suite);
  suite.prompts = read_prompts(map, suite.id, folder);
  suite.seeds = read_seeds(map);
  suite.settings = read_settings(map);
  suite.batch_size = whole(map, "batch_size", map.integer("batch_size", 1), 1, 4096);
  suite.single_stream = whole(map, "single_stream", map.integer("single_stream", 0), 0, 100000);
  suite.warmup = whole(map, "warmup", map.integer("warmup", 0), 0, 1000);
  suite.metrics = read_ids(map, "metrics");
  if (!map.has("metrics"))
    map.fail("metrics", "the suite has no metrics",
             "add 'metrics: [video/flicker]', or 'metrics: []' to measure performance only");
  suite.models = read_ids(map, "models");
  suite.reference = read_reference(map);
  suite.score_profile = read_score_profile(map);
  map.finish();
  suite.digest = sha256_hex(definition(suite).dump());
  return suite;
}

Suite load_suite(const std::filesystem::path& path) {
  return parse_suite(read_file(path, kMaxSuiteBytes), path.string(),
                     std::filesystem::absolute(path).parent_path());
}

}  // namespace vidbench::suites
