#include "shapes/motion_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace vidbench::shapes {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kStillRms = 0.75;       // pixels; less movement than this is standing still
constexpr double kMaxUnexplained = 0.5;  // share of the movement that the best fit may leave over
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Series {
  std::vector<double> x;
  std::vector<double> y;
};

// Both coordinates with their means taken away.
Series centred(std::span<const Point> path) {
  Series series;
  double mx = 0;
  double my = 0;
  for (const auto& p : path) {
    mx += p.x / static_cast<double>(path.size());
    my += p.y / static_cast<double>(path.size());
  }
  for (const auto& p : path) {
    series.x.push_back(p.x - mx);
    series.y.push_back(p.y - my);
  }
  return series;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

std::vector<double> wave(size_t n, auto function) {
  std::vector<double> values(n);
  double mean = 0;
  for (size_t i = 0; i < n; ++i) {
    values[i] = function(static_cast<double>(i) / static_cast<double>(n));
    mean += values[i] / static_cast<double>(n);
  }
  for (auto& value : values) value -= mean;
  return values;
}

struct Projection {
  double coefficient = 0;
  double energy = 0;  // explained sum of squares
};

Projection project(const std::vector<double>& signal, const std::vector<double>& basis) {
  const double norm = dot(basis, basis);
  const double coefficient = dot(signal, basis) / norm;
  return {coefficient, coefficient * coefficient * norm};
}

double line_energy(const std::vector<double>& signal, double sign) {
  const auto fit = project(signal, wave(signal.size(), [](double s) { return s; }));
  return fit.coefficient * sign > 0 ? fit.energy : 0;
}

double swing_energy(const std::vector<double>& signal) {
  const auto sine = wave(signal.size(), [](double s) { return std::sin(4 * kPi * s); });
  const auto cosine = wave(signal.size(), [](double s) { return std::cos(4 * kPi * s); });
  return project(signal, sine).energy + project(signal, cosine).energy;
}

// The phase has no linear form: a grid of it, and of each the best height.
double bounce_energy(const std::vector<double>& signal) {
  double best = 0;
  for (int k = 0; k < 24; ++k) {
    const double phase = kPi * k / 24;
    const auto arcs = wave(signal.size(), [&](double s) { return -std::abs(std::sin(phase + 2 * kPi * s)); });
    const auto fit = project(signal, arcs);
    if (fit.coefficient > 0) best = std::max(best, fit.energy);
  }
  return best;
}

// One turn: x = a cos + b sin and y = ±(a sin - b cos), whichever direction fits better.
double circle_energy(const Series& series) {
  const size_t n = series.x.size();
  const auto sine = wave(n, [](double s) { return std::sin(2 * kPi * s); });
  const auto cosine = wave(n, [](double s) { return std::cos(2 * kPi * s); });
  const double norm = dot(sine, sine) + dot(cosine, cosine);
  double best = 0;
  for (const double turn : {1.0, -1.0}) {
    const double a = dot(series.x, cosine) + turn * dot(series.y, sine);
    const double b = dot(series.x, sine) - turn * dot(series.y, cosine);
    best = std::max(best, (a * a + b * b) / norm);
  }
  return best;
}

double explained(Motion motion, const Series& series) {
  switch (motion) {
    case Motion::kLeft:
      return line_energy(series.x, -1);
    case Motion::kRight:
      return line_energy(series.x, 1);
    case Motion::kUp:
      return line_energy(series.y, -1);
    case Motion::kDown:
      return line_energy(series.y, 1);
    case Motion::kCircling:
      return circle_energy(series);
    case Motion::kBouncing:
      return bounce_energy(series.y);
    case Motion::kSwinging:
      return swing_energy(series.x);
    case Motion::kStill:
      break;
  }
  return 0;
}

}  // namespace

double path_energy(std::span<const Point> path) {
  const Series series = centred(path);
  return dot(series.x, series.x) + dot(series.y, series.y);
}

double motion_residual(Motion motion, std::span<const Point> path) {
  return path_energy(path) - explained(motion, centred(path));
}

std::optional<Motion> classify_motion(const std::vector<Point>& path) {
  if (path.empty()) return std::nullopt;
  const double energy = path_energy(path);
  if (std::sqrt(energy / static_cast<double>(path.size())) < kStillRms) return Motion::kStill;
  Motion best = Motion::kStill;
  double least = kInfinity;
  for (size_t m = 0; m < kMotionNames.size(); ++m) {
    const auto motion = static_cast<Motion>(m);
    const double residual = motion_residual(motion, path);
    if (motion == Motion::kStill || residual >= least) continue;
    least = residual;
    best = motion;
  }
  return least <= kMaxUnexplained * energy ? std::optional(best) : std::nullopt;
}

}  // namespace vidbench::shapes
