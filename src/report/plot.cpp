#include "report/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/format.h"

namespace vidbench::report {
namespace {

constexpr double kWidth = 720, kHeight = 430;
constexpr double kLeft = 52, kRight = 704, kTop = 16, kBottom = 380;
constexpr double kCharacter = 6.9, kLineHeight = 15;  // of the label font, rounded up
constexpr size_t kLongestLabel = 30;

struct Box {
  double x = 0, y = 0, width = 0, height = 0;
};

double overlap(const Box& a, const Box& b) {
  const double w = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const double h = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  return w > 0 && h > 0 ? w * h : 0;
}

double outside(const Box& box) {
  const Box area{kLeft + 2, kTop - 12, kRight - kLeft + 10, kBottom - kTop + 8};
  return box.width * box.height - overlap(box, area);
}

// Maps values to the drawing area: x logarithmic over the data with a margin, y linear over round tens.
class Axes {
 public:
  explicit Axes(const std::vector<PlotPoint>& points) {
    double low = HUGE_VAL, high = 0, bottom = 100, top = 0;
    for (const PlotPoint& point : points) {
      low = std::min(low, point.x_low);
      high = std::max(high, point.x_high);
      bottom = std::min(bottom, point.y_low);
      top = std::max(top, point.y_high);
    }
    const double margin = std::max(0.08 * std::log10(high / low), 0.12);
    log_low_ = std::log10(low) - margin;
    log_high_ = std::log10(high) + margin;
    y_step_ = top - bottom > 40 ? 20 : 10;
    y_low_ = std::max(0.0, std::floor((bottom - 3) / y_step_) * y_step_);
    y_high_ = std::min(100.0, std::max(y_low_ + y_step_, std::ceil((top + 3) / y_step_) * y_step_));
  }
  [[nodiscard]] double x(double value) const {
    return kLeft + (std::log10(value) - log_low_) / (log_high_ - log_low_) * (kRight - kLeft);
  }
  [[nodiscard]] double y(double value) const {
    return kBottom - (value - y_low_) / (y_high_ - y_low_) * (kBottom - kTop);
  }
  [[nodiscard]] std::string grid() const;

 private:
  double log_low_, log_high_, y_low_, y_high_, y_step_;
};

// Round numbers stay round: "20 ms", not "20.0 ms".
std::string tick_text(double seconds) {
  if (seconds < 0.9995e-3) return fmt::format("{:g} µs", seconds * 1e6);
  if (seconds < 0.9995) return fmt::format("{:g} ms", std::round(seconds * 1e3));
  return fmt::format("{:g} s", seconds);
}

std::string Axes::grid() const {
  std::string svg;
  const double decades = log_high_ - log_low_;
  const std::vector<double> steps = decades > 2.5 ? std::vector<double>{1} : std::vector<double>{1, 2, 5};
  for (double exponent = std::floor(log_low_); exponent <= log_high_; ++exponent) {
    for (const double step : steps) {
      const double value = step * std::pow(10, exponent);
      if (std::log10(value) < log_low_ || std::log10(value) > log_high_) continue;
      svg += fmt::format(
          "<line class=\"grid\" x1=\"{0:.1f}\" y1=\"{1}\" x2=\"{0:.1f}\" y2=\"{2}\"/>"
          "<text x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"middle\">{4}</text>",
          x(value), kTop, kBottom, kBottom + 18, tick_text(value));
    }
  }
  for (double value = y_low_; value <= y_high_ + 1e-9; value += y_step_) {
    svg += fmt::format(
        "<line class=\"grid\" x1=\"{}\" y1=\"{:.1f}\" x2=\"{}\" y2=\"{:.1f}\"/>"
        "<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{:.0f}</text>",
        kLeft, y(value), kRight, y(value), kLeft - 8, y(value) + 4, value);
  }
  svg += fmt::format(
      "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">latency of one video (log) — left is faster</text>",
      (kLeft + kRight) / 2, kBottom + 42);
  svg += fmt::format(
      "<text transform=\"translate(14 {}) rotate(-90)\" text-anchor=\"middle\">quality score</text>",
      (kTop + kBottom) / 2);
  return svg;
}

struct Label {
  Box box;
  bool far = false;
};

// The least bad of the places around the point: overlap counts, distance breaks ties.
Label place(double x, double y, double width, const std::vector<Box>& taken) {
  constexpr std::array<std::pair<double, double>, 8> kDirections = {
      {{1, 0}, {-1, 0}, {0, -1}, {0, 1}, {0.8, -0.8}, {-0.8, -0.8}, {0.8, 0.8}, {-0.8, 0.8}}};
  Label best;
  double best_cost = HUGE_VAL;
  for (const double distance : {11.0, 22.0, 36.0, 54.0, 76.0}) {
    for (const auto& [dx, dy] : kDirections) {
      const double centre_x = x + dx * (distance + (dx == 0 ? 0 : width / 2));
      const double centre_y = y + dy * (distance + 3);
      const Box box{centre_x - width / 2, centre_y - kLineHeight / 2, width, kLineHeight};
      double cost = 40 * outside(box) + distance;
      for (const Box& other : taken) cost += 10 * overlap(box, other);
      if (cost < best_cost) {
        best_cost = cost;
        best = {box, distance > 25};
      }
    }
  }
  return best;
}

// The front as a path; small boxes along it keep labels off the line.
std::string draw_front(const std::vector<PlotPoint>& points, const Axes& axes, std::vector<Box>& taken) {
  constexpr int kSteps = 24;
  std::vector<const PlotPoint*> front;
  for (const PlotPoint& point : points)
    if (point.on_front) front.push_back(&point);
  std::sort(front.begin(), front.end(), [](auto* a, auto* b) { return a->x < b->x; });
  if (front.size() < 2) return "";
  std::string path = fmt::format("M{:.1f} {:.1f}", axes.x(front[0]->x), axes.y(front[0]->y));
  for (size_t i = 1; i < front.size(); ++i) {
    const double x0 = axes.x(front[i - 1]->x), y0 = axes.y(front[i - 1]->y);
    const double x1 = axes.x(front[i]->x), y1 = axes.y(front[i]->y);
    path += fmt::format("L{:.1f} {:.1f}", x1, y1);
    for (int step = 1; step < kSteps; ++step) {
      const double t = static_cast<double>(step) / kSteps;
      taken.push_back({x0 + t * (x1 - x0) - 2, y0 + t * (y1 - y0) - 2, 4, 4});
    }
  }
  return fmt::format("<path class=\"front\" d=\"{}\"/>", path);
}

std::string draw_label(const PlotPoint& point, const Label& label, double x, double y) {
  std::string svg;
  if (label.far) {
    const double end_x = std::clamp(x, label.box.x, label.box.x + label.box.width);
    const double end_y = std::clamp(y, label.box.y + 2, label.box.y + label.box.height - 2);
    svg = fmt::format("<line class=\"leader\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>", x,
                      y, end_x, end_y);
  }
  return svg +
         fmt::format("<text class=\"label{}\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>",
                     point.on_front ? " on" : "", label.box.x + label.box.width / 2, label.box.y + 11.5,
                     escape_html(truncate(printable(point.label), kLongestLabel)));
}

}  // namespace

std::string quality_latency_plot(std::vector<PlotPoint> points) {
  std::erase_if(points, [](const PlotPoint& p) {
    return !(p.x > 0) || !(p.x_low > 0) || !std::isfinite(p.x_high) || !std::isfinite(p.y);
  });
  if (points.empty()) return "";
  const Axes axes(points);
  std::string bars, dots, labels;
  std::vector<Box> taken;
  const std::string front = draw_front(points, axes, taken);
  for (const PlotPoint& point : points) {
    const double x = axes.x(point.x), y = axes.y(point.y);
    taken.push_back({x - 6, y - 6, 12, 12});
    taken.push_back({x - 1, axes.y(point.y_high), 2, axes.y(point.y_low) - axes.y(point.y_high)});
    taken.push_back({axes.x(point.x_low), y - 1, axes.x(point.x_high) - axes.x(point.x_low), 2});
    bars += fmt::format(
        "<line class=\"bar\" x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" y2=\"{2:.1f}\"/>"
        "<line class=\"bar\" x1=\"{3:.1f}\" y1=\"{4:.1f}\" x2=\"{5:.1f}\" y2=\"{4:.1f}\"/>",
        x, axes.y(point.y_low), axes.y(point.y_high), axes.x(point.x_low), y, axes.x(point.x_high));
    dots += fmt::format(
        "<circle class=\"dot{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"5.5\"><title>{}: {}, quality "
        "{:.1f}</title></circle>",
        point.on_front ? " on" : "", x, y, escape_html(point.label), format_value(point.x, "s"), point.y);
  }
  std::stable_sort(points.begin(), points.end(), [](auto& a, auto& b) { return a.on_front > b.on_front; });
  for (const PlotPoint& point : points) {
    const double width =
        static_cast<double>(display_width(truncate(printable(point.label), kLongestLabel))) * kCharacter + 4;
    const Label label = place(axes.x(point.x), axes.y(point.y), width, taken);
    taken.push_back(label.box);
    labels += draw_label(point, label, axes.x(point.x), axes.y(point.y));
  }
  return fmt::format(
      "<svg class=\"plot\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"Quality score against "
      "latency\">{}{}{}{}{}</svg>",
      kWidth, kHeight, axes.grid(), front, bars, dots, labels);
}

}  // namespace vidbench::report
