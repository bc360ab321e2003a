// shapes/colour-accuracy, shape-accuracy and motion-accuracy: right or wrong, by the world's checker.
#include "base/error.h"
#include "metrics/builtin.h"
#include "metrics/shapes_video.h"
#include "shapes/caption.h"
#include "shapes/checker.h"

namespace vidbench::metrics {
namespace {

shapes::SceneSpec scene_of(const Sample& sample) {
  if (auto scene = shapes::parse_caption(sample.prompt())) return *scene;
  throw_input(
      "the prompt is outside the captions of the shapes world (\"a small red circle moving left on a black "
      "background\"), so it has no ground truth");
}

// 1 when every object of the caption has the attribute right.
Metric accuracy(const std::string& attribute, bool shapes::ObjectVerdict::*member, const std::string& how,
                const std::string& failure_cases) {
  Metric metric{{.id = "shapes/" + attribute + "-accuracy",
                 .version = 1,
                 .title = "Right " + attribute,
                 .higher_is_better = true,
                 .minimum = 0,
                 .maximum = 1,
                 .reducer = "mean",
                 .needs = {"prompt"},
                 .definition = "1 when every object of the caption shows the " + attribute +
                               " it asks for, else 0, by a checker without learned parts: " + how +
                               ". Only for captions of the shapes world.",
                 .failure_cases = failure_cases + " The checker errs on a small share of true videos, too.",
                 .licence = "Apache-2.0"},
                [member](Sample& sample) {
                  const auto& verdict = sample.once<shapes::Verdict>("shapes verdict", [&] {
                    return shapes::check(to_shapes_video(sample.video()), scene_of(sample));
                  });
                  for (const shapes::ObjectVerdict& object : verdict.objects)
                    if (!(object.*member)) return 0.0;
                  return 1.0;
                }};
  return metric;
}

}  // namespace

Metric colour_accuracy() {
  return accuracy("colour", &shapes::ObjectVerdict::color, "the vote of the saturated pixels' hues",
                  "Strong noise looks colourful.");
}
Metric shape_accuracy() {
  return accuracy("shape", &shapes::ObjectVerdict::shape,
                  "the best overlap with rendered templates along the object's path",
                  "Blind to mild blur; strong noise hides shapes that people still see.");
}
Metric motion_accuracy() {
  return accuracy("motion", &shapes::ObjectVerdict::motion,
                  "the best least-squares fit of the object's path by each motion",
                  "A path that is cut short by a freeze may fit another motion.");
}

}  // namespace vidbench::metrics
