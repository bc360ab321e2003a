// clip-score, clipsim, clip/frame-consistency, vbench/background-consistency and vbench/aesthetic-quality:
// what CLIP says of frames and prompts.
#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "metrics/builtin.h"

namespace vidbench::metrics {
namespace {

using Network = std::shared_ptr<ClipNetwork>;

constexpr const char* kMade =
    "Frames: all; the shorter side to 224 by Pillow's bicubic filter, centre crop, CLIP's mean and "
    "deviation. ";
constexpr const char* kMadeByVbench =
    "Frames: all; the shorter side to 224 by bicubic interpolation of floats without antialiasing, centre "
    "crop, CLIP's mean and deviation, as VBench's code does. ";
constexpr const char* kLicence = "MIT";

const FrameEmbeddings& frames_of(Sample& sample, const Network& network) {
  return sample.once<FrameEmbeddings>("clip frames " + network->weights().sha256,
                                      [&] { return network->embed_frames(sample.video()); });
}

const FrameEmbeddings& vbench_frames_of(Sample& sample, const Network& network) {
  return sample.once<FrameEmbeddings>("clip vbench frames " + network->weights().sha256,
                                      [&] { return network->embed_frames_as_vbench(sample.video()); });
}

double mean_cosine(Sample& sample, const Network& network, const std::string& text) {
  require_frames(sample.video(), 1);
  const auto& embedding = sample.once<std::vector<float>>("clip text " + network->weights().sha256 + text,
                                                          [&] { return network->embed_text(text); });
  const FrameEmbeddings& frames = frames_of(sample, network);
  double sum = 0;
  for (size_t t = 0; t < frames.frames(); ++t) sum += cosine(frames.frame(t), embedding);
  return sum / static_cast<double>(frames.frames());
}

store::MetricInfo about_prompts(store::MetricInfo info, const ClipNetwork& network) {
  info.version = 1;
  info.higher_is_better = true;
  info.reducer = "mean";
  info.needs = {"prompt"};
  info.licence = kLicence;
  return with_weights(std::move(info), {network.weights()}, {network.merges()});
}

store::MetricInfo about_frames(store::MetricInfo info, const std::vector<WeightFile>& read) {
  info.version = 1;
  info.higher_is_better = true;
  info.reducer = "mean";
  info.licence = kLicence;
  return with_weights(std::move(info), read);
}

}  // namespace

Metric clip_score(Network network) {
  return {
      about_prompts(
          {.id = "clip-score",
           .title = "CLIPScore (ViT-L/14)",
           .minimum = 0,
           .maximum = 100,
           .definition =
               std::string(kMade) +
               "100 times the cosine of a frame's and the prompt's embedding, averaged over the frames, at "
               "least 0. Prompts are cut at 77 tokens. For one picture this is torchmetrics' CLIPScore; it "
               "is not Hessel's, which multiplies by 2.5 and puts a phrase before the prompt.",
           .failure_cases = "Blind to the order of frames and to motion. What a long prompt asks after 77 "
                            "tokens is not seen.",
           .citation = "Hessel et al., CLIPScore, EMNLP 2021, arXiv:2104.08718"},
          *network),
      [network](Sample& sample) {
        return std::max(100 * mean_cosine(sample, network, sample.prompt()), 0.0);
      }};
}

Metric clipsim(Network network) {
  return {
      about_prompts({.id = "clipsim",
                     .title = "CLIPSIM (ViT-B/32)",
                     .minimum = -1,
                     .maximum = 1,
                     .definition = std::string(kMade) +
                                   "The cosine of a frame's and the prompt's embedding, averaged over the "
                                   "frames. Published values are about 0.3. Prompts are cut at 77 tokens.",
                     .failure_cases = "Blind to the order of frames and to motion. What a long prompt asks "
                                      "after 77 tokens is not seen.",
                     .citation = "Wu et al., GODIVA, 2021, arXiv:2104.14806"},
                    *network),
      [network](Sample& sample) { return mean_cosine(sample, network, sample.prompt()); }};
}

Metric clip_frame_consistency(Network network) {
  return {about_frames(
              {.id = "clip/frame-consistency",
               .title = "CLIP frame consistency (ViT-B/32)",
               .minimum = -1,
               .maximum = 1,
               .definition = std::string(kMade) + "The mean cosine of the embeddings of consecutive frames.",
               .failure_cases = "A frozen video has 1: the less changes, the higher it is.",
               .citation = "Esser et al., ICCV 2023, arXiv:2302.03011"},
              {network->weights()}),
          [network](Sample& sample) {
            require_frames(sample.video(), 2);
            return consecutive_consistency(frames_of(sample, network));
          }};
}

Metric appearance_style(Network network) {
  store::MetricInfo info = about_prompts(
      {.id = "vbench/appearance-style",
       .title = "Appearance style (CLIP ViT-B/32)",
       .minimum = -1,
       .maximum = 1,
       .definition =
           std::string(kMade) +
           "The cosine of a frame's embedding and that of the name of the style that the prompt asks for "
           "(\"Van Gogh style\"; VBench's list tells it beside the prompt), averaged over the frames.",
       .failure_cases =
           "Says whether the style's name goes with the frames, whatever else they show. VBench averages "
           "over the frames of all videos, this over videos: the two differ where videos differ in length. "
           "With several processes VBench takes each video's last frame alone.",
       .citation = "Huang et al., VBench, CVPR 2024, arXiv:2311.17982"},
      *network);
  info.needs = {"auxiliary"};
  return {std::move(info), [network](Sample& sample) {
            const Json& told = sample.asked().auxiliary;
            const Json::json_pointer place("/appearance_style/appearance_style");
            if (!told.contains(place) || !told[place].is_string())
              throw_input("no 'appearance_style' is told beside the prompt");
            return mean_cosine(sample, network, told[place].get<std::string>());
          }};
}

Metric background_consistency(Network network) {
  return {about_frames(
              {.id = "vbench/background-consistency",
               .title = "Background consistency (CLIP ViT-B/32)",
               .minimum = 0,
               .maximum = 1,
               .definition = std::string(kMadeByVbench) +
                             "The mean, over the frames from the second on, of the mean of the cosines with "
                             "the frame before and with the first frame, negative ones counted as 0.",
               .failure_cases = "A frozen video has 1. VBench averages over the frames of all videos, this "
                                "over videos: the two differ where videos differ in length.",
               .citation = "Huang et al., VBench, CVPR 2024, arXiv:2311.17982"},
              {network->weights()}),
          [network](Sample& sample) {
            require_frames(sample.video(), 2);
            return vbench_consistency(vbench_frames_of(sample, network));
          }};
}

Metric aesthetic_quality(Network network) {
  return {about_frames(
              {.id = "vbench/aesthetic-quality",
               .title = "Aesthetic quality (LAION, CLIP ViT-L/14)",
               .minimum = 0,
               .maximum = 1,
               .definition =
                   std::string(kMadeByVbench) +
                   "LAION's linear head on the unit embedding, divided by 10, averaged over the frames.",
               .failure_cases = "Judges pictures, not motion; prefers paintings and shallow focus.",
               .citation = "Huang et al., VBench, CVPR 2024, arXiv:2311.17982; LAION aesthetic predictor"},
              {network->weights(), network->head()}),
          [network](Sample& sample) {
            require_frames(sample.video(), 1);
            const auto scores = network->aesthetic_scores(vbench_frames_of(sample, network));
            return std::accumulate(scores.begin(), scores.end(), 0.0) / static_cast<double>(scores.size()) /
                   10;
          }};
}

}  // namespace vidbench::metrics
