// The metrics that a metric worker offers.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "metrics/metric.h"

namespace vidbench::metrics {

// Filled once at start-up, then only read.
class Registry {
 public:
  // Throw Error(kInternal) for an id that is there already, or a set metric whose feature is not.
  void add(Metric metric);
  void add(Feature feature);
  // Tells that `ids` cannot be offered and why ("weights … are not there").
  void leave_out(const std::string& ids, const std::string& reason);

  // In the order of registration.
  [[nodiscard]] const std::vector<Metric>& metrics() const { return metrics_; }
  // "ids: reason" for each call of leave_out.
  [[nodiscard]] const std::vector<std::string>& left_out() const { return left_out_; }
  // Throw Error(kInput) with a suggestion for an id that is not there.
  [[nodiscard]] const Metric& metric(const std::string& id) const;
  [[nodiscard]] const Feature& feature(const std::string& id) const;

 private:
  std::vector<Metric> metrics_;
  std::map<std::string, Feature> features_;
  std::vector<std::string> left_out_;
};

// Every metric of ours whose needs are met. `resources` is the folder that holds models/ (resource_root()).
// Reads and digests weight files, but loads no network: that happens at the first use.
void register_builtin(Registry& registry, const std::filesystem::path& resources);

}  // namespace vidbench::metrics
