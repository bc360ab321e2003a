// Feature matrices as the set statistics take them.
#pragma once

#include <Eigen/Core>
#include <span>
#include <string_view>

namespace vidbench::stats {

// [N, D] row-major: one row a video, one column a feature.
using Features = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using FeaturesRef = Eigen::Ref<const Features>;

// Copies rows*cols floats (an evaluation network's output). Throws Error(kInput) when the count differs.
[[nodiscard]] Features features_from_floats(std::span<const float> values, size_t rows, size_t cols);

// Throws Error(kInput), naming `what` and the row, unless there are `min_rows` rows and all values are
// finite.
void require_features(const FeaturesRef& features, size_t min_rows, std::string_view what);
// Throws Error(kInput) when the two sets have different feature counts.
void require_same_width(size_t a, size_t b);

}  // namespace vidbench::stats
