// ViCLIP-L/14 (Wang et al., InternVid, ICLR 2024, arXiv:2307.06942), as github.com/OpenGVLab/InternVideo and
// VBench define it: CLIP for videos, whose tokens of all frames attend to each other.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <vector>

#include "nn/clip_text.h"

namespace vidbench::nn {

// Const after construction and then usable by several threads.
class ViClip {
 public:
  // Reads the official file (ViClip-InternVid-10M-FLT.pth: "model.vision_encoder.conv1.weight", …). Throws
  // Error(kInput) naming file and key for another network.
  explicit ViClip(const std::filesystem::path& weights, const NetworkOptions& options = {});

  [[nodiscard]] int64_t side() const { return side_; }                             // pixels: 224
  [[nodiscard]] int64_t frames() const { return times_.size(1); }                  // of a clip: 8
  [[nodiscard]] int64_t context_length() const { return text_.context_length(); }  // tokens: 32
  // clips [N, 3, frames, side, side], normalised with CLIP's mean and deviation -> [N, d] float on the CPU,
  // of any length.
  [[nodiscard]] at::Tensor encode_videos(const at::Tensor& clips) const;
  // As ClipText::encode.
  [[nodiscard]] at::Tensor encode_texts(const at::Tensor& tokens) const { return text_.encode(tokens); }

 private:
  NetworkOptions options_;
  int64_t side_ = 0, patch_ = 0;
  at::Tensor patches_, class_, positions_, times_, projection_;
  LayerNorm before_, after_;
  std::vector<EncoderBlock> blocks_;
  ClipText text_;
};

}  // namespace vidbench::nn
