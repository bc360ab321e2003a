#include "report/export.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/strings.h"
#include "report/format.h"
#include "report/leaderboard_text.h"
#include "store/records_json.h"

namespace vidbench::report {
namespace {

std::vector<std::string> value_ids(const RunData& data) {
  std::vector<std::string> ids;
  for (const store::MetricInfo& metric : data.metrics)
    if (!metric.is_set) ids.push_back(metric.id);
  return ids;
}

double value_of(const store::SampleRecord& sample, const std::string& metric) {
  if (!sample.measurements) return std::nan("");
  const auto found = sample.measurements->values.find(metric);
  return found == sample.measurements->values.end() ? std::nan("") : found->second;
}

Cell real(double value, std::string_view unit) {
  return {std::isfinite(value) ? format_value(value, unit) : "", Emphasis::kNone, exact(value)};
}

Cell count(auto value) { return {fmt::format("{}", value)}; }

std::vector<Cell> video_cells(const store::GeneratedVideo& video) {
  return {count(video.frames),
          count(video.height),
          count(video.width),
          real(video.fps, ""),
          real(video.latency_s, "s"),
          real(video.batch_s, "s"),
          count(video.batch_size),
          {format_value(static_cast<double>(video.peak_memory_bytes), "B"), Emphasis::kNone,
           fmt::format("{}", video.peak_memory_bytes)},
          {video.from_cache ? "true" : "false"},
          {video.sha256}};
}

Table samples_table(const RunData& data) {
  const std::vector<std::string> ids = value_ids(data);
  Table table;
  for (const char* name : {"run", "sample", "model", "prompt_ref", "category"})
    table.columns.push_back({name});
  for (const char* name : {"seed", "batch"}) table.columns.push_back({name, true});
  table.columns.push_back({"state"});
  table.columns.push_back({"attempts", true});
  for (const char* name : {"failure", "message"}) table.columns.push_back({name});
  for (const char* name :
       {"frames", "height", "width", "fps", "latency_s", "batch_s", "batch_size", "peak_memory_bytes"})
    table.columns.push_back({name, true});
  for (const char* name : {"from_cache", "video_sha256"}) table.columns.push_back({name});
  for (const std::string& id : ids) table.columns.push_back({id, true});
  for (const store::SampleRecord& sample : data.samples) {
    std::vector<Cell> row = {{data.run.id},
                             {sample.id},
                             {sample.model},
                             {sample.prompt_ref},
                             {sample.category},
                             count(sample.seed),
                             count(sample.batch),
                             {store::to_string(sample.state)},
                             count(sample.attempts),
                             {sample.failure ? sample.failure->kind : ""},
                             {sample.failure ? sample.failure->message : ""}};
    const std::vector<Cell> video = sample.video ? video_cells(*sample.video) : std::vector<Cell>(10);
    row.insert(row.end(), video.begin(), video.end());
    for (const std::string& id : ids) row.push_back(real(value_of(sample, id), ""));
    table.rows.push_back(std::move(row));
  }
  return table;
}

Json sample_json(const store::SampleRecord& sample, const std::vector<std::string>& ids) {
  Json json = {{"id", sample.id},
               {"model", sample.model},
               {"prompt_ref", sample.prompt_ref},
               {"category", sample.category},
               {"seed", sample.seed},
               {"batch", sample.batch},
               {"state", store::to_string(sample.state)},
               {"attempts", sample.attempts},
               {"metrics", Json::object()}};
  for (const std::string& id : ids)
    if (const double value = value_of(sample, id); std::isfinite(value)) json["metrics"][id] = value;
  if (sample.failure)
    json["failure"] = {{"class", sample.failure->kind}, {"message", sample.failure->message}};
  if (sample.video) {
    json["video"] = store::to_json(*sample.video);
    json["video"].erase("path");  // means nothing on another machine
  }
  return json;
}

Json samples_json(const RunData& data) {
  Json json = {{"schema", "vidbench.samples/1"},
               {"run", data.run.id},
               {"suite", data.run.suite},
               {"samples", Json::array()}};
  const auto ids = value_ids(data);
  for (const store::SampleRecord& sample : data.samples) json["samples"].push_back(sample_json(sample, ids));
  return json;
}

View samples_view(const RunData& data) {
  View view;
  view.title = fmt::format("Samples of run {}", data.run.id);
  view.document = [&data] { return samples_json(data); };
  view.rows = "samples";
  view.table = [&data](bool) { return samples_table(data); };
  return view;
}

}  // namespace

const std::vector<std::string>& export_formats() {
  static const std::vector<std::string> formats = {"json", "jsonl", "csv", "md", "latex", "html"};
  return formats;
}

std::string export_run(store::Store& store, const std::string& run, const ExportOptions& options,
                       std::span<const PreviewVideo> previews) {
  const auto& formats = export_formats();
  if (std::find(formats.begin(), formats.end(), options.format) == formats.end())
    throw_input(fmt::format("export: unknown format '{}'", printable(options.format)),
                suggestion(options.format, formats));
  if (options.samples) {
    const RunData data = load_run_data(store, run, false);
    return render(samples_view(data), options.format);
  }
  if (options.format == "html") return render_html(build_run_report(store, run, options.profile), previews);
  const Leaderboard board = build_leaderboard(store, run, options.profile);
  return render(leaderboard_view(board, {}), options.format);
}

}  // namespace vidbench::report
