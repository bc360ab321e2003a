#include <fmt/format.h>

#include <cmath>

#include "base/strings.h"
#include "report/compare.h"
#include "report/format.h"
#include "report/leaderboard_text.h"

namespace vidbench::report {
namespace {

// Two versions of one model are two things: their names do not tell them apart.
std::string version_text(const PairComparison& pair, const std::string& version) {
  if (pair.model_a != pair.model_b || pair.version_a == pair.version_b) return "";
  return fmt::format(" (version {:.12})", printable(version));
}

std::string heading(const PairComparison& pair) {
  return fmt::format(
      "A = {}:{}{}   B = {}:{}{}   {} common samples{}", printable(pair.run_a), printable(pair.model_a),
      version_text(pair, pair.version_a), printable(pair.run_b), printable(pair.model_b),
      version_text(pair, pair.version_b), pair.pairs,
      pair.unmatched_a + pair.unmatched_b == 0
          ? ""
          : fmt::format(" ({} of A and {} of B without a partner)", pair.unmatched_a, pair.unmatched_b));
}

std::string signed_interval(const stats::Interval& interval, const std::string& unit) {
  const std::string text = format_interval(interval.value, interval.low, interval.high, unit);
  return interval.value > 0 ? fmt::format("+{}", text) : text;
}

Emphasis emphasis_of(Verdict verdict) {
  if (verdict == Verdict::kBetter) return Emphasis::kGood;
  if (verdict == Verdict::kWorse) return Emphasis::kBad;
  return Emphasis::kDim;
}

Table make_table(const PairComparison& pair) {
  Table table;
  table.columns = {{"metric", false, 0}, {"A", true, 2},        {"B", true, 1},
                   {"B − A", true, 0},   {"p (Holm)", true, 3}, {"B is", false, 0}};
  for (const MetricComparison& row : pair.metrics) {
    table.rows.push_back(
        {{column_header(row.metric), Emphasis::kNone},
         {format_value(row.a, row.metric.unit), Emphasis::kNone},
         {format_value(row.b, row.metric.unit), Emphasis::kNone},
         {signed_interval(row.difference, row.metric.unit), Emphasis::kNone},
         {row.p_adjusted < 0.001 ? "<0.001" : fmt::format("{:.3f}", row.p_adjusted), Emphasis::kNone},
         {to_string(row.verdict), emphasis_of(row.verdict)}});
  }
  return table;
}

constexpr const char* kLegend =
    "B − A over the common prompts and seeds with its 95 % interval (latency and memory: means of these "
    "pairs); "
    "p from a permutation test, Holm-adjusted; a verdict needs p < 0.05.";

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

}  // namespace

Json to_json(const Comparison& comparison) {
  Json json = {
      {"schema", "vidbench.compare/1"}, {"a", comparison.a}, {"b", comparison.b}, {"pairs", Json::array()}};
  for (const PairComparison& pair : comparison.pairs) {
    Json item = {
        {"a", {{"run", pair.run_a}, {"model", pair.model_a}, {"version", pair.version_a}}},
        {"b", {{"run", pair.run_b}, {"model", pair.model_b}, {"version", pair.version_b}}},
        {"samples", {{"common", pair.pairs}, {"only_a", pair.unmatched_a}, {"only_b", pair.unmatched_b}}},
        {"metrics", Json::object()}};
    for (const MetricComparison& row : pair.metrics) {
      item["metrics"][row.metric.id] = {{"a", finite(row.a)},
                                        {"b", finite(row.b)},
                                        {"difference", finite(row.difference.value)},
                                        {"low", finite(row.difference.low)},
                                        {"high", finite(row.difference.high)},
                                        {"n", row.difference.n},
                                        {"p", finite(row.p_value)},
                                        {"p_adjusted", finite(row.p_adjusted)},
                                        {"unit", row.metric.unit},
                                        {"better", row.metric.higher_is_better ? "higher" : "lower"},
                                        {"verdict", to_string(row.verdict)}};
    }
    json["pairs"].push_back(std::move(item));
  }
  return json;
}

std::string comparison_terminal(const Comparison& comparison, const TerminalStyle& style) {
  std::string text;
  for (const PairComparison& pair : comparison.pairs)
    text += heading(pair) + "\n" + draw_terminal(make_table(pair), style).text;
  return text + paint(kLegend, Emphasis::kDim, style.colour) + "\n";
}

std::string comparison_markdown(const Comparison& comparison) {
  std::string text;
  for (const PairComparison& pair : comparison.pairs)
    text += fmt::format("**{}**\n\n{}\n", escape_markdown(heading(pair)), draw_markdown(make_table(pair)));
  return text + "_" + kLegend + "_\n";
}

namespace {

std::string comparison_latex(const Comparison& comparison) {
  std::string text;
  for (const PairComparison& pair : comparison.pairs)
    text += fmt::format("% {}\n{}", heading(pair), draw_latex(make_table(pair)));
  return text;
}

std::string comparison_html(const Comparison& comparison) {
  std::vector<std::pair<std::string, Table>> sections;
  for (const PairComparison& pair : comparison.pairs) sections.emplace_back(heading(pair), make_table(pair));
  return tables_page(fmt::format("{} against {}", comparison.a, comparison.b), sections, kLegend);
}

}  // namespace

View comparison_view(const Comparison& comparison, const TerminalStyle& style) {
  View view;
  view.document = [&comparison] { return to_json(comparison); };
  view.rows = "pairs";
  view.own = {{"table", [&comparison, style] { return comparison_terminal(comparison, style); }},
              {"csv", [&comparison] { return comparison_csv(comparison); }},
              {"md", [&comparison] { return comparison_markdown(comparison); }},
              {"latex", [&comparison] { return comparison_latex(comparison); }},
              {"html", [&comparison] { return comparison_html(comparison); }}};
  return view;
}

std::string comparison_csv(const Comparison& comparison) {
  std::string text =
      "run_a,model_a,run_b,model_b,metric,unit,better,a,b,difference,low,high,n,p,p_adjusted,verdict\n";
  for (const PairComparison& pair : comparison.pairs) {
    for (const MetricComparison& row : pair.metrics) {
      text +=
          fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", escape_csv(pair.run_a),
                      escape_csv(pair.model_a), escape_csv(pair.run_b), escape_csv(pair.model_b),
                      escape_csv(row.metric.id), escape_csv(row.metric.unit),
                      row.metric.higher_is_better ? "higher" : "lower", exact(row.a), exact(row.b),
                      exact(row.difference.value), exact(row.difference.low), exact(row.difference.high),
                      row.difference.n, exact(row.p_value), exact(row.p_adjusted), to_string(row.verdict));
    }
  }
  return text;
}

}  // namespace vidbench::report
