// Reads a video's attributes without any learned network: the ground truth for the shapes world.
// Colour: vote of the saturated pixels. Motion: least-squares fit of the centroid's path against each motion.
// Shape and size: soft intersection over union with the rendered templates at the centroid.
#pragma once

#include <optional>
#include <vector>

#include "shapes/renderer.h"

namespace vidbench::shapes {

// What was seen of one object; an attribute that no template explains is absent.
struct Observation {
  std::optional<Color> color;
  std::optional<Shape> shape;
  std::optional<Size> size;
  std::optional<Motion> motion;
  std::vector<Point> path;  // centroid in each frame; empty when no object was found
  double overlap = 0;       // mean soft IoU with the best template, 0..1
};

// Per object of the caption: 1 where the attribute is right, 0 where not.
struct ObjectVerdict {
  bool color = false;
  bool shape = false;
  bool size = false;
  bool motion = false;
  [[nodiscard]] bool all() const { return color && shape && size && motion; }
};
struct Verdict {
  std::vector<ObjectVerdict> objects;
  bool background = false;
};

// `object` of `objects` says which part of the picture to look at. Throws Error(kInput) unless the video is
// [16,32,32,3].
[[nodiscard]] Observation observe(const Video& video, size_t object = 0, size_t objects = 1);
[[nodiscard]] Background observe_background(const Video& video);
// nullopt for a path that no motion explains.
[[nodiscard]] std::optional<Motion> classify_motion(const std::vector<Point>& path);
[[nodiscard]] Verdict check(const Video& video, const SceneSpec& scene);

}  // namespace vidbench::shapes
