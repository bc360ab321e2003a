// The quality-against-latency plot as one inline SVG element, coloured by the page's style sheet.
#pragma once

#include <string>
#include <vector>

namespace vidbench::report {

struct PlotPoint {
  std::string label;                    // not escaped
  double x = 0, x_low = 0, x_high = 0;  // seconds, > 0
  double y = 0, y_low = 0, y_high = 0;  // 0…100
  bool on_front = false;
};

// Logarithmic x axis, the front as a line, error bars, a label at each point that overlaps no other. Points
// that are not finite or not positive on x are left out; "" when none is left.
[[nodiscard]] std::string quality_latency_plot(std::vector<PlotPoint> points);

}  // namespace vidbench::report
