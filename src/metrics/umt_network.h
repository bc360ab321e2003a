// UMT as the metrics use it: from a decoded video to the actions of Kinetics-400 that it shows. This header
// is free of libtorch.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "media/video.h"
#include "metrics/compute.h"
#include "metrics/videos.h"
#include "metrics/weights.h"

namespace vidbench::metrics {

// Loads the network and the list of actions at their first use. One thread at a time; the number of CPU
// threads is set_threads()'. Its calls throw Error(kEnvironment) for files that are damaged.
class UmtNetwork {
 public:
  UmtNetwork(WeightFile weights, WeightFile list, Compute compute = {});
  ~UmtNetwork();

  [[nodiscard]] const WeightFile& weights() const { return weights_; }
  [[nodiscard]] const WeightFile& list() const { return list_; }
  // Whether an action, in lower case, is one of the classes.
  [[nodiscard]] bool knows(const std::string& action);
  // Of each video the actions that count as seen (seen_actions), by sixteen frames prepared as VBench does.
  [[nodiscard]] std::vector<std::vector<std::string>> actions(Videos videos);

 private:
  struct Loaded;
  const std::vector<std::string>& names();
  WeightFile weights_, list_;
  Compute compute_;
  std::vector<std::string> names_;
  std::unique_ptr<Loaded> loaded_;
};

}  // namespace vidbench::metrics
