#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/strings.h"
#include "report/format.h"
#include "report/vbench.h"

namespace vidbench::report {
namespace {

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Cell per_cent(const std::optional<double>& value) {
  if (!value) return {"–", Emphasis::kNone, ""};
  return {fmt::format("{:.2f}", 100 * *value), Emphasis::kNone, exact(100 * *value)};
}

std::string capitalised(std::string text) {
  if (!text.empty()) text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  return text;
}

std::string note(const VbenchDimensionScore& one) {
  if (!one.raw) return "missing";
  std::vector<std::string> notes;
  if (one.variant == VbenchMode::kCorrected) notes.push_back("corrected value");
  if (one.outside) notes.push_back("outside 0..1");
  return join(notes, ", ");
}

size_t present(const VbenchScores& scores) {
  return scores.dimensions.size() - missing_dimensions(scores).size();
}

}  // namespace

Json to_json(const VbenchScores& scores) {
  Json dimensions = Json::array(), groups = Json::object();
  for (const auto& one : scores.dimensions)
    dimensions.push_back({{"dimension", one.dimension.name},
                          {"group", one.group},
                          {"raw", number(one.raw)},
                          {"variant", one.variant ? Json(to_string(*one.variant)) : Json(nullptr)},
                          {"normalised", number(one.normalised)},
                          {"outside", one.outside},
                          {"minimum", one.dimension.minimum},
                          {"maximum", one.dimension.maximum},
                          {"weight", one.dimension.weight}});
  for (const auto& group : scores.groups)
    groups[group.name] = {{"value", number(group.value)},
                          {"partial", number(group.partial)},
                          {"coverage",
                           {{"present", group.present},
                            {"of", group.of},
                            {"weight_present", group.weight_present},
                            {"weight_of", group.weight_of}}}};
  return {{"schema", "vidbench.vbench/1"},
          {"suite", scores.suite},
          {"mode", to_string(scores.mode)},
          {"dimensions", std::move(dimensions)},
          {"groups", std::move(groups)},
          {"total", number(scores.total)},
          {"coverage",
           {{"present", present(scores)},
            {"of", scores.dimensions.size()},
            {"missing", missing_dimensions(scores)}}}};
}

Table vbench_table(const VbenchScores& scores) {
  Table table;
  table.columns = {
      {"score"}, {"group", false, 1}, {"raw %", true}, {"normalised %", true}, {"weight", true, 2}, {"note"}};
  for (const auto& one : scores.dimensions)
    table.rows.push_back({{one.dimension.name},
                          {one.group},
                          per_cent(one.raw),
                          per_cent(one.normalised),
                          {fmt::format("{:g}", one.dimension.weight)},
                          {note(one)}});
  for (const auto& group : scores.groups)
    table.rows.push_back({{capitalised(group.name), Emphasis::kBest},
                          {""},
                          {""},
                          per_cent(group.value ? group.value : group.partial),
                          {fmt::format("{:g}", group.weight_present)},
                          {group.value ? fmt::format("{} of {} dimensions", group.present, group.of)
                                       : fmt::format("PARTIAL: {} of {} dimensions", group.present, group.of),
                           group.value ? Emphasis::kNone : Emphasis::kBad}});
  table.rows.push_back({{"Total", Emphasis::kBest},
                        {""},
                        {""},
                        per_cent(scores.total),
                        {""},
                        {fmt::format("{}{} of {} dimensions", scores.total ? "" : "none: ", present(scores),
                                     scores.dimensions.size()),
                         scores.total ? Emphasis::kNone : Emphasis::kBad}});
  return table;
}

}  // namespace vidbench::report
