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

std::string samples_csv(const RunData& data) {
  const std::vector<std::string> ids = value_ids(data);
  std::string text =
      "run,sample,model,prompt_ref,category,seed,batch,state,attempts,failure,message,frames,height,width,"
      "fps,latency_s,"
      "batch_s,batch_size,peak_memory_bytes,from_cache,video_sha256";
  for (const std::string& id : ids) text += fmt::format(",{}", escape_csv(id));
  text += "\n";
  for (const store::SampleRecord& sample : data.samples) {
    std::vector<std::string> fields = {escape_csv(data.run.id),
                                       escape_csv(sample.id),
                                       escape_csv(sample.model),
                                       escape_csv(sample.prompt_ref),
                                       escape_csv(sample.category),
                                       fmt::format("{}", sample.seed),
                                       fmt::format("{}", sample.batch),
                                       store::to_string(sample.state),
                                       fmt::format("{}", sample.attempts),
                                       sample.failure ? escape_csv(sample.failure->kind) : "",
                                       sample.failure ? escape_csv(sample.failure->message) : ""};
    if (sample.video) {
      const store::GeneratedVideo& video = *sample.video;
      fields.insert(fields.end(), {fmt::format("{}", video.frames), fmt::format("{}", video.height),
                                   fmt::format("{}", video.width), exact(video.fps), exact(video.latency_s),
                                   exact(video.batch_s), fmt::format("{}", video.batch_size),
                                   fmt::format("{}", video.peak_memory_bytes),
                                   video.from_cache ? "true" : "false", video.sha256});
    } else {
      fields.insert(fields.end(), 10, "");
    }
    for (const std::string& id : ids) fields.push_back(exact(value_of(sample, id)));
    text += join(fields, ",") + "\n";
  }
  return text;
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

std::string samples_json(const RunData& data) {
  Json json = {{"schema", "vidbench.samples/1"},
               {"run", data.run.id},
               {"suite", data.run.suite},
               {"samples", Json::array()}};
  const auto ids = value_ids(data);
  for (const store::SampleRecord& sample : data.samples) json["samples"].push_back(sample_json(sample, ids));
  return document(json) + "\n";
}

}  // namespace

const std::vector<std::string>& export_formats() {
  static const std::vector<std::string> formats = {"json", "csv", "md", "latex", "html"};
  return formats;
}

std::string export_run(store::Store& store, const std::string& run, const ExportOptions& options,
                       std::span<const PreviewVideo> previews) {
  const auto& formats = export_formats();
  if (std::find(formats.begin(), formats.end(), options.format) == formats.end())
    throw_input(fmt::format("export: unknown format '{}'", printable(options.format)),
                suggestion(options.format, formats));
  if (options.samples) {
    if (options.format != "csv" && options.format != "json")
      throw_input(fmt::format("export: samples cannot be written as {}", options.format),
                  "use --format csv or json");
    const RunData data = load_run_data(store, run, false);
    return options.format == "csv" ? samples_csv(data) : samples_json(data);
  }
  if (options.format == "html") return render_html(build_run_report(store, run, options.profile), previews);
  const Leaderboard board = build_leaderboard(store, run, options.profile);
  if (options.format == "csv") return leaderboard_csv(board);
  if (options.format == "md") return leaderboard_markdown(board);
  if (options.format == "latex") return leaderboard_latex(board);
  return document(to_json(board)) + "\n";
}

}  // namespace vidbench::report
