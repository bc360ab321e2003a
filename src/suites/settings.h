// The numeric generation settings: one table for suite files, batch files, options and results.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/json.h"

namespace vidbench::suites {

// Unset = the model's own default.
struct GenerationSettings {
  std::optional<int> frames, width, height, steps;
  std::optional<double> fps, guidance;

  bool operator==(const GenerationSettings&) const = default;
};

struct SettingRule {
  std::string_view name;  // "steps"; the option is "--steps"
  std::string_view help;
  double low = 0, high = 0;
  // One of the two is there: where the value lies.
  std::optional<int> GenerationSettings::*whole = nullptr;
  std::optional<double> GenerationSettings::*real = nullptr;
};

[[nodiscard]] std::span<const SettingRule> setting_rules();
// nullptr when there is none of that name.
[[nodiscard]] const SettingRule* find_setting(std::string_view name);

// Whether the rule allows the value: within its range, and whole where it must be.
[[nodiscard]] bool allows(const SettingRule& rule, double value);
void set(GenerationSettings& settings, const SettingRule& rule, double value);
[[nodiscard]] std::optional<double> get(const GenerationSettings& settings, const SettingRule& rule);

// Only the members that are set.
[[nodiscard]] Json to_json(const GenerationSettings& settings);

}  // namespace vidbench::suites
