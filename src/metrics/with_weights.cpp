#include "metrics/with_weights.h"

namespace vidbench::metrics {

store::MetricInfo with_weights(store::MetricInfo info, const std::vector<WeightFile>& define,
                               const std::vector<WeightFile>& others) {
  const auto name = [&info](const WeightFile& file) {
    info.weights_files.push_back(file.path.filename());
    if (info.unavailable.empty()) info.unavailable = file.problem;
    info.unverified = info.unverified || file.unverified;
  };
  for (const WeightFile& file : define) {
    name(file);
    if (!info.weights_sha256.empty() && !file.sha256.empty()) info.weights_sha256 += "+";
    info.weights_sha256 += file.sha256;
  }
  for (const WeightFile& file : others) name(file);
  return info;
}

}  // namespace vidbench::metrics
