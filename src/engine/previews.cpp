#include "engine/previews.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/files.h"
#include "base/log.h"

namespace vidbench::engine {
namespace fs = std::filesystem;
namespace {

constexpr int kPreviewWidth = 192;

// `count` prompt references spread evenly over the first model's samples of the first seed.
std::vector<std::string> choose(const std::vector<store::SampleRecord>& samples, size_t count) {
  std::vector<std::string> all;
  for (const auto& sample : samples)
    if (sample.model == samples.front().model && sample.seed == samples.front().seed)
      all.push_back(sample.prompt_ref);
  std::vector<std::string> chosen;
  count = std::min(count, all.size());
  for (size_t i = 0; i < count; ++i) chosen.push_back(all[i * all.size() / count]);
  return chosen;
}

}  // namespace

void make_previews(workers::Evaluator& evaluator, const Plan& plan,
                   const std::vector<store::SampleRecord>& samples, const fs::path& directory, size_t prompts,
                   bool with_text) {
  if (samples.empty() || prompts == 0) return;
  const auto chosen = choose(samples, prompts);
  Json index = Json::array();
  std::vector<workers::EncodeRequest> requests;
  for (const std::string& prompt : chosen)
    for (size_t i = 0; i < samples.size(); ++i) {
      const auto& sample = samples[i];
      if (sample.prompt_ref != prompt || sample.seed != samples.front().seed || !sample.video) continue;
      const fs::path relative = fs::path(sample.model) / (sample.id + ".mp4");
      const fs::path file = directory / "previews" / relative;
      index.push_back({{"model", sample.model},
                       {"prompt_ref", prompt},
                       {"seed", sample.seed},
                       {"file", relative.string()},
                       {"prompt_text", with_text ? plan.requests[i].prompt : ""}});
      if (fs::exists(file)) continue;
      fs::create_directories(file.parent_path());
      requests.push_back({sample.id, sample.video->path, file,
                          std::max(1, kPreviewWidth / std::max(1, sample.video->width))});
    }
  if (!requests.empty())
    for (const auto& [id, failure] : evaluator.encode(requests))
      log_warning(fmt::format("no preview of {}: {}", id, failure.message));
  write_file_atomic(directory / "previews" / "index.json", index.dump(1), Durability::kCrash);
}

std::vector<Preview> read_previews(const fs::path& directory) {
  std::vector<Preview> previews;
  const fs::path index = directory / "previews" / "index.json";
  if (!fs::exists(index)) return previews;
  for (const Json& entry : parse_json(read_file(index, 1 << 24), index.string())) {
    Preview preview{entry.at("model"), entry.at("prompt_ref"), entry.at("prompt_text"), entry.at("seed"),
                    directory / "previews" / entry.at("file").get<std::string>()};
    if (fs::exists(preview.file)) previews.push_back(std::move(preview));
  }
  return previews;
}

}  // namespace vidbench::engine
