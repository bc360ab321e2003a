// Between videos in memory and tensors. For the files of this folder that include libtorch.
#pragma once

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "media/video.h"
#include "metrics/compute.h"
#include "metrics/frame_embeddings.h"
#include "metrics/videos.h"
#include "nn/state_reader.h"

namespace vidbench::metrics {

// Throws Error(kInput) for a precision or a device that there is none of.
[[nodiscard]] nn::NetworkOptions network_options(const Compute& compute);

// The first `frames` frames, [T, H, W, 3] uint8, over the video's own memory.
inline at::Tensor frames_tensor(const media::Video& video, size_t frames) {
  if (video.pixels.empty()) throw_input("the video has no frames");
  const auto size = [](size_t n) { return static_cast<int64_t>(n); };
  return at::from_blob(const_cast<uint8_t*>(video.pixels.data()),
                       {size(frames), size(video.height), size(video.width), 3}, at::kByte);
}

// One frame, [1, 3, H, W] uint8, over the video's own memory.
inline at::Tensor picture_tensor(const media::Video& video, size_t frame) {
  return frames_tensor(video, video.frames)
      .select(0, static_cast<int64_t>(frame))
      .permute({2, 0, 1})
      .unsqueeze(0);
}

inline std::vector<float> numbers(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(at::kCPU, at::kFloat).contiguous();
  const float* data = flat.const_data_ptr<float>();
  return {data, data + flat.numel()};
}

// Pictures [T, 3, H, W] as a clip [1, 3, T, H, W].
inline at::Tensor as_clip(const at::Tensor& pictures) { return pictures.permute({1, 0, 2, 3}).unsqueeze(0); }

// What `prepare` makes of each video, [1, …] of one size, one behind the other.
template <typename Prepare>
at::Tensor clips_of(Videos videos, Prepare prepare) {
  std::vector<at::Tensor> clips;
  for (const media::Video* video : videos) clips.push_back(prepare(*video));
  return clips.size() == 1 ? clips.front() : at::cat(clips);
}

// Each row of [N, D].
inline std::vector<std::vector<float>> rows(const at::Tensor& tensor) {
  std::vector<std::vector<float>> result;
  for (const at::Tensor& row : tensor.unbind()) result.push_back(numbers(row));
  return result;
}

// One vector a frame: what `encode(first, count)` gives for at most `at_once` frames, [count, width], one
// below the other.
template <typename Encode>
FrameEmbeddings embed_by_parts(size_t frames, size_t at_once, int64_t width, Encode encode) {
  FrameEmbeddings result{static_cast<size_t>(width), {}};
  for (size_t first = 0; first < frames; first += at_once) {
    const std::vector<float> part = numbers(encode(first, std::min(at_once, frames - first)));
    result.values.insert(result.values.end(), part.begin(), part.end());
  }
  return result;
}

// What `load` returns; what it throws about a file of weights is about this machine, not about the video that
// was being measured.
template <typename Load>
auto load_weights(Load load) {
  try {
    return load();
  } catch (const Error& e) {
    if (e.code() != ErrorCode::kInput) throw;
    throw_environment(e.what(), e.hint());
  }
}

}  // namespace vidbench::metrics
