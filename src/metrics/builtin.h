// What the metrics' files define, for register_builtin alone.
#pragma once

#include <filesystem>

#include "metrics/metric.h"
#include "metrics/registry.h"

namespace vidbench::metrics {

[[nodiscard]] Metric flicker();               // video/flicker
[[nodiscard]] Metric motion_amount();         // video/motion-amount
[[nodiscard]] Metric sharpness();             // video/sharpness
[[nodiscard]] Metric exposure();              // video/exposure
[[nodiscard]] Metric shapes_flicker();        // shapes/flicker
[[nodiscard]] Metric shapes_motion_amount();  // shapes/motion-amount
[[nodiscard]] Metric colour_accuracy();       // shapes/colour-accuracy
[[nodiscard]] Metric shape_accuracy();        // shapes/shape-accuracy
[[nodiscard]] Metric motion_accuracy();       // shapes/motion-accuracy

}  // namespace vidbench::metrics
