// The run as one self-contained HTML file: no network, all text escaped, readable on a desk and on a phone.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "report/leaderboard.h"

namespace vidbench::report {

// An MP4 that stands for one sample. `prompt_text` only when the prompt is public, else "".
struct PreviewVideo {
  std::string model, prompt_ref, prompt_text;
  uint64_t seed = 0;
  std::filesystem::path path;  // missing or unreadable files show as an empty place
};

inline constexpr size_t kMaxPreviewModels = 8;
inline constexpr size_t kMaxPreviewPrompts = 6;
inline constexpr size_t kMaxPreviewBytes = size_t{24} << 20;  // of all MP4 files together

// Everything that the page shows besides the videos.
struct RunReport {
  Leaderboard board;
  Json manifest;
  std::vector<store::ModelFacts> facts;
  struct FailedSample {
    std::string id, model, prompt_ref;
    uint64_t seed = 0;
    int attempts = 0;
    store::Failure failure;
  };
  std::vector<FailedSample> failures;
};

// Throws as build_leaderboard does.
[[nodiscard]] RunReport build_run_report(store::Store& store, const std::string& run,
                                         const std::string& profile = "");

// Videos beyond the limits above are left out, and the page says how many.
[[nodiscard]] std::string render_html(const RunReport& report, std::span<const PreviewVideo> previews);

}  // namespace vidbench::report
