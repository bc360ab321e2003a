// Runs one network of src/nn on given tensors, for the parity tests (tests/parity): each computes the same
// with the reference implementation and compares.
//
//   nn_probe NETWORK WEIGHTS INPUTS.safetensors OUTPUTS.safetensors [float|bfloat16]
#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <string>

#include "media/resample.h"
#include "nn/amt.h"
#include "nn/c3d.h"
#include "nn/clip.h"
#include "nn/dino.h"
#include "nn/i3d.h"
#include "nn/inception.h"
#include "nn/lpips.h"
#include "nn/musiq.h"
#include "nn/raft.h"
#include "nn/safetensors.h"
#include "nn/sampling.h"
#include "nn/viclip.h"
#include "nn/videomae.h"
#include "nn/vjepa.h"
#include "text/clip_tokenizer.h"

namespace vidbench::nn {
namespace {

using Tensors = std::map<std::string, at::Tensor>;

struct Call {
  std::filesystem::path weights;
  at::ScalarType type = at::kFloat;
  Tensors in;
};

// Flows between pictures of any size, through the padding.
Tensors raft_pairs(const Call& call, const RaftOptions& options) {
  const at::Tensor &first = call.in.at("first"), &second = call.in.at("second");
  const ReplicationPadding padding(first.size(2), first.size(3), Raft::kScale);
  const at::Tensor flow = Raft(call.weights, options).flow(padding.pad(first), padding.pad(second));
  return {{"flow", flow}, {"cropped", padding.crop(flow).contiguous()}};
}
// Flows between neighbours of pictures, and back if `backward` is given.
Tensors raft_sequence(const Call& call) {
  const at::Tensor& frames = call.in.at("frames");
  const bool backward = call.in.contains("backward");
  const ReplicationPadding padding(frames.size(2), frames.size(3), Raft::kScale);
  Raft network(call.weights, {.type = call.type});
  FlowSequence sequence(network, backward);
  std::vector<at::Tensor> forth, back;
  for (int64_t i = 0; i < frames.size(0); ++i) {
    const auto flows = sequence.next(padding.pad(frames.narrow(0, i, 1)));
    if (!flows) continue;
    forth.push_back(flows->forward);
    if (backward) back.push_back(flows->backward);
  }
  Tensors result = {{"forward", at::cat(forth)}};
  if (backward) result["backward"] = at::cat(back);
  return result;
}

// The frames between pairs of pictures of any size, through the padding, and what they are made of.
Tensors amt(const Call& call) {
  const at::Tensor &first = call.in.at("first"), &second = call.in.at("second");
  const ReplicationPadding padding(first.size(2), first.size(3), Amt::kScale);
  Amt network(call.weights, {.type = call.type});
  std::vector<at::Tensor> pictures, flows, masks, residuals;
  for (int64_t i = 0; i < first.size(0); ++i) {
    const at::Tensor a = padding.pad(first.narrow(0, i, 1)), b = padding.pad(second.narrow(0, i, 1));
    pictures.push_back(padding.crop(network.middle(a, b)));
    const Amt::Estimate estimate = network.estimate(a, b);
    flows.push_back(estimate.flows.unsqueeze(0));
    masks.push_back(estimate.mask);
    residuals.push_back(estimate.residual);
  }
  return {{"pictures", at::cat(pictures)},
          {"flows", at::cat(flows)},
          {"masks", at::cat(masks)},
          {"residuals", at::cat(residuals)}};
}

const std::map<std::string, std::function<Tensors(const Call&)>>& networks() {
  static const std::map<std::string, std::function<Tensors(const Call&)>> table = {
      {"clip",
       [](const Call& call) -> Tensors {
         const Clip clip(call.weights, {.type = call.type});
         return {{"images", clip.encode_images(call.in.at("pictures"))},
                 {"texts", clip.encode_texts(call.in.at("tokens"))}};
       }},
      {"clip-tokens",  // text [bytes], each text behind the one before, ended by 0
       [](const Call& call) -> Tensors {
         const text::ClipTokenizer tokenizer(call.weights);
         const at::Tensor bytes = call.in.at("text").to(at::kByte);
         std::vector<int64_t> tokens;
         std::string one;
         for (int64_t i = 0; i < bytes.numel(); ++i) {
           const auto byte = static_cast<char>(bytes.data_ptr<uint8_t>()[i]);
           if (byte != 0) {
             one += byte;
             continue;
           }
           const std::vector<int64_t> context = tokenizer.context(one, 77);
           tokens.insert(tokens.end(), context.begin(), context.end());
           one.clear();
         }
         return {{"tokens", at::tensor(tokens).view({-1, 77})}};
       }},
      {"resample",  // frame [H, W, 3], size [height, width], bicubic [1]
       [](const Call& call) -> Tensors {
         const at::Tensor frame = call.in.at("frame").to(at::kByte).contiguous();
         const at::Tensor size = call.in.at("size");
         const auto extent = [](int64_t n) { return static_cast<size_t>(n); };
         const auto height = size[0].item<int64_t>();
         const auto width = size[1].item<int64_t>();
         const bool bicubic = call.in.at("bicubic").item<int64_t>() != 0;
         const std::vector<uint8_t> made = media::resample(
             {frame.data_ptr<uint8_t>(), extent(frame.numel())}, extent(frame.size(0)), extent(frame.size(1)),
             extent(height), extent(width), bicubic ? media::Filter::kBicubic : media::Filter::kBilinear);
         return {{"frame", at::tensor(at::ArrayRef<uint8_t>(made)).to(at::kFloat).view({height, width, 3})}};
       }},
      {"dino",
       [](const Call& call) -> Tensors {
         return {{"features", Dino(call.weights, {.type = call.type}).encode(call.in.at("pictures"))}};
       }},
      {"musiq",
       [](const Call& call) -> Tensors {
         const double quality = Musiq(call.weights, {.type = call.type}).quality(call.in.at("picture"));
         return {{"quality", at::tensor({quality}, at::kFloat)}};
       }},
      {"viclip",
       [](const Call& call) -> Tensors {
         const ViClip network(call.weights, {.type = call.type});
         return {{"videos", network.encode_videos(call.in.at("clips"))},
                 {"texts", network.encode_texts(call.in.at("tokens"))}};
       }},
      {"videomae",
       [](const Call& call) -> Tensors {
         const VideoMae network(call.weights, kVideoMaeGiant, {.type = call.type});
         return {{"features", network.features(call.in.at("clips"))}};
       }},
      {"umt",
       [](const Call& call) -> Tensors {
         const VideoMae network(call.weights, kUmtLarge, {.type = call.type});
         return {{"logits", network.logits(call.in.at("clips"))}};
       }},
      {"opencv-bilinear",  // frame [H, W, 3], size [height, width]
       [](const Call& call) -> Tensors {
         const at::Tensor frame = call.in.at("frame").to(at::kByte).contiguous();
         const auto height = call.in.at("size")[0].item<int64_t>();
         const auto width = call.in.at("size")[1].item<int64_t>();
         const auto extent = [](int64_t n) { return static_cast<size_t>(n); };
         const std::vector<uint8_t> made =
             media::opencv_bilinear({frame.data_ptr<uint8_t>(), extent(frame.numel())}, extent(frame.size(0)),
                                    extent(frame.size(1)), extent(height), extent(width));
         return {{"frame", at::tensor(at::ArrayRef<uint8_t>(made)).to(at::kFloat).view({height, width, 3})}};
       }},
      {"vjepa",  // a folder with both official files
       [](const Call& call) -> Tensors {
         const VJepa network(call.weights / "vith16.pth.tar", call.weights / "ssv2-probe.pth.tar",
                             {.type = call.type});
         return {{"features", network.features(call.in.at("clips"))}};
       }},
      {"c3d",  // a folder with both official files
       [](const Call& call) -> Tensors {
         C3d network(call.weights / "conv3d_deepnetA_ucf.npz", call.weights / "mean2.npz",
                     {.type = call.type});
         return {{"logits", network.logits(call.in.at("clips"))}};
       }},
      {"c3d-clip",
       [](const Call& call) -> Tensors {
         return {{"clip", c3d_clip(call.in.at("frames").to(at::kByte)).contiguous()}};
       }},
      {"i3d",
       [](const Call& call) -> Tensors {
         return {{"logits", I3d(call.weights, {.type = call.type}).logits(call.in.at("clips"))}};
       }},
      {"i3d-clip",
       [](const Call& call) -> Tensors {
         return {{"clip", i3d_clip(call.in.at("frames").to(at::kByte)).contiguous()}};
       }},
      {"inception",
       [](const Call& call) -> Tensors {
         const auto [pool, logits] = Inception(call.weights, {.type = call.type})(call.in.at("pictures"));
         return {{"pool", pool}, {"logits_unbiased", logits}};
       }},
      {"inception-pictures",
       [](const Call& call) -> Tensors {
         return {{"pictures", inception_pictures(call.in.at("frames").to(at::kByte)).contiguous()}};
       }},
      {"raft", [](const Call& call) { return raft_pairs(call, {.type = call.type}); }},
      // Too little memory for the correlation of any pair.
      {"raft-blocks", [](const Call& call) { return raft_pairs(call, {.correlation_bytes = 100'000}); }},
      {"raft-sequence", raft_sequence},
      {"amt", amt},
      {"lpips",
       [](const Call& call) -> Tensors {
         Lpips network(call.weights / "alexnet-owt-7be5be79.pth", call.weights / "alex.pth",
                       {.type = call.type});
         return {{"distances", network(call.in.at("a"), call.in.at("b"))}};
       }},
  };
  return table;
}

int run(const std::vector<std::string>& arguments) {
  const c10::InferenceMode inference;
  Call call{arguments.at(1), at::kFloat, load_safetensors(arguments.at(2)).tensors};
  if (arguments.size() > 4 && arguments[4] == "bfloat16") call.type = at::kBFloat16;
  save_safetensors(arguments.at(3), {networks().at(arguments.at(0))(call), {}});
  return 0;
}

}  // namespace
}  // namespace vidbench::nn

int main(int argc, char** argv) {
  try {
    return vidbench::nn::run({argv + 1, argv + argc});
  } catch (const std::exception& e) {
    std::cerr << "nn_probe: " << e.what() << "\n";
    return 1;
  }
}
