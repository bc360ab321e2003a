// shapes/frechet and shapes/kernel: how far the set of videos is from true ones, in the classifier's
// features.
#include <cmath>

#include "metrics/builtin.h"

namespace vidbench::metrics {
namespace {

constexpr const char* kFeature = "shapes/classifier";

// To a mean square of 1: without it the few videos with the longest vectors would rule the cubic kernel (at
// 48 videos its noise was as large as the effect of strong corruptions).
std::vector<float> normalised(std::vector<float> vector) {
  double squares = 0;
  for (const float value : vector) squares += static_cast<double>(value) * value;
  if (squares == 0) return vector;
  const auto scale = static_cast<float>(std::sqrt(static_cast<double>(vector.size()) / squares));
  for (float& value : vector) value *= scale;
  return vector;
}

Metric set_metric(const std::string& reducer, const std::string& title, std::optional<double> minimum,
                  const std::string& definition, const std::string& failure_cases,
                  const std::string& citation, const ShapesNetworks& networks) {
  return {{.id = "shapes/" + reducer,
           .version = 1,
           .title = title,
           .higher_is_better = false,
           .minimum = minimum,
           .is_set = true,
           .reducer = reducer,
           .features = kFeature,
           .needs = {"reference"},
           .definition = definition + " The features are the last hidden layer (48) of the shapes world's "
                                      "attribute classifier, each vector scaled to a mean square of 1.",
           .failure_cases = failure_cases + " Blind to noise and nearly so to blur: the classifier was "
                                            "trained with both. Not comparable with published FVD or KVD.",
           .citation = citation,
           .licence = "Apache-2.0",
           .weights_files = {"classifier.safetensors"},
           .weights_sha256 = networks.classifier().sha256,
           .unavailable = networks.classifier().problem},
          {}};
}

}  // namespace

Feature shapes_classifier_feature(std::shared_ptr<ShapesNetworks> networks) {
  return {kFeature, std::string(kFeature) + "/1 unit mean square " + networks->classifier().sha256,
          [networks](Sample& sample) { return normalised(networks->classifier_features(sample.video())); }};
}

Metric shapes_frechet(const ShapesNetworks& networks) {
  return set_metric(
      "frechet", "Fréchet distance", 0,
      "Fréchet distance between Gaussians fitted to the features of the generated and of the reference "
      "videos (unbiased covariance).",
      "Biased upwards for small sets: compare sets of one size (48 true videos against 512 others have 1.8 ± "
      "0.2, 200 have 0.5).",
      "Heusel et al., NeurIPS 2017, arXiv:1706.08500; Unterthiner et al. 2018, arXiv:1812.01717", networks);
}

Metric shapes_kernel(const ShapesNetworks& networks) {
  return set_metric(
      "kernel", "Kernel distance", std::nullopt,
      "Unbiased squared maximum mean discrepancy with the kernel (x·y / D + 1)³ between the features of the "
      "generated and of the reference videos.",
      "Equal sets scatter about 0 (± 0.014 for 48 against 512 videos), so that it may be negative.",
      "Bińkowski et al., ICLR 2018, arXiv:1801.01401", networks);
}

}  // namespace vidbench::metrics
