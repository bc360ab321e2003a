#include "report/set_statistic.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "base/error.h"
#include "base/strings.h"
#include "stats/extrapolation.h"
#include "stats/frechet.h"
#include "stats/inception_score.h"
#include "stats/kernel_distance.h"

namespace vidbench::report {
namespace {

// The rows of all videos, one below the other, and whose each is.
struct Rows {
  stats::Features matrix;
  std::vector<Eigen::Index> video;
};

Rows rows_of(const store::MetricInfo& metric, const std::vector<const std::vector<float>*>& videos) {
  const size_t width = metric.row_size > 0 ? static_cast<size_t>(metric.row_size)
                       : videos.empty()    ? 0
                                           : videos.front()->size();
  Rows rows;
  std::vector<float> values;
  for (size_t i = 0; i < videos.size(); ++i) {
    const size_t size = videos[i]->size();
    if (metric.row_size == 0 && size != width)
      throw_input(
          fmt::format("metric {}: feature vectors of {} and {} numbers in one set", metric.id, width, size));
    if (width == 0 || size % width != 0)
      throw_input(
          fmt::format("metric {}: a feature vector of {} numbers is not rows of {}", metric.id, size, width));
    values.insert(values.end(), videos[i]->begin(), videos[i]->end());
    rows.video.insert(rows.video.end(), size / width, static_cast<Eigen::Index>(i));
  }
  rows.matrix = stats::features_from_floats(values, rows.video.size(), width);
  return rows;
}

// `of_rows` with a video's weight for each of its rows.
stats::WeightedStatistic of_videos(stats::WeightedStatistic of_rows, std::vector<Eigen::Index> video) {
  return [of_rows = std::move(of_rows), video = std::move(video)](const Eigen::VectorXd& weights) {
    return of_rows(weights(video));
  };
}

// Eigenvalues of larger matrices take too long to be computed for each of some hundred redraws.
constexpr Eigen::Index kLargestExact = 512;

SetStatistic exact(stats::WeightedStatistic of_rows, const Rows& rows, double minimum) {
  const auto evaluate = of_videos(std::move(of_rows), rows.video);
  return {evaluate, evaluate, minimum};
}

// What `make` makes, when it is wanted.
stats::WeightedStatistic at_first_call(std::function<stats::WeightedStatistic()> make) {
  struct Made {
    std::once_flag once;
    stats::WeightedStatistic statistic;
  };
  return [make = std::move(make), made = std::make_shared<Made>()](const Eigen::VectorXd& weights) {
    std::call_once(made->once, [&] { made->statistic = make(); });
    return made->statistic(weights);
  };
}

SetStatistic frechet(const Rows& rows, const stats::Gaussian& real, stats::Covariance kind) {
  if (std::min(rows.matrix.rows(), rows.matrix.cols()) <= kLargestExact)
    return exact(stats::frechet_statistic(rows.matrix, real, kind), rows, 0);
  const auto evaluate = at_first_call(
      [matrix = rows.matrix, real, kind] { return stats::frechet_statistic(matrix, real, kind); });
  return {of_videos(evaluate, rows.video),
          of_videos(stats::frechet_expansion(rows.matrix, real, kind), rows.video), 0};
}

SetStatistic kernel(const Rows& rows, const stats::Features& reference) {
  const auto evaluate = stats::kernel_statistic(rows.matrix, reference, rows.video);
  return {evaluate, evaluate, -HUGE_VAL};
}

SetStatistic extrapolation(const Rows& rows, const stats::Gaussian& real, stats::Covariance kind) {
  const auto evaluate = stats::frechet_extrapolation(rows.matrix, real, kind, rows.video);
  return {evaluate, evaluate, -HUGE_VAL};
}

using Reducer = std::function<SetStatistic(const Rows&, const stats::Features& reference)>;

// By the name that a metric gives; all but the Inception Score compare with a reference set.
const std::map<std::string, Reducer>& reducers() {
  static const auto gaussian = [](auto statistic, stats::Covariance kind) -> Reducer {
    return [statistic, kind](const Rows& rows, const stats::Features& reference) {
      return statistic(rows, stats::fit_gaussian(reference, kind), kind);
    };
  };
  using enum stats::Covariance;
  static const std::map<std::string, Reducer> all = {
      {"frechet", gaussian(frechet, kUnbiased)},
      {"frechet-biased", gaussian(frechet, kBiased)},
      {"frechet-infinity", gaussian(extrapolation, kUnbiased)},
      {"frechet-biased-infinity", gaussian(extrapolation, kBiased)},
      {"kernel", kernel},
      {"jedi",
       [](const Rows& rows, const auto& reference) {
         return exact(stats::jedi_statistic(rows.matrix, reference), rows, 0);
       }},
      {"inception",
       [](const Rows& rows, const auto&) { return exact(stats::inception_statistic(rows.matrix), rows, 1); }},
  };
  return all;
}

std::string names() {
  std::vector<std::string> result;
  for (const auto& [name, reducer] : reducers()) result.push_back(name);
  return join(result, ", ");
}

}  // namespace

SetStatistic set_statistic(const store::MetricInfo& metric,
                           const std::vector<const std::vector<float>*>& videos,
                           const store::ReferenceFeatures* reference) {
  const auto reducer = reducers().find(metric.reducer);
  if (reducer == reducers().end())
    throw_input(fmt::format("metric {}: unknown reducer '{}'", metric.id, metric.reducer),
                "one of: " + names());
  if (needs_reference(metric) && reference == nullptr)
    throw_input(fmt::format("metric {}: no reference features of {}", metric.id, metric.features));
  stats::Features fixed;
  if (needs_reference(metric))
    fixed = stats::features_from_floats(reference->data, static_cast<size_t>(reference->rows),
                                        static_cast<size_t>(reference->dim));
  return reducer->second(rows_of(metric, videos), fixed);
}

}  // namespace vidbench::report
