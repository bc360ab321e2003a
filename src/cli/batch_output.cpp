#include "cli/batch_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/files.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/cells.h"
#include "engine/variants.h"
#include "report/leaderboard_text.h"

namespace vidbench::cli {
namespace {

using batch::CellState;

template <typename T>
Json known(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

std::string model_of(const batch::Cell& cell) { return engine::base_model(cell.model.id); }

std::string costs_text(const batch::Costs& costs) {
  std::vector<std::string> parts;
  for (const auto& [currency, amount] : costs) parts.push_back(fmt::format("{:.2f} {}", amount, currency));
  return join(parts, ", ");
}

Json cell_json(const batch::Cell& cell, size_t index) {
  return {{"cell", index + 1},       {"name", cell.entry},      {"priority", cell.priority},
          {"model", model_of(cell)}, {"suite", cell.suite->id}, {"options", cell.options},
          {"varying", cell.varying}};
}

Json estimate_json(const engine::ModelEstimate& estimate) {
  Json json = {{"samples", estimate.samples},
               {"cached", estimate.cached},
               {"seconds", known(estimate.seconds())},
               {"bytes", known(estimate.disk_bytes())}};
  if (estimate.paid)
    json["cost"] = estimate.cost
                       ? Json{{"amount", estimate.cost->amount}, {"currency", estimate.cost->currency}}
                       : Json();
  return json;
}

Json budget_json(const batch::Budget& budget) {
  Json json = {{"seconds", known(budget.seconds)}, {"bytes", known(budget.disk_bytes)}, {"cost", Json()}};
  if (budget.cost) json["cost"] = {{"amount", budget.cost->amount}, {"currency", budget.cost->currency}};
  return json;
}

Json samples_json(const batch::CellResult& result) {
  return {{"planned", result.planned}, {"done", result.done}, {"failed", result.failed}};
}

std::string estimate_cost(const engine::ModelEstimate& estimate) {
  if (!estimate.paid) return "";
  return estimate.cost ? fmt::format("{:.2f} {}", estimate.cost->amount, estimate.cost->currency) : "unknown";
}

Json plan_json(const BatchView& view) {
  Json cells = Json::array();
  for (size_t i = 0; i < view.cells.size(); ++i) {
    Json cell = cell_json(view.cells[i], i);
    cell["run"] = view.results[i].run;
    cell["state"] = to_string(view.results[i].state);
    cell["missing"] = view.cells[i].model.missing;
    cell["estimate"] = estimate_json(view.results[i].estimate);
    cells.push_back(std::move(cell));
  }
  return {{"schema", "vidbench.batch-plan/1"},
          {"batch", view.batch.name},
          {"budget", budget_json(view.batch.budget)},
          {"cells", cells}};
}

// Columns in which every cell is empty say nothing.
report::Table without_empty_columns(report::Table table) {
  for (size_t column = table.columns.size(); column-- > 0;) {
    const bool empty = std::all_of(table.rows.begin(), table.rows.end(),
                                   [&](const auto& row) { return row[column].text.empty(); });
    if (!empty || table.rows.empty()) continue;
    const auto at = static_cast<std::ptrdiff_t>(column);
    table.columns.erase(table.columns.begin() + at);
    for (auto& row : table.rows) row.erase(row.begin() + at);
  }
  return table;
}

report::Table plan_table(const BatchView& view) {
  report::Table table;
  table.columns = {{"", true},        {"name"},          {"model"},           {"suite"},
                   {"varying"},       {"samples", true}, {"cached", true, 3}, {"time", true},
                   {"disk", true, 1}, {"cost", true},    {"state", false, 2}};
  for (size_t i = 0; i < view.cells.size(); ++i) {
    const batch::Cell& cell = view.cells[i];
    const batch::CellResult& result = view.results[i];
    const bool fresh = result.state == CellState::kPending;
    table.rows.push_back({{std::to_string(i + 1)},
                          {cell.entry},
                          {model_of(cell)},
                          {cell.suite->id},
                          {batch::text_of(cell.varying)},
                          {std::to_string(result.estimate.samples)},
                          {std::to_string(result.estimate.cached)},
                          duration_cell(result.estimate.seconds()),
                          size_cell(result.estimate.disk_bytes()),
                          {estimate_cost(result.estimate)},
                          {!cell.model.runnable() ? "cannot run here"
                           : fresh                ? ""
                                                  : to_string(result.state)}});
  }
  return table;
}

report::Emphasis emphasis(CellState state) {
  if (state == CellState::kDone) return report::Emphasis::kGood;
  return state == CellState::kFailed ? report::Emphasis::kBad : report::Emphasis::kDim;
}

report::Table summary_table(const BatchView& view) {
  report::Table table;
  table.columns = {{"", true},        {"name", false, 4}, {"model"},         {"suite"},
                   {"varying"},       {"state"},          {"done", true},    {"failed", true},
                   {"time", true, 2}, {"disk", true, 3},  {"cost", true, 1}, {"run", false, 5}};
  for (size_t i = 0; i < view.cells.size(); ++i) {
    const batch::Cell& cell = view.cells[i];
    const batch::CellResult& result = view.results[i];
    table.rows.push_back({{std::to_string(i + 1)},
                          {cell.entry},
                          {model_of(cell)},
                          {cell.suite->id},
                          {batch::text_of(cell.varying)},
                          {to_string(result.state), emphasis(result.state)},
                          {fmt::format("{}/{}", result.done, result.planned)},
                          {std::to_string(result.failed)},
                          duration_cell(result.seconds),
                          size_cell(result.bytes),
                          {costs_text(result.cost)},
                          {result.run}});
  }
  return table;
}

std::map<CellState, size_t> count_states(const BatchView& view) {
  std::map<CellState, size_t> counts;
  for (const auto& result : view.results) ++counts[result.state];
  return counts;
}

// "3 done, 1 failed".
std::string states_text(const BatchView& view) {
  std::vector<std::string> parts;
  for (const auto& [state, count] : count_states(view))
    parts.push_back(fmt::format("{} {}", count, to_string(state)));
  return join(parts, ", ");
}

std::string used_text(const BatchView& view, const batch::Totals& used) {
  const batch::Budget& budget = view.batch.budget;
  std::string text = "used " + human_duration(used.seconds);
  if (budget.seconds) text += " of " + human_duration(*budget.seconds);
  text += ", " + human_bytes(used.bytes);
  if (budget.disk_bytes) text += " of " + human_bytes(*budget.disk_bytes);
  if (!used.cost.empty()) text += ", " + costs_text(used.cost);
  if (budget.cost) text += fmt::format(" of {:.2f} {}", budget.cost->amount, budget.cost->currency);
  return text;
}

std::vector<std::string> reasons(const BatchView& view) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < view.cells.size(); ++i)
    if (!view.results[i].reason.empty())
      lines.push_back(fmt::format("{} {}: {}: {}", i + 1, view.cells[i].model.id,
                                  to_string(view.results[i].state), view.results[i].reason));
  return lines;
}

// Names that tell the cells' models apart in a suite: the id, with what varies beside the settings that it
// tells where that is not enough, and the cell's number where even that is not.
std::map<std::string, std::string> labels(const BatchView& view) {
  const auto asked = [&](size_t i) { return view.cells[i].suite->digest + view.cells[i].model.id; };
  std::map<std::string, size_t> uses;
  for (size_t i = 0; i < view.cells.size(); ++i) ++uses[asked(i)];
  std::map<std::string, std::string> names;
  std::set<std::string> taken;
  for (size_t i = 0; i < view.cells.size(); ++i) {
    const batch::Cell& cell = view.cells[i];
    batch::Values varying = cell.varying;
    std::erase_if(varying, [](const auto& one) { return suites::find_setting(one.first) != nullptr; });
    std::string name = cell.model.id;
    if (uses[asked(i)] > 1 && !varying.empty()) name += fmt::format(" ({})", batch::text_of(varying));
    if (!taken.insert(cell.suite->digest + name).second) name += fmt::format(" #{}", i + 1);
    names[view.results[i].run] = name;
  }
  return names;
}

}  // namespace

void print_batch_plan(const BatchView& view, const Output& output) {
  report::View shown;
  shown.title = "Plan of batch " + view.batch.name;
  shown.document = [&] { return plan_json(view); };
  shown.rows = "cells";
  shown.table = [&](bool) { return without_empty_columns(plan_table(view)); };
  shown.own["csv"] = [&] { return report::draw_csv(plan_table(view)); };
  output.show(shown);
  if (!output.is_table() && output.format != "md") return;
  for (size_t i = 0; i < view.cells.size(); ++i)
    if (!view.cells[i].model.runnable())
      log_info(fmt::format("{} {} is missing: {}", i + 1, view.cells[i].model.id,
                           join(view.cells[i].model.missing, "; ")));
}

std::vector<report::Leaderboard> batch_leaderboards(const BatchView& view, store::Store& store,
                                                    const std::string& profile) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<report::RunData>> groups;
  for (const auto& result : view.results) {
    if (result.done == 0) continue;
    auto data = report::load_run_data(store, result.run, true);
    std::string key = report::comparable_key(data);
    if (groups[key].empty()) order.push_back(key);
    groups[key].push_back(std::move(data));
  }
  const auto names = labels(view);
  std::vector<report::Leaderboard> boards;
  for (const std::string& key : order) {
    const auto label = [&](const std::string& run, const std::string&) { return names.at(run); };
    auto& board = boards.emplace_back(
        report::build_leaderboard(report::join_runs(std::move(groups[key]), label), profile));
    board.run = view.batch.name;
    board.directory.clear();
  }
  return boards;
}

Json batch_json(const BatchView& view, const batch::Journal& journal,
                const std::vector<report::Leaderboard>& boards) {
  Json cells = Json::array();
  for (size_t i = 0; i < view.cells.size(); ++i) {
    const batch::CellResult& result = view.results[i];
    Json cell = cell_json(view.cells[i], i);
    cell.update({{"run", result.run},
                 {"state", to_string(result.state)},
                 {"reason", result.reason},
                 {"earlier", result.earlier},
                 {"samples", samples_json(result)},
                 {"seconds", result.seconds},
                 {"bytes", result.bytes},
                 {"cost", result.cost}});
    cells.push_back(std::move(cell));
  }
  Json states = Json::object();
  for (const auto& [state, count] : count_states(view)) states[to_string(state)] = count;
  Json leaderboards = Json::array();
  for (const auto& board : boards) leaderboards.push_back(report::to_json(board));
  const batch::Totals used = batch::totals(view.results, journal);
  return {{"schema", "vidbench.batch/1"},
          {"batch", view.batch.name},
          {"directory", journal.folder().string()},
          {"budget", budget_json(view.batch.budget)},
          {"used", {{"seconds", used.seconds}, {"bytes", used.bytes}, {"cost", used.cost}}},
          {"states", states},
          {"cells", cells},
          {"leaderboards", leaderboards}};
}

namespace {

using Boards = std::vector<report::Leaderboard>;

// The runs, then each leaderboard.
std::string summary_page(const BatchView& view, const Boards& boards) {
  std::vector<std::pair<std::string, report::Table>> sections = {
      {"Runs", without_empty_columns(summary_table(view))}};
  for (const auto& board : boards) {
    const report::View shown = report::leaderboard_view(board, {});
    sections.emplace_back(shown.title, shown.table(false));
  }
  return report::tables_page("Batch " + view.batch.name, sections, states_text(view));
}

report::View summary_view(const BatchView& view, const batch::Journal& journal, const Boards& boards) {
  const auto table = [&] { return without_empty_columns(summary_table(view)); };
  report::View shown;
  shown.document = [&] { return batch_json(view, journal, boards); };
  shown.rows = "cells";
  shown.own["table"] = [&, table] {
    std::string text = report::draw_terminal(table(), stdout_style()).text;
    for (const auto& board : boards) text += report::leaderboard_terminal(board, {stdout_style(), {}});
    return text;
  };
  shown.own["csv"] = [&] { return report::draw_csv(summary_table(view)); };
  shown.own["md"] = [&, table] {
    std::string text = report::draw_markdown(table());
    for (const auto& board : boards) text += "\n" + report::leaderboard_markdown(board);
    return text;
  };
  shown.own["latex"] = [&, table] {
    std::string text = report::draw_latex(table());
    for (const auto& board : boards) text += "\n" + report::leaderboard_latex(board);
    return text;
  };
  shown.own["html"] = [&] { return summary_page(view, boards); };
  return shown;
}

}  // namespace

void print_batch_summary(const BatchView& view, const batch::Journal& journal,
                         const std::vector<report::Leaderboard>& boards, const Output& output) {
  output.show(summary_view(view, journal, boards));
  if (!output.is_table() && output.format != "md") return;
  for (const std::string& line : reasons(view)) log_info(line);
  log_info(fmt::format("{}: {}; {}", view.batch.name, states_text(view),
                       used_text(view, batch::totals(view.results, journal))));
  log_info("summary: " + (journal.folder() / "summary.md").string());
}

void write_batch_summary(const BatchView& view, const batch::Journal& journal,
                         const std::vector<report::Leaderboard>& boards) {
  const report::Table table = summary_table(view);
  std::string markdown = fmt::format("# {}\n\n{}\n", view.batch.name, report::draw_markdown(table));
  for (const std::string& line : reasons(view)) markdown += "- " + line + "\n";
  for (const auto& board : boards) markdown += "\n" + report::leaderboard_markdown(board);
  write_file_atomic(journal.folder() / "summary.json", document(batch_json(view, journal, boards)) + "\n");
  write_file_atomic(journal.folder() / "summary.csv", report::draw_csv(table));
  write_file_atomic(journal.folder() / "summary.md", markdown);
}

}  // namespace vidbench::cli
