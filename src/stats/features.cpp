#include "stats/features.h"

#include <fmt/format.h>

#include "base/error.h"

namespace vidbench::stats {

Features features_from_floats(std::span<const float> values, size_t rows, size_t cols) {
  if (values.size() != rows * cols) {
    throw_input(fmt::format("{} floats do not make {} rows of {} features", values.size(), rows, cols));
  }
  using FloatMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const FloatMatrix> map(values.data(), static_cast<Eigen::Index>(rows),
                                          static_cast<Eigen::Index>(cols));
  return map.cast<double>();
}

void require_features(const FeaturesRef& features, size_t min_rows, std::string_view what) {
  if (features.rows() < static_cast<Eigen::Index>(min_rows) || features.cols() < 1) {
    throw_input(fmt::format("the {} set has {} videos with {} features, at least {} are needed", what,
                            features.rows(), features.cols(), min_rows));
  }
  for (Eigen::Index row = 0; row < features.rows(); ++row) {
    if (!features.row(row).allFinite()) {
      throw_input(fmt::format("row {} of the {} set has a value that is not finite", row, what));
    }
  }
}

void require_same_width(size_t a, size_t b) {
  if (a != b) {
    throw_input(fmt::format("the two sets have {} and {} features", a, b), "use one network for both sets");
  }
}

}  // namespace vidbench::stats
