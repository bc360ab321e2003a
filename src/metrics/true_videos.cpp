#include "metrics/true_videos.h"

#include "metrics/shapes_reference.h"
#include "metrics/shapes_video.h"
#include "shapes/caption.h"

namespace vidbench::metrics {
namespace {

// Differs from `scene` in every attribute.
shapes::SceneSpec contrary_of(shapes::SceneSpec scene) {
  const auto next = [](auto value, size_t count) {
    return static_cast<decltype(value)>((shapes::index(value) + 1) % count);
  };
  shapes::ObjectSpec& object = scene.objects.front();
  object.size = next(object.size, shapes::kSizeNames.size());
  object.color = next(object.color, shapes::kColorNames.size());
  object.shape = next(object.shape, shapes::kShapeNames.size());
  object.motion = next(object.motion, shapes::kMotionNames.size());
  scene.background = next(scene.background, shapes::kBackgroundNames.size());
  return scene;
}

}  // namespace

std::vector<TrueVideo> true_videos(int count, uint64_t seed) {
  std::vector<TrueVideo> videos;
  Random random(seed);
  for (int i = 0; i < count; ++i) {
    const shapes::SceneSpec scene = random_scene(random);
    videos.push_back({from_shapes_video(shapes::render(scene, random.next())), shapes::caption_of(scene),
                      shapes::caption_of(contrary_of(scene))});
  }
  return videos;
}

}  // namespace vidbench::metrics
