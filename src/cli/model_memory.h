// The memory that a model takes: as measured by this store's runs, else as its makers state it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/context.h"
#include "registry/registry.h"
#include "store/model_versions.h"

namespace vidbench::cli {

class ModelMemory {
 public:
  // Of all models; nothing when there is no store. A store that cannot be read is a warning: the catalogue
  // does not depend on it.
  explicit ModelMemory(const Context& context);

  // Of the version that the catalogue has now, on each device and in each dtype; the largest on a GPU first,
  // host memory last.
  [[nodiscard]] const std::vector<store::PeakMemory>& measured(const registry::Model& model) const;
  // The GPU memory to hold against a limit: measured, else unset.
  [[nodiscard]] std::optional<double> measured_vram_gb(const registry::Model& model) const;

  // {"stated_gb": …, "measured": […]}
  [[nodiscard]] Json to_json(const registry::Model& model) const;
  // The number that counts, in GB (10^9 bytes), and where it comes from; "" when nothing is known.
  [[nodiscard]] report::Cell number(const registry::Model& model) const;
  [[nodiscard]] std::string source(const registry::Model& model) const;  // "measured, cuda, bf16", "stated"
  // One line each: "18.2 GB measured on NVIDIA …, cuda, bf16, 81 × 832×480, run …", "24 GB as its makers
  // state".
  [[nodiscard]] std::vector<std::string> lines(const registry::Model& model) const;

 private:
  std::map<std::pair<std::string, std::string>, std::vector<store::PeakMemory>> peaks_;  // model, entry
};

// "18.2 GB"
[[nodiscard]] std::string gigabytes(uint64_t bytes);
// The model as JSON with its memory, and whether its files are here.
[[nodiscard]] Json model_json(const registry::Model& model, const ModelMemory& memory);

}  // namespace vidbench::cli
