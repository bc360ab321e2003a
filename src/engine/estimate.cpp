#include "engine/estimate.h"

#include <algorithm>
#include <filesystem>

#include "engine/cache.h"
#include "workers/http_runner.h"

namespace vidbench::engine {
namespace {

constexpr size_t kRunsToLookAt = 20;

// The id under which the run asked this very deployment for these settings, "" for none.
std::string same_question(const Json& manifest, const std::string& digest, const Json& settings) {
  for (const Json& model : manifest.value("models", Json::array()))
    if (model.value("digest", "") == digest && model.value("settings", Json()) == settings)
      return model.value("id", "");
  return "";
}

struct Earlier {
  std::optional<double> latency_s;
  std::optional<uint64_t> peak_memory_bytes;
};

// Median latency and largest memory in the newest run that measured this.
Earlier earlier(store::Store& store, const std::vector<store::RunRecord>& runs, const std::string& digest,
                const Json& settings) {
  for (const auto& run : runs) {
    const std::string id = same_question(run.manifest, digest, settings);
    if (id.empty()) continue;
    std::vector<double> latencies;
    uint64_t peak = 0;
    for (const auto& sample : store.samples(run.id, false)) {
      if (sample.model != id || !sample.video) continue;
      latencies.push_back(sample.video->latency_s);
      peak = std::max(peak, sample.video->peak_memory_bytes);
    }
    if (latencies.empty()) continue;
    std::nth_element(latencies.begin(), latencies.begin() + static_cast<std::ptrdiff_t>(latencies.size() / 2),
                     latencies.end());
    return {latencies[latencies.size() / 2], peak > 0 ? std::optional(peak) : std::nullopt};
  }
  return {};
}

std::vector<store::RunRecord> newest_runs(store::Store& store) {
  auto runs = store.runs();
  if (runs.size() > kRunsToLookAt) runs.resize(kRunsToLookAt);
  return runs;
}

void add_cost(ModelEstimate& one, const std::optional<workers::VideoPrice>& price,
              const workers::GenerateRequest& request) {
  if (!price) return;
  if (!one.cost) one.cost = Cost{0, price->currency};
  one.cost->amount += price->per_video;
  if (request.frames && request.fps) one.cost->amount += price->per_second * *request.frames / *request.fps;
}

std::optional<uint64_t> raw_bytes(const workers::GenerateRequest& request) {
  if (!request.frames || !request.width || !request.height) return std::nullopt;
  return static_cast<uint64_t>(*request.frames) * static_cast<uint64_t>(*request.width) *
         static_cast<uint64_t>(*request.height) * 3;
}

}  // namespace

std::optional<double> ModelEstimate::seconds() const {
  if (cached == samples) return 0;
  if (!seconds_per_sample) return std::nullopt;
  return *seconds_per_sample * static_cast<double>(samples - cached);
}

std::optional<uint64_t> ModelEstimate::disk_bytes() const { return cached == samples ? 0 : bytes; }

std::vector<ModelEstimate> estimate(store::Store& store, const Plan& plan, const RunOptions& options) {
  std::vector<ModelEstimate> estimates;
  const VideoCache cache(options.cache_directory);
  const auto runs = newest_runs(store);
  for (size_t m = 0; m < plan.models.size(); ++m) {
    ModelEstimate& one = estimates.emplace_back();
    one.model = plan.models[m].id;
    const Earlier before =
        earlier(store, runs, plan.model_digests[m], effective_settings(plan.suite, plan.models[m]));
    one.seconds_per_sample = before.latency_s;
    one.peak_memory_bytes = before.peak_memory_bytes;
    one.paid = plan.models[m].deployment.runner == "http";
    const auto price = workers::price_of_video(plan.models[m]);
    for (size_t i = 0; i < plan.samples.size(); ++i) {
      if (plan.samples[i].model != one.model) continue;
      ++one.samples;
      if (options.use_cache && cache.contains(plan.samples[i].key)) {
        ++one.cached;
        continue;
      }
      add_cost(one, price, plan.requests[i]);
      if (const auto bytes = raw_bytes(plan.requests[i])) one.bytes = one.bytes.value_or(0) + *bytes;
    }
  }
  return estimates;
}

}  // namespace vidbench::engine
