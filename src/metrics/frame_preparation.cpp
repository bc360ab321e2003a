#include "metrics/frame_preparation.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "media/resample.h"
#include "media/sample.h"
#include "metrics/tensors.h"

namespace vidbench::metrics {
namespace {

struct Extent {
  size_t height = 0, width = 0;
};

// The shorter side to `side`; the longer one is cut to whole pixels, as torchvision's Resize does.
Extent shorter_to(const media::Video& video, size_t side) {
  const size_t shorter = std::min(video.height, video.width);
  return {side * video.height / shorter, side * video.width / shorter};
}

// Where torchvision's CenterCrop begins: half the rest, rounded to even.
size_t crop_offset(size_t extent, size_t side) {
  return static_cast<size_t>(std::lrint(static_cast<double>(extent - side) / 2));
}

// [count, 3, H, W].
at::Tensor as_floats(const media::Video& video, size_t first, size_t count) {
  const at::Tensor frames =
      frames_tensor(video, first + count).narrow(0, static_cast<int64_t>(first), static_cast<int64_t>(count));
  return frames.permute({0, 3, 1, 2}).to(at::kFloat);
}

// The centre of the bytes [extent, 3] that `resized(t)` gives for each frame -> [frames, 3, side, side] in
// 0..1.
template <typename Resized>
at::Tensor cropped(const std::vector<size_t>& frames, const Extent& extent, size_t side, Resized resized) {
  const auto size = [](size_t n) { return static_cast<int64_t>(n); };
  const int64_t top = size(crop_offset(extent.height, side));
  const int64_t left = size(crop_offset(extent.width, side));
  at::Tensor pictures = at::empty({size(frames.size()), size(side), size(side), 3}, at::kByte);
  for (size_t i = 0; i < frames.size(); ++i) {
    std::vector<uint8_t> bytes = resized(frames[i]);
    const at::Tensor frame =
        at::from_blob(bytes.data(), {size(extent.height), size(extent.width), 3}, at::kByte);
    pictures[size(i)].copy_(frame.narrow(0, top, size(side)).narrow(1, left, size(side)));
  }
  return pictures.permute({0, 3, 1, 2}).to(at::kFloat, false, true, at::MemoryFormat::Contiguous).div_(255);
}

at::Tensor normalised(const at::Tensor& pictures, const std::array<float, 3>& mean,
                      const std::array<float, 3>& deviation) {
  const auto row = [](const std::array<float, 3>& values) {
    return at::tensor(at::ArrayRef<float>(values)).view({3, 1, 1});
  };
  return pictures.sub_(row(mean)).div_(row(deviation));
}

}  // namespace

at::Tensor square_pictures(const media::Video& video, size_t first, size_t count, size_t side,
                           Preparation preparation) {
  const Extent extent = shorter_to(video, side);
  const size_t top = crop_offset(extent.height, side);
  const size_t left = crop_offset(extent.width, side);
  const auto size = [](size_t n) { return static_cast<int64_t>(n); };
  if (preparation != Preparation::kPillow) {
    at::Tensor resized = at::upsample_bicubic2d(
        as_floats(video, first, count), {size(extent.height), size(extent.width)}, /*align_corners=*/false);
    if (preparation == Preparation::kRounded) resized = resized.clamp_(0, 255).round_();
    return resized.narrow(2, size(top), size(side)).narrow(3, size(left), size(side)).div(255);
  }
  std::vector<size_t> frames(count);
  std::iota(frames.begin(), frames.end(), first);
  return cropped(frames, extent, side, [&](size_t t) {
    return media::resample(video.frame(t), video.height, video.width, extent.height, extent.width,
                           media::Filter::kBicubic);
  });
}

at::Tensor middle_square_pictures(const media::Video& video, size_t count, size_t side,
                                  Preparation preparation) {
  std::vector<at::Tensor> pictures;
  for (const size_t t : media::sample_indices(video.frames, {media::SamplePolicy::Kind::kMiddle, count}))
    pictures.push_back(square_pictures(video, t, 1, side, preparation));
  return at::cat(pictures);
}

at::Tensor middle_opencv_pictures(const media::Video& video, size_t count, size_t shorter, size_t side) {
  const Extent extent = shorter_to(video, shorter);
  return cropped(media::sample_indices(video.frames, {media::SamplePolicy::Kind::kMiddle, count}), extent,
                 side, [&](size_t t) {
                   return media::opencv_bilinear(video.frame(t), video.height, video.width, extent.height,
                                                 extent.width);
                 });
}

at::Tensor shorter_side_pictures(const media::Video& video, size_t first, size_t count, size_t side) {
  const Extent extent = shorter_to(video, side);
  return at::upsample_bilinear2d(as_floats(video, first, count),
                                 {static_cast<int64_t>(extent.height), static_cast<int64_t>(extent.width)},
                                 /*align_corners=*/false)
      .div_(255);
}

at::Tensor limited_picture(const media::Video& video, size_t t, size_t longest) {
  at::Tensor picture = as_floats(video, t, 1);
  const size_t longer = std::max(video.height, video.width);
  if (longer > longest) {
    const double scale = static_cast<double>(longest) / static_cast<double>(longer);
    const auto extent = [&](size_t side) {
      return std::max<int64_t>(static_cast<int64_t>(scale * static_cast<double>(side)), 1);
    };
    picture = at::upsample_bilinear2d(picture, {extent(video.height), extent(video.width)},
                                      /*align_corners=*/false);
  }
  return picture[0].div(255);
}

at::Tensor stretched_pictures(const media::Video& video, size_t first, size_t count, size_t side) {
  const auto extent = static_cast<int64_t>(side);
  return at::_upsample_bilinear2d_aa(as_floats(video, first, count), {extent, extent},
                                     /*align_corners=*/false)
      .div_(255);
}

at::Tensor cdfvd_frames(const media::Video& video, size_t count) {
  constexpr int64_t kSide = 256;
  const double scale = static_cast<double>(kSide) / static_cast<double>(std::min(video.height, video.width));
  const auto longer = [&](size_t side) {
    return static_cast<int64_t>(std::ceil(static_cast<double>(side) * scale));
  };
  const int64_t height = video.height < video.width ? kSide : longer(video.height);
  const int64_t width = video.height < video.width ? longer(video.width) : kSide;
  const at::Tensor resized =
      at::_upsample_bilinear2d_aa(as_floats(video, 0, count).div_(255), {height, width},
                                  /*align_corners=*/false);
  return resized.narrow(2, (height - kSide) / 2, kSide)
      .narrow(3, (width - kSide) / 2, kSide)
      .mul(255)
      .to(at::kByte)
      .permute({0, 2, 3, 1});
}

at::Tensor normalised_for_clip(const at::Tensor& pictures) {
  return normalised(pictures, {0.48145466F, 0.4578275F, 0.40821073F},
                    {0.26862954F, 0.26130258F, 0.27577711F});
}

at::Tensor normalised_for_imagenet(const at::Tensor& pictures) {
  return normalised(pictures, {0.485F, 0.456F, 0.406F}, {0.229F, 0.224F, 0.225F});
}

}  // namespace vidbench::metrics
