#include "shapes/video_trunk.h"

#include <ATen/ATen.h>

#include <cmath>

#include "base/error.h"
#include "shapes/scene.h"

namespace vidbench::shapes {
namespace {

constexpr int64_t kCells = int64_t{kSide / 8} * (kSide / 8);

void add_conv(Parameters& p, const std::string& name, int64_t in, int64_t out) {
  p.add_normal(name + ".w", {out, in, 3, 3}, std::sqrt(2.0 / static_cast<double>(in * 9)));
  p.add_normal(name + ".b", {out}, 0);
}

// 3x3, stride 2, ReLU.
at::Tensor conv(const Parameters& p, const std::string& name, const at::Tensor& x) {
  return at::relu(at::conv2d(x, p.get(name + ".w"), p.get(name + ".b"), 2, 1));
}

}  // namespace

void add_trunk(Parameters& p, int64_t width) {
  add_conv(p, "conv1", 3, width);
  add_conv(p, "conv2", width, 2 * width);
  add_conv(p, "conv3", 2 * width, 3 * width);
  p.add_linear("frame", 3 * width * kCells, kFrameFeatures);
  p.add_linear("video", kFrames * kFrameFeatures, kVideoFeatures);
}

at::Tensor trunk_frames(const Parameters& p, const at::Tensor& clips) {
  const at::Tensor frames = clips.flatten(0, 1);
  const at::Tensor maps = conv(p, "conv3", conv(p, "conv2", conv(p, "conv1", frames)));
  return p.linear("frame", maps.flatten(1)).view({clips.size(0), kFrames, kFrameFeatures});
}

at::Tensor trunk_video(const Parameters& p, const at::Tensor& frames) {
  return at::relu(p.linear("video", at::relu(frames).flatten(1)));
}

at::Tensor clips_of(const at::Tensor& videos) {
  if (videos.dim() != 5 || videos.size(4) != 3 || videos.scalar_type() != at::kByte || videos.numel() == 0) {
    throw_input("the evaluation networks need videos of [N,T,H,W,3] uint8");
  }
  const int64_t frames = videos.size(1);
  const at::Tensor chosen = at::linspace(0, static_cast<double>(frames - 1), kFrames, at::kDouble)
                                .round()
                                .to(at::kLong)
                                .to(videos.device());
  at::Tensor x = videos.index_select(1, chosen).permute({0, 1, 4, 2, 3}).to(at::kFloat).div(127.5).sub(1);
  if (x.size(3) != kSide || x.size(4) != kSide) {
    const auto n = x.size(0);
    x = at::_upsample_bilinear2d_aa(x.flatten(0, 1), {kSide, kSide}, false, std::nullopt, std::nullopt)
            .view({n, kFrames, 3, kSide, kSide});
  }
  return x.contiguous();
}

}  // namespace vidbench::shapes
