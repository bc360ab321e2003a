#include "metrics/shapes_reference.h"

namespace vidbench::metrics {
namespace {

template <typename Enum, size_t N>
Enum any_of(const std::array<std::string_view, N>&, Random& random) {
  return static_cast<Enum>(random.below(N));
}

}  // namespace

shapes::SceneSpec random_scene(Random& random) {
  shapes::ObjectSpec object;
  object.size = any_of<shapes::Size>(shapes::kSizeNames, random);
  object.color = any_of<shapes::Color>(shapes::kColorNames, random);
  object.shape = any_of<shapes::Shape>(shapes::kShapeNames, random);
  object.motion = any_of<shapes::Motion>(shapes::kMotionNames, random);
  return {{object}, any_of<shapes::Background>(shapes::kBackgroundNames, random)};
}

shapes::Video reference_video(uint64_t seed, uint64_t index) {
  Random seeds(seed);
  // SplitMix64's stream is a mix of a counter: mixing the index in once more keeps nearby seeds apart.
  Random random(seeds.next() + index * 0xd1b54a32d192ed03ULL);
  const shapes::SceneSpec scene = random_scene(random);
  return shapes::render(scene, random.next());
}

}  // namespace vidbench::metrics
