// shapes/inception: are single videos recognisable, and is the set varied?
#include "metrics/builtin.h"

namespace vidbench::metrics {
namespace {

constexpr const char* kFeature = "shapes/posterior";

}  // namespace

Feature shapes_posterior_feature(std::shared_ptr<ShapesNetworks> networks) {
  return {kFeature, std::string(kFeature) + "/1 " + networks->classifier().sha256,
          [networks](Sample& sample) { return networks->classifier_posterior(sample.video()); }};
}

Metric shapes_inception(const ShapesNetworks& networks) {
  return {
      {.id = "shapes/inception",
       .version = 1,
       .title = "Inception score",
       .higher_is_better = true,
       .minimum = 1,
       .maximum = 40,
       .is_set = true,
       .reducer = "inception",
       .features = kFeature,
       .definition =
           "exp of the mean KL divergence between each video's class posterior and the set's mean posterior; "
           "the 40 classes are the pairs of 5 shapes and 8 motions of the shapes world's classifier.",
       .failure_cases = "At most the number of videos; 48 true videos have about 18. Blind to wrong captions "
                        "and to wrong colours. Not comparable with published Inception Scores.",
       .citation = "Salimans et al., NeurIPS 2016, arXiv:1606.03498",
       .licence = "Apache-2.0",
       .weights_files = {"classifier.safetensors"},
       .weights_sha256 = networks.classifier().sha256,
       .unavailable = networks.classifier().problem},
      {}};
}

}  // namespace vidbench::metrics
