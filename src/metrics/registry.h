// The metrics that a metric worker offers.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "metrics/compute.h"
#include "metrics/metric.h"

namespace vidbench::metrics {

// Filled once at start-up, then only read.
class Registry {
 public:
  // Throw Error(kInternal) for an id that is there already, or an available set metric whose feature is not.
  void add(Metric metric);
  void add(Feature feature);

  // In the order of registration.
  [[nodiscard]] const std::vector<Metric>& metrics() const { return metrics_; }
  // Throw Error(kInput) with a suggestion for an id that is not there, and with the reason for a metric that
  // is unavailable.
  [[nodiscard]] const Metric& metric(const std::string& id) const;
  [[nodiscard]] const Feature& feature(const std::string& id) const;

 private:
  std::vector<Metric> metrics_;
  std::map<std::string, Feature> features_;
};

// Where weight files are looked for, by their official names.
struct Resources {
  std::filesystem::path root;                  // holds models/ (resource_root())
  std::vector<std::filesystem::path> weights;  // folders with official weight files, the first hit counts
  Compute compute;                             // of the official networks
  bool unverified_weights = false;             // files that are not the official ones are accepted, too
};

// Every metric of ours; one whose weights are not there is unavailable, with the reason. Reads and digests
// weight files, but loads no network: that happens at the first use.
void register_builtin(Registry& registry, const Resources& resources);

}  // namespace vidbench::metrics
