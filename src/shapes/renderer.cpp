#include "shapes/renderer.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"

namespace vidbench::shapes {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kExtent = 1.15;  // a triangle reaches this many radii above its centre
// Paths are centred but for this many pixels and radians: what a caption asks for shows in where things are,
// and a small model learns it in an hour.
constexpr double kJitter = 1.0;
constexpr double kPhaseJitter = 0.15;

double box_distance(double dx, double dy, double half_width, double half_height) {
  return std::max(std::abs(dx) - half_width, std::abs(dy) - half_height);
}

double triangle_distance(double dx, double dy, double circumradius) {
  const double inradius = circumradius / 2;
  const double slanted = std::abs(dx) * std::cos(kPi / 6) - dy * std::sin(kPi / 6);
  return std::max(dy, slanted) - inradius;
}

// Negative inside, in pixels.
double signed_distance(Shape shape, double radius, double dx, double dy) {
  switch (shape) {
    case Shape::kCircle:
      return std::hypot(dx, dy) - radius;
    case Shape::kSquare:
      return box_distance(dx, dy, 0.82 * radius, 0.82 * radius);
    case Shape::kTriangle:
      return triangle_distance(dx, dy, kExtent * radius);
    case Shape::kCross:
      return std::min(box_distance(dx, dy, radius, 0.32 * radius),
                      box_distance(dx, dy, 0.32 * radius, radius));
    case Shape::kRing:
      return std::abs(std::hypot(dx, dy) - 0.77 * radius) - 0.23 * radius;
  }
  return 1;
}

struct Range {
  double low = 0;
  double high = 0;
  [[nodiscard]] double length() const { return high - low; }
};

// A place near the middle for something that reaches `before` below and `after` above it.
double place(Range range, double before, double after, Random& random) {
  const double low = range.low + before;
  const double high = range.high - after;
  const double reach = std::min(kJitter, (high - low) / 2);
  return (low + high) / 2 + reach * random.uniform(-1, 1);
}

double phase_near(double angle, Random& random) { return angle + kPhaseJitter * random.uniform(-1, 1); }

std::vector<Point> line(Motion motion, Range xs, Range ys, Random& random) {
  const bool horizontal = motion == Motion::kLeft || motion == Motion::kRight;
  const bool backwards = motion == Motion::kLeft || motion == Motion::kUp;
  const Range along = horizontal ? xs : ys;
  const double travel = std::min(along.length(), 14.0) * random.uniform(0.95, 1.0);
  const double start = place(along, 0, travel, random);
  const double other = place(horizontal ? ys : xs, 0, 0, random);
  std::vector<Point> points(kFrames);
  for (int i = 0; i < kFrames; ++i) {
    const double share = static_cast<double>(i) / (kFrames - 1);
    const double at = start + travel * (backwards ? 1 - share : share);
    points[i] = horizontal ? Point{at, other} : Point{other, at};
  }
  return points;
}

std::vector<Point> circle(Range xs, Range ys, Random& random) {
  const double r = std::min({xs.length(), ys.length(), 12.0}) / 2 * random.uniform(0.95, 1.0);
  const Point center{place(xs, r, r, random), place(ys, r, r, random)};
  const double phase = phase_near(-kPi / 2, random);
  std::vector<Point> points(kFrames);
  for (int i = 0; i < kFrames; ++i) {
    const double angle = phase + 2 * kPi * i / kFrames;
    points[i] = {center.x + r * std::cos(angle), center.y + r * std::sin(angle)};
  }
  return points;
}

std::vector<Point> bounce(Range xs, Range ys, Random& random) {
  const double height = std::min(ys.length(), 12.0) * random.uniform(0.95, 1.0);
  const double x = place(xs, 0, 0, random);
  const double floor = place(ys, height, 0, random);
  const double phase = phase_near(kPhaseJitter, random);
  std::vector<Point> points(kFrames);
  for (int i = 0; i < kFrames; ++i) {
    points[i] = {x, floor - height * std::abs(std::sin(phase + 2 * kPi * i / kFrames))};
  }
  return points;
}

std::vector<Point> swing(Range xs, Range ys, Random& random) {
  const double amplitude = std::min(xs.length(), 14.0) / 2 * random.uniform(0.95, 1.0);
  const double x = place(xs, amplitude, amplitude, random);
  const double y = place(ys, 0, 0, random);
  const double phase = phase_near(0, random);
  std::vector<Point> points(kFrames);
  for (int i = 0; i < kFrames; ++i) {
    points[i] = {x + amplitude * std::sin(phase + 4 * kPi * i / kFrames), y};
  }
  return points;
}

void draw_object(const ObjectSpec& object, double radius, const std::vector<Point>& path,
                 std::vector<double>& canvas) {
  const auto& rgb = palette(object.color);
  const int reach = static_cast<int>(std::ceil(kExtent * radius)) + 1;
  for (int i = 0; i < kFrames; ++i) {
    const int cx = static_cast<int>(path[i].x);
    const int cy = static_cast<int>(path[i].y);
    for (int y = std::max(0, cy - reach); y < std::min(kSide, cy + reach + 1); ++y) {
      for (int x = std::max(0, cx - reach); x < std::min(kSide, cx + reach + 1); ++x) {
        const double alpha = coverage(object.shape, radius, x + 0.5 - path[i].x, y + 0.5 - path[i].y);
        if (alpha <= 0) continue;
        double* pixel = &canvas[((static_cast<size_t>(i) * kSide + y) * kSide + x) * 3];
        for (int c = 0; c < 3; ++c) pixel[c] += alpha * (rgb[c] - pixel[c]);
      }
    }
  }
}

std::vector<double> background_canvas(Background background) {
  std::vector<double> canvas(static_cast<size_t>(kFrames) * kSide * kSide * 3);
  size_t k = 0;
  for (int i = 0; i < kFrames; ++i) {
    for (int y = 0; y < kSide; ++y) {
      for (int x = 0; x < kSide; ++x) {
        const double grey = background_grey(background, x, y);
        for (int c = 0; c < 3; ++c) canvas[k++] = grey;
      }
    }
  }
  return canvas;
}

}  // namespace

const std::array<double, 3>& palette(Color color) {
  static constexpr std::array<std::array<double, 3>, 8> kPalette = {{{230, 20, 30},
                                                                     {255, 125, 0},
                                                                     {245, 230, 20},
                                                                     {20, 185, 40},
                                                                     {10, 210, 225},
                                                                     {30, 60, 235},
                                                                     {140, 30, 200},
                                                                     {255, 80, 175}}};
  return kPalette[index(color)];
}

double radius_of(Size size, size_t objects) {
  static constexpr std::array<double, 3> kOne = {4.5, 6.3, 8.4};
  static constexpr std::array<double, 3> kTwo = {3.0, 4.0, 5.0};
  return objects == 1 ? kOne[index(size)] : kTwo[index(size)];
}

Region region_of(size_t object, size_t objects) {
  if (objects == 1) return {};
  return object == 0 ? Region{0, kSide / 2.0} : Region{kSide / 2.0, kSide};
}

double coverage(Shape shape, double radius, double dx, double dy) {
  return std::clamp(0.5 - signed_distance(shape, radius, dx, dy), 0.0, 1.0);
}

double background_grey(Background background, int x, int y) {
  switch (background) {
    case Background::kBlack:
      return 12;
    case Background::kWhite:
      return 242;
    case Background::kStriped:
      return y / 4 % 2 == 0 ? 95 : 145;
    case Background::kCheckered:
      return (x / 4 + y / 4) % 2 == 0 ? 95 : 145;
  }
  return 0;
}

std::vector<Point> trajectory(Motion motion, double radius, Region region, Random& random) {
  const double margin = kExtent * radius;
  const Range xs{region.x0 + margin, region.x1 - margin};
  const Range ys{margin, kSide - margin};
  switch (motion) {
    case Motion::kLeft:
    case Motion::kRight:
    case Motion::kUp:
    case Motion::kDown:
      return line(motion, xs, ys, random);
    case Motion::kCircling:
      return circle(xs, ys, random);
    case Motion::kBouncing:
      return bounce(xs, ys, random);
    case Motion::kSwinging:
      return swing(xs, ys, random);
    case Motion::kStill:
      break;
  }
  return std::vector<Point>(kFrames, Point{place(xs, 0, 0, random), place(ys, 0, 0, random)});
}

Video render(const SceneSpec& scene, uint64_t seed) {
  const size_t objects = scene.objects.size();
  if (objects < 1 || objects > 2) {
    throw_input("a scene of " + std::to_string(objects) + " objects cannot be rendered",
                "give one or two objects");
  }
  Random random(seed);
  std::vector<double> canvas = background_canvas(scene.background);
  for (size_t k = 0; k < objects; ++k) {
    const double radius = radius_of(scene.objects[k].size, objects);
    const auto path = trajectory(scene.objects[k].motion, radius, region_of(k, objects), random);
    draw_object(scene.objects[k], radius, path, canvas);
  }
  Video video;
  video.pixels.resize(canvas.size());
  std::transform(canvas.begin(), canvas.end(), video.pixels.begin(), [](double value) {
    return static_cast<uint8_t>(std::lround(std::clamp(value, 0.0, 255.0)));
  });
  return video;
}

}  // namespace vidbench::shapes
