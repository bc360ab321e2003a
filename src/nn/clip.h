// CLIP (Radford et al. 2021, arXiv:2103.00020): vision and text transformers with one embedding space, as
// github.com/openai/CLIP and Hugging Face's transformers define them.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <span>
#include <vector>

#include "nn/clip_text.h"

namespace vidbench::nn {

// The ViT variants: ViT-B/32, ViT-B/16, ViT-L/14. Const after construction and then usable by several
// threads.
class Clip {
 public:
  // Reads OpenAI's files (ViT-B-32.pt, TorchScript or state dict: "visual.conv1.weight", …) and Hugging
  // Face's (model.safetensors, pytorch_model.bin: "vision_model.embeddings.patch_embedding.weight", …).
  // Throws Error(kInput) naming file and key for another network.
  explicit Clip(const std::filesystem::path& weights, const NetworkOptions& options = {});

  [[nodiscard]] int64_t side() const { return side_; }                             // pixels: 224
  [[nodiscard]] int64_t context_length() const { return text_.context_length(); }  // tokens: 77
  [[nodiscard]] int64_t dimensions() const { return dimensions_; }  // of the embedding: 512, 768
  // pictures [N, 3, side, side], normalised with CLIP's mean and deviation -> [N, dimensions] float on the
  // CPU, of any length.
  [[nodiscard]] at::Tensor encode_images(const at::Tensor& pictures) const;
  // As ClipText::encode.
  [[nodiscard]] at::Tensor encode_texts(const at::Tensor& tokens) const { return text_.encode(tokens); }

 private:
  void read_vision(const StateReader& state);

  NetworkOptions options_;
  int64_t side_ = 0, dimensions_ = 0;
  at::Tensor patches_, class_, positions_,
      projection_;  // [width, 3·p·p], [width], [1 + L, width], [width, d]
  int64_t patch_ = 0;
  LayerNorm before_, after_;
  std::vector<EncoderBlock> vision_;
  ClipText text_;
};

}  // namespace vidbench::nn
