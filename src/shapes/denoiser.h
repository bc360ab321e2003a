// The diffusion transformer of the shapes world: predicts the clean video from a noisy one and a caption.
// Rectified flow (Liu et al. 2022, arXiv:2209.03003): x_t = (1 - t) x + t eps. Blocks with adaptive layer
// norm as in DiT (Peebles & Xie 2022, arXiv:2212.09748); caption words are extra keys and values of each
// self-attention.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "shapes/parameters.h"
#include "shapes/renderer.h"

namespace vidbench::shapes {

inline constexpr int64_t kPatchFrames = 2;
inline constexpr int64_t kPatchSide = 8;
inline constexpr int64_t kPatches = (kFrames / kPatchFrames) * (kSide / kPatchSide) * (kSide / kPatchSide);
inline constexpr int64_t kPatchValues = kPatchFrames * kPatchSide * kPatchSide * 3;

struct DenoiserConfig {
  int64_t width = 160;
  int64_t depth = 6;
  int64_t heads = 5;
  int64_t text_width = 48;
  [[nodiscard]] Json json() const;
};

class Denoiser {
 public:
  // Freshly initialised from at's global generator. Throws Error(kInput) unless `heads` divides `width`.
  explicit Denoiser(const DenoiserConfig& config);

  // noisy [B, kPatches, kPatchValues] float, t [B] float in (0, 1], tokens [B, kMaxTokens] int64
  // -> clean video [B, kPatches, kPatchValues] float; pixel value v in 0..255 is v/127.5 - 1.
  [[nodiscard]] at::Tensor predict(const at::Tensor& noisy, const at::Tensor& t,
                                   const at::Tensor& tokens) const;

  [[nodiscard]] const DenoiserConfig& config() const { return config_; }
  [[nodiscard]] Parameters& parameters() { return parameters_; }
  [[nodiscard]] const Parameters& parameters() const { return parameters_; }
  void to(const at::Device& device) { parameters_.to(at::kFloat, device); }
  // For inference: matrices and what they are multiplied with in bfloat16, everything between in float.
  void use_bf16() { parameters_.matrices_to_bf16(); }

 private:
  [[nodiscard]] at::Tensor condition(const at::Tensor& t, const at::Tensor& words) const;
  [[nodiscard]] at::Tensor attention(const std::string& block, const at::Tensor& x,
                                     const at::Tensor& text) const;

  DenoiserConfig config_;
  Parameters parameters_;
};

// Videos of the world's format -> [N, kPatches, kPatchValues] float in -1..1, and back (rounded, clamped).
[[nodiscard]] at::Tensor patches_of(std::span<const Video> videos);
[[nodiscard]] std::vector<Video> videos_of(const at::Tensor& patches);
// [N, kMaxTokens] int64.
[[nodiscard]] at::Tensor tokens_of(std::span<const std::string> captions);

}  // namespace vidbench::shapes
