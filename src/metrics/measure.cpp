#include "metrics/measure.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/error.h"

namespace vidbench::metrics {
namespace {

void require_finite(const std::vector<float>& vector) {
  if (vector.empty() || !std::all_of(vector.begin(), vector.end(), [](float v) { return std::isfinite(v); }))
    throw_input("the feature vector is not finite");
}

void judge(const Metric& metric, Sample& sample, store::Measurements& into) {
  if (metric.info.is_set) {
    const std::vector<float>& vector = sample.feature(metric.info.features);
    require_finite(vector);
    into.features[metric.info.features] = vector;
    return;
  }
  const double value = metric.measure(sample);
  if (!std::isfinite(value)) throw_input("the value is not finite");
  into.values[metric.info.id] = value;
}

}  // namespace

void measure(const Metric& metric, Sample& sample, store::Measurements& into) {
  if (const std::string reason = store::not_asked(metric.info, sample.asked()); !reason.empty()) {
    into.missing[metric.info.id] = reason;
    return;
  }
  if (store::needs(metric.info, "paired") && !sample.has_paired()) {
    into.missing[metric.info.id] = "the video has no partner";
    return;
  }
  try {
    judge(metric, sample, into);
  } catch (const Error& e) {
    if (e.code() != ErrorCode::kInput) throw;
    into.missing[metric.info.id] = e.what();
  }
}

void prepare(const Registry& registry, const Metric& metric, std::span<Sample* const> samples) {
  std::vector<Sample*> asked;
  std::copy_if(samples.begin(), samples.end(), std::back_inserter(asked),
               [&](const Sample* sample) { return store::not_asked(metric.info, sample->asked()).empty(); });
  if (metric.prepare) metric.prepare(asked);
  if (!metric.info.is_set) return;
  const Feature& feature = registry.feature(metric.info.features);
  if (feature.compute_many)
    keep_together<std::vector<float>>(asked, Sample::feature_key(feature.id), feature.first_frames,
                                      feature.compute_many);
}

}  // namespace vidbench::metrics
