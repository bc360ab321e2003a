#include "report/vbench.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/strings.h"
#include "store/vbench_id.h"

namespace vidbench::report {
namespace {

// Above this a raw value is no fraction: all dimensions end at 1, give or take rounding in half precision.
constexpr double kLargestFraction = 1.5;

std::vector<VbenchDimension> from_zero_to_one(std::initializer_list<const char*> names) {
  std::vector<VbenchDimension> dimensions;
  for (const char* name : names) dimensions.push_back({name, 0, 1, 1});
  return dimensions;
}

VbenchSuite vbench() {
  return {"vbench",
          {{"quality",
            4,
            {{"subject consistency", 0.1462, 1.0, 1},
             {"background consistency", 0.2615, 1.0, 1},
             {"temporal flickering", 0.6293, 1.0, 1},
             {"motion smoothness", 0.706, 0.9975, 1},
             {"dynamic degree", 0.0, 1.0, 0.5},
             {"aesthetic quality", 0.0, 1.0, 1},
             {"imaging quality", 0.0, 1.0, 1}}},
           {"semantic",
            1,
            {{"object class", 0.0, 1.0, 1},
             {"multiple objects", 0.0, 1.0, 1},
             {"human action", 0.0, 1.0, 1},
             {"color", 0.0, 1.0, 1},
             {"spatial relationship", 0.0, 1.0, 1},
             {"scene", 0.0, 0.8222, 1},
             {"appearance style", 0.0009, 0.2855, 1},
             {"temporal style", 0.0, 0.364, 1},
             {"overall consistency", 0.0, 0.364, 1}}}}};
}

VbenchSuite vbench_i2v() {
  return {"vbench-i2v",
          {{"i2v",
            1,
            {{"video-text camera motion", 0.0, 1.0, 0.1},
             {"video-image subject consistency", 0.1462, 1.0, 1},
             {"video-image background consistency", 0.2615, 1.0, 1}}},
           {"quality",
            1,
            {{"subject consistency", 0.1462, 1.0, 1},
             {"background consistency", 0.2615, 1.0, 1},
             {"motion smoothness", 0.706, 0.9975, 1},
             {"dynamic degree", 0.0, 1.0, 0.5},
             {"aesthetic quality", 0.0, 1.0, 1},
             {"imaging quality", 0.0, 1.0, 1}}}}};
}

VbenchSuite vbench_2() {
  return {
      "vbench-2.0",
      {{"creativity", 1, from_zero_to_one({"composition", "diversity"})},
       {"commonsense", 1, from_zero_to_one({"instance preservation", "motion rationality"})},
       {"controllability", 1,
        from_zero_to_one({"camera motion", "complex landscape", "complex plot", "dynamic attribute",
                          "dynamic spatial relationship", "human interaction",
                          "motion order understanding"})},
       {"human fidelity", 1, from_zero_to_one({"human anatomy", "human clothes", "human identity"})},
       {"physics", 1, from_zero_to_one({"material", "mechanics", "multi-view consistency", "thermotics"})}}};
}

// The names that VBench-I2V's evaluation writes, beside those of its score.
const std::map<std::string, std::string>& aliases() {
  static const std::map<std::string, std::string> kAliases = {
      {"camera motion", "video-text camera motion"},
      {"i2v subject", "video-image subject consistency"},
      {"i2v background", "video-image background consistency"}};
  return kAliases;
}

// Letters and digits in lower case, everything else one space.
std::string plain(std::string_view name) {
  std::string result;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
      result += upper ? static_cast<char>(c - 'A' + 'a') : c;
    else if (!result.empty() && result.back() != ' ')
      result += ' ';
  }
  return trim(result);
}

// The suite's own name of a dimension, "" when it has none like that.
std::string own_name(const VbenchSuite& suite, const std::string& written, std::vector<std::string>& known) {
  const std::string wanted = plain(written);
  for (const auto& group : suite.groups) {
    for (const auto& dimension : group.dimensions) {
      if (plain(dimension.name) == wanted) return dimension.name;
      known.push_back(dimension.name);
    }
  }
  const auto alias = aliases().find(wanted);
  if (alias == aliases().end() || suite.id != "vbench-i2v") return "";
  return alias->second;
}

// A document's dimensions, by the variant of their values.
struct Dimensions {
  Json faithful = Json::object(), corrected = Json::object();
};

// Those in what `vidbench score --format json` prints.
Dimensions scored_dimensions(const Json& document, const std::string& origin, const VbenchSuite& suite) {
  Dimensions dimensions;
  try {
    if (document.at("schema") != "vidbench.score/1")
      throw_input(origin + ": the schema is not vidbench.score/1");
    for (const auto& [id, number] : document.at("metrics").items()) {
      std::vector<std::string> known;
      const auto metric = store::vbench_id(id);
      if (!metric || own_name(suite, metric->dimension, known).empty()) continue;
      (metric->corrected ? dimensions.corrected : dimensions.faithful)[metric->dimension] =
          number.at("value");
    }
  } catch (const Json::exception& e) {
    throw_input(origin + ": " + e.what());
  }
  if (dimensions.faithful.empty() && dimensions.corrected.empty())
    throw_input(origin + ": none of its metrics is one of VBench's dimensions",
                "score with --metrics vbench/… and VBench's list of prompts");
  return dimensions;
}

using Variant = std::optional<double> VbenchValue::*;

void add_values(const Json& dimensions, const std::string& origin, const VbenchSuite& suite, bool percent,
                Variant variant, VbenchValues& values) {
  for (const auto& [written, entry] : dimensions.items()) {
    std::vector<std::string> known;
    const std::string name = own_name(suite, written, known);
    if (name.empty())
      throw_input(fmt::format("{}: '{}' is not a dimension of {}", origin, one_line(written), suite.id),
                  suggestion(plain(written), known));
    const Json& value = entry.is_array() && !entry.empty() ? entry.front() : entry;
    if (!value.is_number())
      throw_input(fmt::format("{}: '{}' must be a number, or a list that begins with one", origin,
                              one_line(written)));
    const double fraction = percent ? value.get<double>() / 100 : value.get<double>();
    if (std::abs(fraction) > kLargestFraction)
      throw_input(
          fmt::format("{}: '{}' is {}, which cannot be a fraction", origin, one_line(written), fraction),
          percent ? "" : "values in per cent are read with --percent");
    std::optional<double>& known_value = values[name].*variant;
    if (known_value)
      throw_input(fmt::format("{}: dimension '{}' stands twice", origin, name), "keep one of the values");
    known_value = fraction;
  }
}

VbenchDimensionScore score(const VbenchGroup& group, const VbenchDimension& dimension, VbenchMode mode,
                           const VbenchValues& values) {
  VbenchDimensionScore result{dimension, group.name, {}, {}, {}, false};
  const auto value = values.find(dimension.name);
  if (value == values.end()) return result;
  const bool corrected = mode == VbenchMode::kCorrected && value->second.corrected;
  result.raw = corrected ? value->second.corrected : value->second.faithful;
  if (!result.raw) return result;
  result.variant = corrected ? VbenchMode::kCorrected : VbenchMode::kFaithful;
  const double normalised = (*result.raw - dimension.minimum) / (dimension.maximum - dimension.minimum);
  result.outside = normalised < 0 || normalised > 1;
  result.normalised = mode == VbenchMode::kCorrected ? std::clamp(normalised, 0.0, 1.0) : normalised;
  return result;
}

}  // namespace

const std::vector<VbenchSuite>& vbench_suites() {
  static const std::vector<VbenchSuite> kSuites = {vbench(), vbench_i2v(), vbench_2()};
  return kSuites;
}

const VbenchSuite& vbench_suite(const std::string& id) {
  std::vector<std::string> ids;
  for (const VbenchSuite& suite : vbench_suites()) {
    if (suite.id == id) return suite;
    ids.push_back(suite.id);
  }
  throw_input(fmt::format("there is no VBench suite '{}'", id), suggestion(id, ids));
}

std::string to_string(VbenchMode mode) { return mode == VbenchMode::kFaithful ? "faithful" : "corrected"; }

void add_vbench_values(const Json& document, const std::string& origin, const VbenchSuite& suite,
                       bool percent, VbenchValues& values) {
  if (!document.is_object())
    throw_input(fmt::format("{}: expected an object of dimensions and their values", origin));
  if (!document.contains("schema"))
    return add_values(document, origin, suite, percent, &VbenchValue::faithful, values);
  const Dimensions scored = scored_dimensions(document, origin, suite);
  add_values(scored.faithful, origin, suite, false, &VbenchValue::faithful, values);
  add_values(scored.corrected, origin, suite, false, &VbenchValue::corrected, values);
}

VbenchScores vbench_scores(const VbenchSuite& suite, VbenchMode mode, const VbenchValues& values) {
  VbenchScores scores{suite.id, mode, {}, {}, {}};
  double total = 0, total_weight = 0;
  bool complete = true;
  for (const VbenchGroup& group : suite.groups) {
    VbenchGroupScore result{group.name, {}, {}, 0, group.dimensions.size(), 0, 0};
    double sum = 0;
    for (const VbenchDimension& dimension : group.dimensions) {
      const auto& scored = scores.dimensions.emplace_back(score(group, dimension, mode, values));
      result.weight_of += dimension.weight;
      if (!scored.normalised) continue;
      ++result.present;
      result.weight_present += dimension.weight;
      sum += *scored.normalised * dimension.weight;
    }
    if (result.present == result.of)
      result.value = sum / result.weight_of;
    else if (result.present > 0)
      result.partial = sum / result.weight_present;
    complete = complete && result.value;
    total += group.weight * result.value.value_or(0);
    total_weight += group.weight;
    scores.groups.push_back(result);
  }
  if (complete) scores.total = total / total_weight;
  return scores;
}

std::vector<std::string> missing_dimensions(const VbenchScores& scores) {
  std::vector<std::string> names;
  for (const auto& dimension : scores.dimensions)
    if (!dimension.raw) names.push_back(dimension.dimension.name);
  return names;
}

}  // namespace vidbench::report
