#include "shapes/checker.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "shapes/motion_fit.h"

namespace vidbench::shapes {
namespace {

constexpr double kMinChroma = 60;    // of 255; below it a pixel counts as grey
constexpr double kMinArea = 5;       // pixels per frame that an object must cover
constexpr double kMinShare = 0.55;   // of the saturated area that the winning colour must hold
constexpr double kMinOverlap = 0.4;  // soft IoU below which no shape is recognised
constexpr size_t kColors = kColorNames.size();

double chroma(const double* rgb) {
  return std::max({rgb[0], rgb[1], rgb[2]}) - std::min({rgb[0], rgb[1], rgb[2]});
}

// Degrees, 0..360; only meaningful for a pixel with chroma.
double hue(const double* rgb) {
  const double c = chroma(rgb);
  const double top = std::max({rgb[0], rgb[1], rgb[2]});
  double sector = 0;
  if (top == rgb[0]) {
    sector = std::fmod((rgb[1] - rgb[2]) / c + 6.0, 6.0);
  } else if (top == rgb[1]) {
    sector = (rgb[2] - rgb[0]) / c + 2;
  } else {
    sector = (rgb[0] - rgb[1]) / c + 4;
  }
  return sector * 60;
}

// Mixing with grey leaves the hue alone, so that edge pixels vote for the right colour too.
size_t nearest_color(const double* rgb) {
  static const auto hues = [] {
    std::array<double, kColors> values{};
    for (size_t i = 0; i < kColors; ++i) values[i] = hue(palette(static_cast<Color>(i)).data());
    return values;
  }();
  const double angle = hue(rgb);
  size_t best = 0;
  double best_distance = 361;
  for (size_t i = 0; i < kColors; ++i) {
    const double direct = std::abs(angle - hues[i]);
    const double distance = std::min(direct, 360 - direct);
    if (distance < best_distance) {
      best_distance = distance;
      best = i;
    }
  }
  return best;
}

std::array<double, 3> pixel_at(const Video& video, int frame, int y, int x) {
  const uint8_t* p = &video.pixels[video.offset(frame, y, x)];
  return {static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])};
}

struct Segmentation {
  std::array<double, kColors> votes{};
  std::vector<double> alpha;  // [T,H,W] coverage by the winning colour
  std::optional<Color> color;
};

template <typename Visit>
void for_region(Region region, Visit visit) {
  for (int i = 0; i < kFrames; ++i) {
    for (int y = 0; y < kSide; ++y) {
      for (int x = static_cast<int>(region.x0); x < static_cast<int>(region.x1); ++x) visit(i, y, x);
    }
  }
}

Segmentation segment(const Video& video, Region region) {
  Segmentation result;
  double total = 0;
  for_region(region, [&](int i, int y, int x) {
    const auto rgb = pixel_at(video, i, y, x);
    if (chroma(rgb.data()) < kMinChroma) return;
    result.votes[nearest_color(rgb.data())] += 1;
    total += 1;
  });
  const auto winner = std::max_element(result.votes.begin(), result.votes.end());
  if (*winner < kMinArea * kFrames || *winner < kMinShare * total) return result;
  const auto color = static_cast<Color>(winner - result.votes.begin());
  result.color = color;
  result.alpha.assign(static_cast<size_t>(kFrames) * kSide * kSide, 0);
  const double full = chroma(palette(color).data());
  for_region(region, [&](int i, int y, int x) {
    const auto rgb = pixel_at(video, i, y, x);
    const double c = chroma(rgb.data());
    // Half the voting threshold keeps soft edges but drops noise on the grey background.
    if (c < kMinChroma / 2 || nearest_color(rgb.data()) != index(color)) return;
    result.alpha[(static_cast<size_t>(i) * kSide + y) * kSide + x] = std::min(1.0, c / full);
  });
  return result;
}

// Centroid per frame; a frame without the object repeats the last known place.
std::vector<Point> centroids(const std::vector<double>& alpha) {
  std::vector<Point> path;
  for (int i = 0; i < kFrames; ++i) {
    double mass = 0;
    Point sum;
    for (int y = 0; y < kSide; ++y) {
      for (int x = 0; x < kSide; ++x) {
        const double a = alpha[(static_cast<size_t>(i) * kSide + y) * kSide + x];
        mass += a;
        sum.x += a * (x + 0.5);
        sum.y += a * (y + 0.5);
      }
    }
    if (mass >= 1) {
      path.push_back({sum.x / mass, sum.y / mass});
    } else {
      path.push_back(path.empty() ? Point{kSide / 2.0, kSide / 2.0} : path.back());
    }
  }
  return path;
}

double soft_iou(const double* alpha, Shape shape, double radius, Point center) {
  double both = 0;
  double either = 0;
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const double seen = alpha[y * kSide + x];
      const double drawn = coverage(shape, radius, x + 0.5 - center.x, y + 0.5 - center.y);
      both += std::min(seen, drawn);
      either += std::max(seen, drawn);
    }
  }
  return either > 0 ? both / either : 0;
}

void match_templates(const std::vector<double>& alpha, size_t objects, Observation& seen) {
  for (size_t s = 0; s < kShapeNames.size(); ++s) {
    for (size_t z = 0; z < kSizeNames.size(); ++z) {
      double sum = 0;
      for (int i = 0; i < kFrames; ++i) {
        sum += soft_iou(&alpha[static_cast<size_t>(i) * kSide * kSide], static_cast<Shape>(s),
                        radius_of(static_cast<Size>(z), objects), seen.path[static_cast<size_t>(i)]);
      }
      const double overlap = sum / kFrames;
      if (overlap <= seen.overlap) continue;
      seen.overlap = overlap;
      if (overlap < kMinOverlap) continue;
      seen.shape = static_cast<Shape>(s);
      seen.size = static_cast<Size>(z);
    }
  }
}

void require_format(const Video& video) {
  if (video.frames == kFrames && video.height == kSide && video.width == kSide) return;
  throw_input("the checker needs a video of 16x32x32, not " + std::to_string(video.frames) + "x" +
                  std::to_string(video.height) + "x" + std::to_string(video.width),
              "only videos of the shapes world have a ground truth");
}

}  // namespace

Observation observe(const Video& video, size_t object, size_t objects) {
  require_format(video);
  Observation seen;
  const Segmentation segmentation = segment(video, region_of(object, objects));
  if (!segmentation.color) return seen;
  seen.color = segmentation.color;
  seen.path = centroids(segmentation.alpha);
  seen.motion = classify_motion(seen.path);
  match_templates(segmentation.alpha, objects, seen);
  return seen;
}

Background observe_background(const Video& video) {
  require_format(video);
  std::array<double, kBackgroundNames.size()> error{};
  for_region({}, [&](int i, int y, int x) {
    const auto rgb = pixel_at(video, i, y, x);
    if (chroma(rgb.data()) >= kMinChroma / 2) return;
    const double grey = (rgb[0] + rgb[1] + rgb[2]) / 3;
    for (size_t b = 0; b < error.size(); ++b) {
      error[b] += std::abs(grey - background_grey(static_cast<Background>(b), x, y));
    }
  });
  return static_cast<Background>(std::min_element(error.begin(), error.end()) - error.begin());
}

Verdict check(const Video& video, const SceneSpec& scene) {
  Verdict verdict;
  verdict.background = observe_background(video) == scene.background;
  for (size_t k = 0; k < scene.objects.size(); ++k) {
    const Observation seen = observe(video, k, scene.objects.size());
    const ObjectSpec& wanted = scene.objects[k];
    verdict.objects.push_back({.color = seen.color == wanted.color,
                               .shape = seen.shape == wanted.shape,
                               .size = seen.size == wanted.size,
                               .motion = seen.motion == wanted.motion});
  }
  return verdict;
}

}  // namespace vidbench::shapes
