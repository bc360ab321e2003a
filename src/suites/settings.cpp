#include "suites/settings.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace vidbench::suites {
namespace {

using S = GenerationSettings;
constexpr std::array<SettingRule, 6> kRules = {{
    {"frames", "frames of a video", 1, 100000, &S::frames, nullptr},
    {"width", "width in pixels", 1, 16384, &S::width, nullptr},
    {"height", "height in pixels", 1, 16384, &S::height, nullptr},
    {"steps", "denoising steps", 1, 10000, &S::steps, nullptr},
    {"fps", "frames a second", 0.01, 1000, nullptr, &S::fps},
    {"guidance", "guidance scale", 0, 1000, nullptr, &S::guidance},
}};

}  // namespace

std::span<const SettingRule> setting_rules() { return kRules; }

const SettingRule* find_setting(std::string_view name) {
  const auto found =
      std::find_if(kRules.begin(), kRules.end(), [&](auto& rule) { return rule.name == name; });
  return found == kRules.end() ? nullptr : &*found;
}

bool allows(const SettingRule& rule, double value) {
  return value >= rule.low && value <= rule.high && (rule.real != nullptr || std::floor(value) == value);
}

void set(GenerationSettings& settings, const SettingRule& rule, double value) {
  if (rule.whole != nullptr)
    settings.*rule.whole = static_cast<int>(value);
  else
    settings.*rule.real = value;
}

std::optional<double> get(const GenerationSettings& settings, const SettingRule& rule) {
  if (rule.real != nullptr) return settings.*rule.real;
  const auto& value = settings.*rule.whole;
  return value ? std::optional<double>(*value) : std::nullopt;
}

Json to_json(const GenerationSettings& settings) {
  Json json = Json::object();
  for (const SettingRule& rule : kRules) {
    const std::string name(rule.name);
    if (rule.whole != nullptr && settings.*rule.whole) json[name] = *(settings.*rule.whole);
    if (rule.real != nullptr && settings.*rule.real) json[name] = *(settings.*rule.real);
  }
  return json;
}

}  // namespace vidbench::suites
