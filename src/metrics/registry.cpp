#include "metrics/registry.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/strings.h"

namespace vidbench::metrics {

void Registry::add(Metric metric) {
  for (const Metric& known : metrics_)
    if (known.info.id == metric.info.id)
      throw Error(ErrorCode::kInternal, fmt::format("metric '{}' is registered twice", metric.info.id));
  if (metric.info.unavailable.empty() && metric.info.is_set && !features_.contains(metric.info.features))
    throw Error(ErrorCode::kInternal, fmt::format("metric '{}' uses feature '{}', which is not registered",
                                                  metric.info.id, metric.info.features));
  metrics_.push_back(std::move(metric));
}

void Registry::add(Feature feature) {
  const std::string id = feature.id;
  if (!features_.emplace(id, std::move(feature)).second)
    throw Error(ErrorCode::kInternal, fmt::format("feature '{}' is registered twice", id));
}

const Metric& Registry::metric(const std::string& id) const {
  std::vector<std::string> ids;
  for (const Metric& metric : metrics_) {
    if (metric.info.id == id && !metric.info.unavailable.empty())
      throw_input("metric '" + id + "' is unavailable: " + metric.info.unavailable);
    if (metric.info.id == id) return metric;
    ids.push_back(metric.info.id);
  }
  throw_input("there is no metric '" + id + "'", suggestion(id, ids));
}

const Feature& Registry::feature(const std::string& id) const {
  const auto found = features_.find(id);
  if (found != features_.end()) return found->second;
  std::vector<std::string> ids;
  for (const auto& [name, feature] : features_) ids.push_back(name);
  throw_input("there is no feature '" + id + "'", suggestion(id, ids));
}

}  // namespace vidbench::metrics
