#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "media/npy.h"
#include "workers/builtin_runners.h"
#include "workers/local_runner.h"

namespace vidbench::workers {
namespace {
namespace fs = std::filesystem;

constexpr std::array<const char*, 7> kExtensions = {".npy", ".mp4", ".webm", ".mkv", ".mov", ".avi", ".gif"};

store::Failure bad_output(const std::string& message) { return {"bad-output", message, ""}; }

// The files of that stem; a sound folder has at most one.
std::vector<fs::path> files_of(const fs::path& folder, const std::string& stem) {
  std::vector<fs::path> found;
  std::error_code ec;
  for (const char* extension : kExtensions)
    if (fs::is_regular_file(folder / (stem + extension), ec)) found.push_back(folder / (stem + extension));
  return found;
}

void describe_npy(const fs::path& file, store::GeneratedVideo& video) {
  const media::NpyHeader header = media::read_npy_header(file);
  if (header.dtype != "u1" || header.shape.size() != 4 || header.shape[3] != 3)
    throw_input(fmt::format("{} is not uint8 [T, H, W, 3]", file.string()));
  video.frames = static_cast<int>(header.shape[0]);
  video.height = static_cast<int>(header.shape[1]);
  video.width = static_cast<int>(header.shape[2]);
}

class ReplayRunner : public LocalRunner {
 public:
  explicit ReplayRunner(const registry::Model& model)
      : LocalRunner(model, {"path"}), folder_(model.deployment.settings.value("path", "")) {}

 private:
  void describe(store::ModelFacts& facts) const override {
    if (!fs::is_directory(folder_))
      throw_environment(fmt::format("model {}: the folder {} is not there", model().id, folder_.string()),
                        "settings.path names the folder of the videos");
    facts.device = "none";
    facts.settings["replay"] = true;
  }
  [[nodiscard]] const char* stage() const override { return "copy"; }
  [[nodiscard]] bool timed() const override { return false; }  // nothing is generated here

  [[nodiscard]] SampleOutcome make(const GenerateRequest& request,
                                   const fs::path& output_dir) const override {
    std::string stem = request.prompt_ref;
    std::replace(stem.begin(), stem.end(), '/', '_');
    if (stem.empty()) return {request.id, std::nullopt, bad_output("the request has no prompt reference")};
    const std::string seeded = fmt::format("{}-{}", stem, request.seed);
    std::vector<fs::path> files = files_of(folder_, seeded);
    if (files.empty()) files = files_of(folder_, stem);
    if (files.size() == 1) return copy(request, files.front(), output_dir);
    return {
        request.id, std::nullopt,
        bad_output(files.empty() ? fmt::format("{} has no video {}.* or {}.*", folder_.string(), seeded, stem)
                                 : fmt::format("two videos for one sample: {} and {}", files[0].string(),
                                               files[1].filename().string()))};
  }

  static SampleOutcome copy(const GenerateRequest& request, const fs::path& file,
                            const fs::path& output_dir) {
    store::GeneratedVideo video;
    video.fps = request.fps.value_or(0);
    video.path = (output_dir / (request.id + file.extension().string())).string();
    try {
      if (file.extension() == ".npy") describe_npy(file, video);
      fs::copy_file(file, video.path, fs::copy_options::overwrite_existing);
    } catch (const std::exception& e) {
      return {request.id, std::nullopt, bad_output(e.what())};
    }
    return {request.id, video, std::nullopt};
  }

  fs::path folder_;
};

}  // namespace

std::unique_ptr<Runner> make_replay_runner(const registry::Model& model, const RunnerOptions&) {
  return std::make_unique<ReplayRunner>(model);
}

}  // namespace vidbench::workers
