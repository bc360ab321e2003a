// vbench/overall-consistency and vbench/temporal-style: how well a video goes with its prompt, by ViCLIP.
// VBench computes both in the same way, on different prompts.
#include "metrics/builtin.h"

namespace vidbench::metrics {
namespace {

using Embedding = std::vector<float>;
constexpr const char* kVideo = "viclip video";

Metric similarity(std::shared_ptr<ViClipNetwork> network, const char* id, const char* title) {
  return {
      with_weights(
          {.id = id,
           .version = 1,
           .title = title,
           .higher_is_better = true,
           .minimum = -1,
           .maximum = 1,
           .reducer = "mean",
           .needs = {"prompt"},
           .definition = "The cosine of the video's and the prompt's embedding by ViCLIP-L/14. Eight frames "
                         "in the middle of equal parts (a shorter video repeats its last frame); the shorter "
                         "side to 224 by bicubic interpolation of bytes without antialiasing, centre crop, "
                         "CLIP's mean and deviation; prompts cut at 32 tokens: all as VBench's code does.",
           .failure_cases =
               "Of a long prompt it knows the beginning. Published values lie between 0.2 and 0.3.",
           .citation = "Huang et al., VBench, CVPR 2024, arXiv:2311.17982; Wang et al., InternVid, ICLR "
                       "2024, arXiv:2307.06942",
           .licence = "Apache-2.0"},
          {network->weights()}, {network->merges()}),
      [network](Sample& sample) {
        require_frames(sample.video(), 1);
        return sample.once<double>("viclip cosine", [&] {
          const auto& video = sample.once<Embedding>(kVideo, [&] {
            return of_one(sample.video(), [&](Videos videos) { return network->embed_videos(videos); });
          });
          return cosine(video, network->embed_text(sample.prompt()));
        });
      },
      0,
      [network](std::span<Sample* const> samples) {
        keep_together<Embedding>(samples, kVideo, 1,
                                 [&](Videos videos) { return network->embed_videos(videos); });
      }};
}

}  // namespace

Metric overall_consistency(std::shared_ptr<ViClipNetwork> network) {
  return similarity(std::move(network), "vbench/overall-consistency", "Overall consistency (ViCLIP)");
}

Metric temporal_style(std::shared_ptr<ViClipNetwork> network) {
  return similarity(std::move(network), "vbench/temporal-style", "Temporal style (ViCLIP)");
}

}  // namespace vidbench::metrics
