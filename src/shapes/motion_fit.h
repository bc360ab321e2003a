// Least-squares fits of a centroid path against the motions of the world (used by the checker).
#pragma once

#include <span>
#include <vector>

#include "shapes/checker.h"

namespace vidbench::shapes {

// Sum of squared residuals, in pixels², of the best fit of `motion` to `path`; a fit in the wrong direction
// (to the right for "moving left") counts as no fit at all.
[[nodiscard]] double motion_residual(Motion motion, std::span<const Point> path);
// Sum of squared distances from the mean place.
[[nodiscard]] double path_energy(std::span<const Point> path);

}  // namespace vidbench::shapes
