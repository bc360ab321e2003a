// CLIP's text transformer, and the layers that its vision transformers share with it.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "nn/transformer.h"

namespace vidbench::nn {

inline constexpr double kClipEpsilon = 1e-5;  // of its layer norms

// "<prefix>0.ln_1.weight", "<prefix>0.attn.in_proj_weight", …: as many as there are, with heads 64 wide.
[[nodiscard]] std::vector<EncoderBlock> read_clip_blocks(const StateReader& state, const std::string& prefix,
                                                         int64_t width);

// Const after construction and then usable by several threads.
class ClipText {
 public:
  ClipText() = default;
  // Reads "<prefix>token_embedding.weight", … in OpenAI's layout; embeddings have `dimensions` numbers.
  ClipText(const StateReader& state, const std::string& prefix, int64_t dimensions);

  [[nodiscard]] int64_t context_length() const { return positions_.size(0); }
  // tokens [N, context] int64, filled up with 0 behind the end token -> [N, dimensions] float on the CPU, of
  // any length. The text's embedding is taken at the largest token, which is the end token.
  [[nodiscard]] at::Tensor encode(const at::Tensor& tokens) const;

 private:
  at::Tensor words_, positions_, projection_;  // [vocabulary, width], [context, width], [width, dimensions]
  LayerNorm norm_;
  std::vector<EncoderBlock> blocks_;
};

}  // namespace vidbench::nn
