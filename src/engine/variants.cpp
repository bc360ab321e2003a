#include "engine/variants.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/strings.h"
#include "engine/plan.h"

namespace vidbench::engine {
namespace {

const suites::SettingRule& rule_of(const std::string& name) {
  if (const suites::SettingRule* rule = suites::find_setting(name)) return *rule;
  throw_input(fmt::format("'{}' is not a setting", name));
}

void check(const suites::SettingRule& rule, const std::vector<double>& values) {
  std::set<double> seen;
  for (const double value : values) {
    if (!suites::allows(rule, value))
      throw_input(fmt::format("{} must be {} from {} to {}, not {}", rule.name,
                              rule.whole != nullptr ? "a whole number" : "a number", rule.low, rule.high,
                              value));
    if (!seen.insert(value).second) throw_input(fmt::format("{} {} stands twice", rule.name, value));
  }
}

registry::GenerationDefaults overrides_of(const suites::GenerationSettings& wanted) {
  return {wanted.frames, wanted.width, wanted.height, wanted.steps, wanted.fps, wanted.guidance};
}

}  // namespace

std::vector<suites::GenerationSettings> combinations(const SettingsGrid& grid) {
  std::vector<suites::GenerationSettings> all(1);
  for (const auto& [name, values] : grid) {
    const suites::SettingRule& rule = rule_of(name);
    check(rule, values);
    std::vector<suites::GenerationSettings> more;
    for (const auto& one : all)
      for (const double value : values) suites::set(more.emplace_back(one), rule, value);
    all = std::move(more);
  }
  return all;
}

registry::Model variant(const registry::Model& model, const suites::Suite& suite,
                        const suites::GenerationSettings& wanted, const std::vector<std::string>& varying) {
  registry::Model asked = model;
  const Json usual = effective_settings(suite, model);
  asked.overrides = overrides_of(wanted);
  std::vector<std::string> told;
  for (const suites::SettingRule& rule : suites::setting_rules()) {
    const std::string name(rule.name);
    const auto value = suites::get(wanted, rule);
    if (!value) continue;
    const bool varies = std::find(varying.begin(), varying.end(), name) != varying.end();
    if (varies || !usual.contains(name) || usual.at(name).get<double>() != *value)
      told.push_back(fmt::format("{}={}", name, *value));
  }
  if (!told.empty()) asked.id += ":" + join(told, ",");
  return asked;
}

std::vector<registry::Model> variants(const std::vector<registry::Model>& models, const suites::Suite& suite,
                                      const SettingsGrid& grid) {
  std::vector<std::string> varying;
  for (const auto& [name, values] : grid)
    if (values.size() > 1) varying.push_back(name);
  const auto all = combinations(grid);
  std::vector<registry::Model> result;
  for (const registry::Model& model : models)
    for (const auto& wanted : all) result.push_back(variant(model, suite, wanted, varying));
  return result;
}

std::vector<registry::Model> models_of(const Json& manifest, const registry::Registry& registry) {
  std::vector<registry::Model> models;
  for (const Json& one : manifest.at("models")) {
    const std::string id = one.at("id").get<std::string>();
    registry::Model& model = models.emplace_back(registry.find(one.value("base", id)));
    model.id = id;
    suites::GenerationSettings wanted;
    const Json overrides = one.value("overrides", Json::object());
    for (const auto& [name, value] : overrides.items())
      suites::set(wanted, rule_of(name), value.get<double>());
    model.overrides = overrides_of(wanted);
  }
  return models;
}

std::string base_model(const std::string& id) { return id.substr(0, id.find(':')); }

}  // namespace vidbench::engine
