#include "batch/batch_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/strings.h"
#include "base/yaml.h"
#include "base/yaml_guard.h"
#include "batch/quantities.h"

namespace vidbench::batch {
namespace {

constexpr size_t kMaxValues = 10000;  // of one list
constexpr int kMaxPriority = 1000000;

// Where the same word means different things.
enum class Position { kUsual, kMatrix, kPattern };

Json normal(const OptionRule& rule, const Json& value) {
  if (rule.kind == OptionRule::Kind::kWhole) return value.get<int64_t>();
  if (rule.kind == OptionRule::Kind::kReal) return value.get<double>();
  if (rule.kind != OptionRule::Kind::kSeeds) return value;
  Json seeds = Json::array();
  for (const Json& seed : value) seeds.push_back(seed.get<uint64_t>());
  return seeds;
}

// The values in turn. Seeds in a list belong to one run, but for a matrix, which takes each by itself.
std::vector<Json> alternatives(const OptionRule& rule, const Json& json, Position position) {
  const bool seeds = rule.kind == OptionRule::Kind::kSeeds;
  if (!json.is_array()) return {seeds ? Json::array({json}) : json};
  if (seeds && position != Position::kMatrix) return {json};
  std::vector<Json> values;
  for (const Json& value : json) values.push_back(seeds ? Json::array({value}) : value);
  return values;
}

void read_option(YamlMap& map, const OptionRule& rule, Position position, Axes& options) {
  const Json json = map.json(rule.name);
  if (json.is_null()) return;
  std::vector<Json>& values = options[rule.name];
  for (const Json& value : alternatives(rule, json, position)) {
    if (const std::string wanted = complaint(rule, value); !wanted.empty())
      map.fail(rule.name,
               fmt::format("'{}' must be {}, not {}", rule.name, wanted, one_line(document(value, -1))));
    values.push_back(normal(rule, value));
    if (std::find(values.begin(), values.end() - 1, values.back()) != values.end() - 1)
      map.fail(rule.name, fmt::format("'{}' has {} twice", rule.name, value.dump()));
    if (values.size() > kMaxValues)
      map.fail(rule.name, fmt::format("'{}' has over {} values", rule.name, kMaxValues));
  }
  if (values.empty())
    map.fail(rule.name, fmt::format("'{}' has no values", rule.name), "leave it out, or name one");
  if (position == Position::kPattern && values.size() > 1)
    map.fail(rule.name, fmt::format("'{}' must be one value here", rule.name));
}

// A text or a list of them under either of two names.
std::vector<std::string> names(YamlMap& map, const std::string& one, const std::string& many) {
  const Json single = map.json(one), several = map.json(many);
  if (!single.is_null() && !several.is_null())
    map.fail(many, fmt::format("'{}' and '{}' both stand here", one, many), "keep one of them");
  const std::string& key = single.is_null() ? many : one;
  const Json& json = single.is_null() ? several : single;
  if (json.is_null()) return {};
  std::vector<std::string> values;
  for (const Json& value : json.is_array() ? json : Json::array({json})) {
    if (!value.is_string() || value.get_ref<const std::string&>().empty())
      map.fail(key, fmt::format("'{}' must be a name or a list of names, not {}", key,
                                one_line(document(value, -1))));
    values.push_back(value);
    if (std::count(values.begin(), values.end(), values.back()) > 1)
      map.fail(key, fmt::format("'{}' stands twice in '{}'", values.back(), key));
  }
  if (values.empty()) map.fail(key, fmt::format("'{}' names none", key), "leave it out, or name one");
  return values;
}

std::vector<std::string> words(YamlMap& map, const std::string& key) {
  const Json json = map.json(key);
  if (json.is_string()) return {json.get<std::string>()};
  return json.is_null() ? std::vector<std::string>() : map.texts(key);
}

std::optional<double> limit(YamlMap& map, const std::string& key) {
  const double value = map.number(key, 0);
  if (!map.has(key)) return std::nullopt;
  if (!(value >= 0)) map.fail(key, fmt::format("'{}' must be a number from 0, not {}", key, value));
  return value;
}

ModelChoice read_filter(YamlMap map) {
  ModelChoice choice;
  registry::Filter& filter = choice.filter.emplace();
  filter.tasks = words(map, "task");
  filter.families = words(map, "family");
  filter.licences = words(map, "licence");
  filter.accesses = words(map, "access");
  filter.runners = words(map, "runner");
  filter.organisations = words(map, "organisation");
  filter.max_vram_gb = limit(map, "max_vram");
  filter.min_parameters_b = limit(map, "min_parameters");
  filter.max_parameters_b = limit(map, "max_parameters");
  filter.commercial = map.boolean("commercial", false);
  filter.deployed = map.boolean("deployed", false);
  filter.runnable = map.boolean("runnable", false);
  choice.search = map.text("search", "");
  map.finish();
  return choice;
}

std::optional<ModelChoice> read_models(YamlMap& map) {
  for (const std::string key : {"model", "models"}) {
    if (!map.json(key).is_object()) continue;
    const std::string other = key == "model" ? "models" : "model";
    if (map.has(other)) map.fail(other, "'model' and 'models' both stand here", "keep one of them");
    ModelChoice choice = read_filter(map.map(key));
    choice.place = map.where(key);
    return choice;
  }
  std::vector<std::string> ids = names(map, "model", "models");
  if (ids.empty()) return std::nullopt;
  return ModelChoice{std::move(ids), std::nullopt, "", map.where(map.has("model") ? "model" : "models")};
}

Layer read_layer(YamlMap& map, Position position) {
  Layer layer;
  layer.place = map.where("");
  layer.models = read_models(map);
  layer.suites = names(map, "suite", "suites");
  if (position == Position::kPattern && layer.suites.size() > 1)
    map.fail("suites", "one suite may stand here");
  for (const OptionRule& rule : option_rules()) read_option(map, rule, position, layer.options);
  return layer;
}

std::vector<Layer> read_layers(YamlMap& map, const std::string& key, Position position) {
  std::vector<Layer> layers;
  for (YamlMap& one : map.maps(key)) {
    layers.push_back(read_layer(one, position));
    one.finish();
    const Layer& layer = layers.back();
    if (!layer.models && layer.suites.empty() && layer.options.empty())
      map.fail(key, fmt::format("an entry of '{}' says nothing", key));
  }
  return layers;
}

void read_matrix(YamlMap& top, Batch& batch) {
  auto map = top.optional_map("matrix");
  if (!map) return;
  batch.matrix = read_layer(*map, Position::kMatrix);
  batch.exclude = read_layers(*map, "exclude", Position::kPattern);
  batch.include = read_layers(*map, "include", Position::kMatrix);
  map->finish();
}

bool safe_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 && name.front() != '.' && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                  c == '_' || c == '.';
         });
}

std::string read_name(YamlMap& map) {
  std::string name = map.text("name");
  if (!safe_name(name))
    map.fail("name", fmt::format("'{}' is no name of a batch", one_line(name)),
             "up to 64 letters, digits, '-', '_' and '.', beginning with a letter or digit");
  return name;
}

std::vector<Entry> read_runs(YamlMap& top) {
  std::vector<Entry> entries;
  std::set<std::string> seen;
  for (YamlMap& map : top.maps("runs")) {
    Entry& entry = entries.emplace_back();
    entry.name = map.text("name", "");
    if (!entry.name.empty() && !safe_name(entry.name))
      map.fail("name", fmt::format("'{}' is no name of a run", one_line(entry.name)),
               "up to 64 letters, digits, '-', '_' and '.'");
    if (!entry.name.empty() && !seen.insert(entry.name).second)
      map.fail("name", fmt::format("two runs are named '{}'", entry.name));
    const int64_t priority = map.integer("priority", 0);
    if (priority < -kMaxPriority || priority > kMaxPriority)
      map.fail("priority", fmt::format("'priority' must be from {} to {}, not {}", -kMaxPriority,
                                       kMaxPriority, priority));
    entry.priority = static_cast<int>(priority);
    entry.layer = read_layer(map, Position::kUsual);
    map.finish();
  }
  return entries;
}

template <typename Parse>
auto read_quantity(YamlMap& map, const std::string& key, const char* example, Parse parse) {
  const std::string text = map.text(key, "");
  auto value = parse(text);
  if (map.has(key) && !value)
    map.fail(key, fmt::format("'{}' must be an amount above 0, not '{}'", key, one_line(text)),
             fmt::format("such as '{}: {}'", key, example));
  return value;
}

Budget read_budget(YamlMap& top) {
  Budget budget;
  auto map = top.optional_map("budget");
  if (!map) return budget;
  budget.seconds = read_quantity(*map, "time", "1h 30m", parse_duration);
  budget.disk_bytes = read_quantity(*map, "disk", "50GB", parse_size);
  budget.cost = read_quantity(*map, "cost", "20 USD", parse_cost);
  map->finish();
  return budget;
}

}  // namespace

Batch parse_batch(const std::string& text, const std::string& origin) {
  check_plain_yaml(text, origin);
  YamlMap map = YamlMap::parse(text, origin);
  Batch batch;
  batch.file = origin;
  batch.name = read_name(map);
  if (auto defaults = map.optional_map("defaults")) {
    batch.defaults = read_layer(*defaults, Position::kUsual);
    defaults->finish();
  }
  read_matrix(map, batch);
  batch.runs = read_runs(map);
  if (batch.runs.empty()) {
    if (map.has("runs")) map.fail("runs", "'runs' has no entries", "add one, or leave 'runs' out");
    batch.runs.push_back({"", 0, {}});  // the matrix and the defaults say all
  }
  batch.budget = read_budget(map);
  batch.keep_going = map.boolean("keep_going", true);
  map.finish();
  return batch;
}

Batch load_batch(const std::filesystem::path& path) {
  return parse_batch(read_file(path, kMaxBatchBytes), path.string());
}

}  // namespace vidbench::batch
