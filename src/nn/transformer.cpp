#include "nn/transformer.h"

#include <ATen/ATen.h>

namespace vidbench::nn {
namespace {

at::Tensor attention(const at::Tensor& qkv, int64_t heads, bool causal) {
  const int64_t batch = qkv.size(0);
  const int64_t length = qkv.size(1);
  const int64_t width = qkv.size(2) / 3;
  const at::Tensor split = qkv.view({batch, length, 3, heads, width / heads}).permute({2, 0, 3, 1, 4});
  const at::Tensor mixed =
      at::scaled_dot_product_attention(split[0], split[1], split[2], std::nullopt, 0.0, causal);
  return mixed.transpose(1, 2).reshape({batch, length, width});
}

at::Tensor activated(at::Tensor x, Activation activation) {
  if (activation == Activation::kGelu) return at::gelu(x);
  return x.mul_(at::sigmoid(x * 1.702));
}

}  // namespace

at::Tensor Linear::operator()(const at::Tensor& x) const {
  return at::linear(x, weight, bias.defined() ? std::optional(bias) : std::nullopt);
}

at::Tensor LayerNorm::operator()(const at::Tensor& x) const {
  return at::layer_norm(x, {x.size(-1)}, weight, bias, epsilon);
}

at::Tensor EncoderBlock::operator()(const at::Tensor& x, bool causal) const {
  at::Tensor added = out(attention(qkv(norm1(x)), heads, causal));
  if (scale1.defined()) added.mul_(scale1);
  const at::Tensor y = added.add_(x);
  at::Tensor more = fc2(activated(fc1(norm2(y)), activation));
  if (scale2.defined()) more.mul_(scale2);
  return more.add_(y);
}

Linear read_linear(const StateReader& state, const std::string& name, int64_t in, int64_t out) {
  const at::Tensor weight = state.tensor(name + ".weight", {out, in});
  return {weight, state.tensor(name + ".bias", {weight.size(0)})};
}

LayerNorm read_layer_norm(const StateReader& state, const std::string& name, int64_t width, double epsilon) {
  return {state.tensor(name + ".weight", {width}), state.tensor(name + ".bias", {width}), epsilon};
}

}  // namespace vidbench::nn
