// fid, kid and is-frames: the set statistics of pictures, on frames of the videos.
#include "metrics/builtin.h"
#include "metrics/extrapolation.h"

namespace vidbench::metrics {
namespace {

constexpr const char* kPool = "inception/pool";
constexpr const char* kPosterior = "inception/posterior";

InceptionRows rows(Sample& sample, InceptionNetwork& network) {
  return sample.once<InceptionRows>("inception", [&] { return network.rows(sample.video()); });
}

Metric set_metric(const InceptionNetwork& network, store::MetricInfo info) {
  info.version = 1;
  info.is_set = true;
  info.definition +=
      " Pictures: the middle frame of each of 8 equal parts of each video (every frame of a shorter one); "
      "there is no standard for which frames of a video count, and other choices give other numbers. "
      "Intervals redraw whole videos. Network: Inception-v3 of 2015-12-05 as torch-fidelity converted it "
      "(weights-inception-2015-12-05-6726825d.pth), frames resized to 299x299 as TensorFlow 1 did (bilinear, "
      "no half-pixel centres, no antialiasing), (x - 128) / 128.";
  info.licence = "Apache-2.0";
  return {with_weights(std::move(info), {network.weights()}), {}};
}

Feature feature(const char* id, std::shared_ptr<InceptionNetwork> network,
                std::vector<float> InceptionRows::*part) {
  return {id, std::string(id) + "/1 8 middle frames " + network->weights().sha256,
          [network = std::move(network), part](Sample& sample) { return rows(sample, *network).*part; }};
}

}  // namespace

Feature inception_pool_feature(std::shared_ptr<InceptionNetwork> network) {
  return feature(kPool, std::move(network), &InceptionRows::pool);
}

Feature inception_posterior_feature(std::shared_ptr<InceptionNetwork> network) {
  return feature(kPosterior, std::move(network), &InceptionRows::posterior);
}

Metric fid(const InceptionNetwork& network) {
  return set_metric(
      network,
      {.id = "fid",
       .title = "FID of frames",
       .higher_is_better = false,
       .minimum = 0,
       .reducer = "frechet",
       .features = kPool,
       .row_size = InceptionNetwork::kPoolSize,
       .needs = {"reference"},
       .definition = "Fréchet distance between Gaussians fitted to the features (2048, the last block's "
                     "mean) of frames of the generated and of the reference videos; covariance divided by N "
                     "- 1, as torch-fidelity does.",
       .failure_cases = "Blind to motion: shuffled frames have the same. Biased upwards for small sets: "
                        "compare sets of one size. Other choices of frames give other numbers.",
       .citation = "Heusel et al., NeurIPS 2017, arXiv:1706.08500",
       .minimum_videos = 256});
}

Metric fid_infinity(const InceptionNetwork& network) {
  return set_metric(network, extrapolated("fid", {.id = "fid-infinity",
                                                  .title = "FID∞ of frames",
                                                  .higher_is_better = false,
                                                  .reducer = "frechet-infinity",
                                                  .features = kPool,
                                                  .row_size = InceptionNetwork::kPoolSize,
                                                  .needs = {"reference"},
                                                  .citation = "Chong & Forsyth, CVPR 2020, arXiv:1911.07023",
                                                  .minimum_videos = 512}));
}

Metric kid(const InceptionNetwork& network) {
  return set_metric(
      network,
      {.id = "kid",
       .title = "KID of frames",
       .higher_is_better = false,
       .reducer = "kernel",
       .features = kPool,
       .row_size = InceptionNetwork::kPoolSize,
       .needs = {"reference"},
       .definition = "Unbiased squared maximum mean discrepancy with the kernel (x·y / 2048 + 1)³ between "
                     "frames of the generated and of the reference videos, over all pairs instead of random "
                     "subsets, not multiplied by 1000.",
       .failure_cases = "Blind to motion. Frames of one video count as different pictures: their likeness "
                        "raises both sets' own terms, so that equal distributions are not at 0.",
       .citation = "Bińkowski et al., ICLR 2018, arXiv:1801.01401",
       .minimum_videos = 2});
}

Metric is_frames(const InceptionNetwork& network) {
  return set_metric(
      network,
      {.id = "is-frames",
       .title = "Inception score of frames",
       .higher_is_better = true,
       .minimum = 1,
       .maximum = static_cast<double>(InceptionNetwork::kClasses),
       .reducer = "inception",
       .features = kPosterior,
       .row_size = InceptionNetwork::kClasses,
       .definition =
           "exp of the mean KL divergence between each frame's class posterior and the mean posterior of all "
           "frames; posterior: softmax, in double, of the logits without bias (1008 classes), as "
           "torch-fidelity computes it. Over the whole set, not ten splits of a shuffled one.",
       .failure_cases = "Blind to motion, and to pictures unlike ImageNet's. Published scores average ten "
                        "splits, which are lower for small sets.",
       .citation = "Salimans et al., NeurIPS 2016, arXiv:1606.03498"});
}

}  // namespace vidbench::metrics
