// The list of all metrics: a new one is one file, one line here, one test (docs/add-a-metric.md).
#include "metrics/builtin.h"

namespace vidbench::metrics {

void register_builtin(Registry& registry, const std::filesystem::path&) {
  // Any video, no network.
  registry.add(flicker());
  registry.add(motion_amount());
  registry.add(sharpness());
  registry.add(exposure());

  // The shapes world: ground truth, then its networks.
  registry.add(shapes_flicker());
  registry.add(shapes_motion_amount());
  registry.add(colour_accuracy());
  registry.add(shape_accuracy());
  registry.add(motion_accuracy());
}

}  // namespace vidbench::metrics
