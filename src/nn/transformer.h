// The parts that vision and text transformers share (Vaswani et al. 2017; pre-norm as in ViT, Dosovitskiy et
// al. 2021), for inference.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

#include "nn/state_reader.h"

namespace vidbench::nn {

// y = x · weightᵀ + bias, over the last axis.
struct Linear {
  at::Tensor weight, bias;  // [out, in]; [out] or undefined
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const;
};

struct LayerNorm {
  at::Tensor weight, bias;  // [width]
  double epsilon = 1e-5;
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const;
};

enum class Activation {
  kGelu,       // x · Φ(x), exact
  kQuickGelu,  // x · sigmoid(1.702 x), as CLIP was trained
};

// x + attention(norm1(x)), then x + mlp(norm2(x)). `scale1` and `scale2`, where defined, multiply what is
// added (LayerScale, Touvron et al. 2021).
struct EncoderBlock {
  LayerNorm norm1, norm2;
  Linear qkv, out;  // qkv [3 · width, width]: queries, keys, values
  Linear fc1, fc2;
  at::Tensor scale1, scale2;  // [width]
  int64_t heads = 1;
  Activation activation = Activation::kGelu;

  // x [N, L, width] -> the same. `causal`: each position sees itself and those before.
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x, bool causal = false) const;
};

// "<name>.weight" and "<name>.bias"; with in or out -1 of any extent. Throw as StateReader does.
[[nodiscard]] Linear read_linear(const StateReader& state, const std::string& name, int64_t in, int64_t out);
[[nodiscard]] LayerNorm read_layer_norm(const StateReader& state, const std::string& name, int64_t width,
                                        double epsilon);
// "<prefix>0.norm1.weight", "<prefix>0.attn.qkv.weight", "<prefix>0.mlp.fc1.weight", …, at least one, as timm
// names the blocks of vision transformers. Attention has one bias, "attn.qkv.bias", or one of the queries and
// one of the values ("attn.q_bias", "attn.v_bias"); "ls1.gamma" and "ls2.gamma" may be there. `width` is a
// multiple of `head_width`.
[[nodiscard]] std::vector<EncoderBlock> read_vit_blocks(const StateReader& state, const std::string& prefix,
                                                        int64_t width, int64_t head_width, double epsilon);

}  // namespace vidbench::nn
