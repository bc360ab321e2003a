#include "batch/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/strings.h"

namespace vidbench::batch {
namespace {

using Kind = OptionRule::Kind;
constexpr size_t kMostSeeds = 10000;
constexpr double kLargestSeed = 9007199254740992;  // 2^53: every JSON reader keeps it exactly

std::vector<OptionRule> make_rules() {
  std::vector<OptionRule> rules;
  for (const auto& setting : suites::setting_rules())
    rules.push_back({std::string(setting.name),
                     setting.whole != nullptr ? Kind::kWhole : Kind::kReal,
                     setting.low,
                     setting.high,
                     {}});
  const std::vector<OptionRule> more = {
      {"seed", Kind::kSeeds, 0, kLargestSeed, {}}, {"limit", Kind::kWhole, 1, 1e6, {}},
      {"batch_size", Kind::kWhole, 1, 4096, {}},   {"device", Kind::kText, 0, 0, {}},
      {"threads", Kind::kWhole, 1, 4096, {}},      {"overlap", Kind::kChoice, 0, 0, {"auto", "on", "off"}},
      {"max_attempts", Kind::kWhole, 1, 100, {}},  {"failure_budget", Kind::kReal, 0, 1, {}},
      {"previews", Kind::kWhole, 0, 1000, {}},     {"fail_fast", Kind::kFlag, 0, 0, {}},
      {"no_cache", Kind::kFlag, 0, 0, {}},         {"keep_prompts", Kind::kFlag, 0, 0, {}}};
  rules.insert(rules.end(), more.begin(), more.end());
  return rules;
}

bool in_range(const OptionRule& rule, const Json& value) {
  if (!value.is_number()) return false;
  const double number = value.get<double>();
  return number >= rule.low && number <= rule.high;
}

bool whole_in_range(const OptionRule& rule, const Json& value) {
  return in_range(rule, value) && std::floor(value.get<double>()) == value.get<double>();
}

bool are_seeds(const OptionRule& rule, const Json& value) {
  if (!value.is_array() || value.empty() || value.size() > kMostSeeds) return false;
  std::vector<Json> seen;
  for (const Json& seed : value) {
    if (!whole_in_range(rule, seed)) return false;
    seen.push_back(seed);
  }
  std::sort(seen.begin(), seen.end());
  return std::adjacent_find(seen.begin(), seen.end()) == seen.end();
}

bool is_device(const Json& value) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == ':' || c == '_' || c == '-' || c == '.';
  });
}

std::string shown(const Json& value) {
  if (value.is_number()) return fmt::format("{}", value.get<double>());
  if (value.is_array()) {
    std::vector<std::string> parts;
    for (const Json& one : value) parts.push_back(shown(one));
    return join(parts, ",");
  }
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

const std::vector<OptionRule>& option_rules() {
  static const std::vector<OptionRule> rules = make_rules();
  return rules;
}

std::string complaint(const OptionRule& rule, const Json& value) {
  switch (rule.kind) {
    case Kind::kWhole:
      return whole_in_range(rule, value) ? ""
                                         : fmt::format("a whole number from {} to {}", rule.low, rule.high);
    case Kind::kReal:
      return in_range(rule, value) ? "" : fmt::format("a number from {} to {}", rule.low, rule.high);
    case Kind::kFlag:
      return value.is_boolean() ? "" : "true or false";
    case Kind::kChoice:
      return std::find(rule.choices.begin(), rule.choices.end(), value) != rule.choices.end()
                 ? ""
                 : "one of " + join(rule.choices, ", ");
    case Kind::kText:
      return is_device(value) ? "" : "a device, such as cpu, cuda or cuda:1";
    case Kind::kSeeds:
      return are_seeds(rule, value) ? "" : "different whole numbers from 0, or one";
  }
  return "";
}

suites::GenerationSettings settings_of(const Values& values) {
  suites::GenerationSettings settings;
  for (const auto& rule : suites::setting_rules())
    if (const auto found = values.find(std::string(rule.name)); found != values.end())
      suites::set(settings, rule, found->second.get<double>());
  return settings;
}

void apply(const Values& values, engine::RunOptions& options) {
  const auto read = [&](const char* name, auto& target) {
    if (const auto found = values.find(name); found != values.end()) found->second.get_to(target);
  };
  read("seed", options.plan.seeds);
  read("limit", options.plan.limit);
  read("batch_size", options.plan.batch_size);
  read("keep_prompts", options.plan.keep_prompts);
  read("device", options.device);
  read("threads", options.threads);
  read("max_attempts", options.retry.max_attempts);
  read("failure_budget", options.retry.failure_budget);
  read("previews", options.preview_prompts);
  read("fail_fast", options.fail_fast);
  if (const auto found = values.find("no_cache"); found != values.end())
    options.use_cache = !found->second.get<bool>();
  if (const auto found = values.find("overlap"); found != values.end())
    options.overlap = found->second == "on"    ? engine::Overlap::kOn
                      : found->second == "off" ? engine::Overlap::kOff
                                               : engine::Overlap::kAuto;
}

std::string text_of(const Values& values) {
  std::vector<std::string> parts;
  for (const OptionRule& rule : option_rules())
    if (const auto found = values.find(rule.name); found != values.end())
      parts.push_back(fmt::format("{}={}", rule.name, shown(found->second)));
  return join(parts, " ");
}

}  // namespace vidbench::batch
