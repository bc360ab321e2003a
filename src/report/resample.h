// Paired resampling of a run: every model sees the same redrawn prompts, so that differences between models
// keep their pairing; and the set statistics on weighted rows, so that a redraw costs no refit of the
// reference.
#pragma once

#include <Eigen/Core>
#include <functional>
#include <vector>

#include "report/run_data.h"
#include "stats/features.h"

namespace vidbench::report {

inline constexpr size_t kMeanReplicates = 2000;  // for means and quantiles
inline constexpr size_t kJointReplicates = 200;  // for set statistics, scores and ranks

// counts[replicate][unit]: how often the unit was drawn.
using Resamples = std::vector<std::vector<uint16_t>>;

// Draws prompts with all their seeds when there are at least 5 prompts (seeds of one prompt are alike:
// drawing them apart would make the interval too narrow), else single units. Depends on the units and the run
// id alone.
[[nodiscard]] Resamples draw_units(const RunData& data, size_t replicates);

// A statistic of rows, each taken `weights[row]` times (not negative, at least 2 in all).
using WeightedStatistic = std::function<double(const Eigen::VectorXd& weights)>;

// Each equals its function of stats/ when all weights are 1. `generated` [N, D], `reference` [M, D].
[[nodiscard]] WeightedStatistic frechet_statistic(const stats::Features& generated,
                                                  const stats::Features& reference);
[[nodiscard]] WeightedStatistic kernel_statistic(const stats::Features& generated,
                                                 const stats::Features& reference);
[[nodiscard]] WeightedStatistic inception_statistic(const stats::Features& posteriors);

}  // namespace vidbench::report
