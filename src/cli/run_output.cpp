#include "cli/run_output.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/files.h"
#include "engine/previews.h"
#include "report/aggregate.h"
#include "report/html_report.h"
#include "report/leaderboard.h"
#include "report/leaderboard_text.h"

namespace vidbench::cli {
namespace {

std::vector<std::string> commands_after(const report::Leaderboard& board) {
  std::vector<std::string> commands = {"xdg-open " + board.directory + "/report.html"};
  if (board.entries.size() > 1)
    commands.push_back(fmt::format("vidbench compare {0}:{1} {0}:{2}", board.run, board.entries[0].model,
                                   board.entries[1].model));
  commands.push_back(fmt::format("vidbench export {} --format csv", board.run));
  commands.push_back("vidbench models list");
  return commands;
}

}  // namespace

std::vector<report::PreviewVideo> preview_videos(store::Store& store, const std::string& run) {
  std::vector<report::PreviewVideo> videos;
  for (const auto& preview : engine::read_previews(store.run(run).directory))
    videos.push_back({preview.model, preview.prompt_ref, preview.prompt_text, preview.seed, preview.file});
  return videos;
}

void write_results(store::Store& store, const std::string& run) {
  store.put_aggregates(run, report::aggregate_run(store, run));
  write_run_files(store, run);
}

void write_run_files(store::Store& store, const std::string& run) {
  const std::filesystem::path directory = store.run(run).directory;
  write_file_atomic(directory / "leaderboard.json",
                    document(report::to_json(report::build_leaderboard(store, run))) + "\n");
  write_file_atomic(directory / "report.html",
                    report::render_html(report::build_run_report(store, run), preview_videos(store, run)));
}

void print_leaderboard(store::Store& store, const std::string& run, const std::string& profile,
                       const Output& output, bool next_commands) {
  const auto board = report::build_leaderboard(store, run, profile);
  report::View view = report::leaderboard_view(
      board, {stdout_style(), next_commands ? commands_after(board) : std::vector<std::string>{}});
  view.own["html"] = [&] {
    return report::render_html(report::build_run_report(store, run, profile), preview_videos(store, run));
  };
  output.show(view);
}

}  // namespace vidbench::cli
