#include "engine/estimate.h"

#include <algorithm>
#include <filesystem>

#include "engine/cache.h"

namespace vidbench::engine {
namespace {

constexpr size_t kRunsToLookAt = 20;

bool same_model(const Json& manifest, const std::string& id, const std::string& digest) {
  for (const Json& model : manifest.value("models", Json::array()))
    if (model.value("id", "") == id) return model.value("digest", "") == digest;
  return false;
}

// Median latency over the newest runs that measured this very deployment.
std::optional<double> earlier_latency(store::Store& store, const std::string& id, const std::string& digest) {
  auto runs = store.runs();
  if (runs.size() > kRunsToLookAt) runs.resize(kRunsToLookAt);
  for (const auto& run : runs) {
    if (!same_model(run.manifest, id, digest)) continue;
    std::vector<double> latencies;
    for (const auto& sample : store.samples(run.id, false))
      if (sample.model == id && sample.video) latencies.push_back(sample.video->latency_s);
    if (latencies.empty()) continue;
    std::nth_element(latencies.begin(), latencies.begin() + static_cast<std::ptrdiff_t>(latencies.size() / 2),
                     latencies.end());
    return latencies[latencies.size() / 2];
  }
  return std::nullopt;
}

std::optional<uint64_t> raw_bytes(const workers::GenerateRequest& request) {
  if (!request.frames || !request.width || !request.height) return std::nullopt;
  return static_cast<uint64_t>(*request.frames) * static_cast<uint64_t>(*request.width) *
         static_cast<uint64_t>(*request.height) * 3;
}

}  // namespace

std::vector<ModelEstimate> estimate(store::Store& store, const Plan& plan, const RunOptions& options) {
  std::vector<ModelEstimate> estimates;
  const VideoCache cache(options.cache_directory);
  for (size_t m = 0; m < plan.models.size(); ++m) {
    ModelEstimate& one = estimates.emplace_back();
    one.model = plan.models[m].id;
    one.seconds_per_sample = earlier_latency(store, one.model, plan.model_digests[m]);
    for (size_t i = 0; i < plan.samples.size(); ++i) {
      if (plan.samples[i].model != one.model) continue;
      ++one.samples;
      if (options.use_cache && cache.contains(plan.samples[i].key)) {
        ++one.cached;
        continue;
      }
      if (const auto bytes = raw_bytes(plan.requests[i])) one.bytes = one.bytes.value_or(0) + *bytes;
    }
  }
  return estimates;
}

}  // namespace vidbench::engine
