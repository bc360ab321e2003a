#include "cli/score_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/context.h"
#include "report/format.h"

namespace vidbench::cli {
namespace {

using Videos = std::vector<store::VideoMeasurements>;
using GetEvaluator = std::function<workers::Evaluator&()>;

constexpr std::array<std::string_view, 5> kPlayable = {".mp4", ".m4v", ".webm", ".ogv", ".mov"};

// Where a page beside `output` finds the videos: those that a browser plays where they lie, of the others
// small copies in a folder beside the page.
report::VideoLinks link_videos(const GetEvaluator& evaluator, const Videos& videos,
                               const std::filesystem::path& output) {
  namespace fs = std::filesystem;
  const fs::path page = fs::absolute(output);
  const fs::path copies = page.parent_path() / (page.stem().string() + "-videos");
  report::VideoLinks links;
  std::map<std::string, fs::path> copied;
  std::vector<workers::EncodeRequest> requests;
  for (const auto& video : videos) {
    if (video.failure) continue;
    const fs::path path = fs::absolute(video.path);
    if (std::find(kPlayable.begin(), kPlayable.end(), path.extension().string()) != kPlayable.end()) {
      links[video.file] = report::escape_url_path(path.lexically_relative(page.parent_path()).string());
      continue;
    }
    const std::string name = fmt::format("{:05}.mp4", requests.size());
    copied[video.file] = copies / name;
    requests.push_back({video.file, path, copies / name, 1});
  }
  if (requests.empty()) return links;
  fs::create_directories(copies);
  const auto failures = evaluator().encode(requests);
  for (const auto& [file, copy] : copied) {
    const auto failure = failures.find(file);
    if (failure == failures.end())
      links[file] = report::escape_url_path((copies.filename() / copy.filename()).string());
    else
      log_warning(fmt::format("no copy of {} for the page: {}", one_line(file), failure->second.message));
  }
  return links;
}

void write_page(const report::VideoScores& scores, const std::string& path, const std::string& title,
                const GetEvaluator& evaluator) {
  const report::VideoLinks links = link_videos(evaluator, scores.videos, path);
  write_file_atomic(path, report::render_html(scores, title, links));
  log_info("written: " + path);
}

void tell_precision(const report::PrecisionError& error) {
  std::vector<std::string> parts;
  for (const auto& [id, largest] : error.largest)
    parts.push_back(fmt::format("{} {:.2g} %", id, 100 * largest));
  log_info(fmt::format("{} against float32 on {} videos, largest relative error: {}", error.precision,
                       error.videos, parts.empty() ? "no metric has a number of both" : join(parts, ", ")));
}

report::View view_of(const report::VideoScores& scores) {
  report::View view;
  view.document = [&scores] { return report::to_json(scores); };
  view.rows = "videos";
  view.table = [&scores](bool) { return report::metrics_table(scores); };
  view.own["csv"] = [&scores] { return report::draw_csv(report::videos_table(scores)); };
  return view;
}

void write_exports(const report::VideoScores& scores, const Output& output, const std::string& title,
                   const GetEvaluator& evaluator) {
  Output texts;
  for (const std::string& file : output.exports)
    if (report::format_of_file(file) == "html")
      write_page(scores, file, title, evaluator);
    else
      texts.exports.push_back(file);
  texts.write_exports(view_of(scores));
}

void print_scores(const report::VideoScores& scores, const std::string& format) {
  print(report::render(view_of(scores), format, stdout_style()));
  if (format != "table" && format != "md") return;
  if (scores.precision) tell_precision(*scores.precision);
  const report::Coverage coverage = report::coverage(scores.videos);
  log_info(
      fmt::format("{} of {} videos scored, {} failed", coverage.scored, coverage.found, coverage.failed));
}

}  // namespace

void add_score_output(CLI::App& command, ScoreOutput& output) {
  add_output_options(command, output.output);
  command.add_option("-o,--output", output.path, "the page of --format html")->type_name("FILE");
}

void require_complete(const ScoreOutput& output) {
  if ((output.output.format == "html") == output.path.empty())
    throw_input("--format html and --output FILE belong together", "… --format html -o page.html");
}

int tell_failures(const report::VideoScores& scores) {
  int code = 0;
  for (const Videos* set : {&scores.videos, &scores.reference}) {
    for (const auto& video : *set) {
      if (!video.failure) continue;
      log_warning(fmt::format("{}: {}", one_line(video.file), video.failure->message));
      code = static_cast<int>(ErrorCode::kSamplesFailed);
    }
  }
  return code;
}

int give_scores(const report::VideoScores& scores, const ScoreOutput& output, const std::string& title,
                const GetEvaluator& evaluator) {
  write_exports(scores, output.output, title, evaluator);
  if (output.output.format == "html")
    write_page(scores, output.path, title, evaluator);
  else
    print_scores(scores, output.output.format);
  return tell_failures(scores);
}

}  // namespace vidbench::cli
