#include "workers/local_runner.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/time.h"
#include "workers/builtin_runners.h"

namespace vidbench::workers {

LocalRunner::LocalRunner(registry::Model model, std::initializer_list<std::string_view> settings)
    : model_(std::move(model)) {
  for (const auto& [key, value] : model_.deployment.settings.items())
    if (std::find(settings.begin(), settings.end(), key) == settings.end())
      throw_input(
          fmt::format("{}: the {} runner has no setting '{}'", model_.origin, model_.deployment.runner, key),
          "remove it");
}

store::ModelFacts LocalRunner::start() {
  store::ModelFacts facts;
  facts.model = model_.id;
  facts.dtype = model_.deployment.dtype;
  facts.settings = to_json(model_.deployment.defaults);
  describe(facts);
  started_ = true;
  return facts;
}

BatchOutcome LocalRunner::generate(const std::vector<GenerateRequest>& requests,
                                   const std::filesystem::path& output_dir, const ProgressFunction& progress,
                                   std::stop_token stop) {
  std::filesystem::create_directories(output_dir);
  const auto folder = std::filesystem::absolute(output_dir);
  BatchOutcome batch;
  const int64_t start_ns = monotonic_ns();
  for (const GenerateRequest& request : requests) {
    if (stop.stop_requested()) return {{}, store::Failure{"interrupted", "'generate' was interrupted", ""}};
    SampleOutcome sample = make(with_defaults(request, model_.deployment.defaults), folder);
    if (sample.video && timed()) sample.video->latency_s = seconds_since(start_ns);
    batch.samples.push_back(std::move(sample));
    if (progress) progress({request.id, stage(), 1, 1, 0});
  }
  for (SampleOutcome& sample : batch.samples) {
    if (!sample.video) continue;
    sample.video->batch_size = static_cast<int>(requests.size());
    if (timed()) sample.video->batch_s = seconds_since(start_ns);
  }
  return batch;
}

}  // namespace vidbench::workers
