// Draws a scene of the shapes world: anti-aliased, seeded, the same bytes on every machine.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/random.h"
#include "shapes/scene.h"

namespace vidbench::shapes {

// [frames, height, width, 3] uint8, row-major.
struct Video {
  int frames = kFrames;
  int height = kSide;
  int width = kSide;
  std::vector<uint8_t> pixels;
  [[nodiscard]] size_t offset(int frame, int y, int x) const {
    return ((static_cast<size_t>(frame) * height + y) * width + x) * 3;
  }
};

// Pixel coordinates of a shape's centre; pixel (0, 0) covers [0, 1) x [0, 1).
struct Point {
  double x = 0;
  double y = 0;
};
// The part of the picture that an object may use.
struct Region {
  double x0 = 0;
  double x1 = kSide;
};

// Red, green, blue in 0..255.
[[nodiscard]] const std::array<double, 3>& palette(Color color);
// Circumscribed radius in pixels; `objects` is 1 or 2.
[[nodiscard]] double radius_of(Size size, size_t objects);
[[nodiscard]] Region region_of(size_t object, size_t objects);
// Share of the pixel whose centre lies at (dx, dy) from the shape's centre that the shape covers, 0..1.
[[nodiscard]] double coverage(Shape shape, double radius, double dx, double dy);
// Grey level of the background at a pixel, 0..255.
[[nodiscard]] double background_grey(Background background, int x, int y);
// A centre for each of the kFrames frames: `motion` with random place, extent and phase inside `region`.
[[nodiscard]] std::vector<Point> trajectory(Motion motion, double radius, Region region, Random& random);

// Throws Error(kInput) unless the scene has one or two objects.
[[nodiscard]] Video render(const SceneSpec& scene, uint64_t seed);

}  // namespace vidbench::shapes
