// Between videos in memory and tensors. For the files of this folder that include libtorch.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "base/error.h"
#include "media/video.h"

namespace vidbench::metrics {

// The first `frames` frames, [T, H, W, 3] uint8, over the video's own memory.
inline at::Tensor frames_tensor(const media::Video& video, size_t frames) {
  if (video.pixels.empty()) throw_input("the video has no frames");
  const auto size = [](size_t n) { return static_cast<int64_t>(n); };
  return at::from_blob(const_cast<uint8_t*>(video.pixels.data()),
                       {size(frames), size(video.height), size(video.width), 3}, at::kByte);
}

inline std::vector<float> numbers(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(at::kCPU, at::kFloat).contiguous();
  const float* data = flat.const_data_ptr<float>();
  return {data, data + flat.numel()};
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
