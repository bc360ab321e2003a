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

at::Tensor activated(const at::Tensor& x, Activation activation) {
  if (activation == Activation::kGelu) return at::gelu(x);
  return x.mul_(at::sigmoid(x * 1.702));
}

// Queries, keys and values of a vision transformer's block.
Linear read_qkv(const StateReader& state, const std::string& name, int64_t width) {
  if (!state.has(name + "q_bias")) return read_linear(state, name + "qkv", width, 3 * width);
  const at::Tensor queries = state.tensor(name + "q_bias", {width});
  const at::Tensor values = state.tensor(name + "v_bias", {width});
  return {state.tensor(name + "qkv.weight", {3 * width, width}),
          at::cat({queries, at::zeros_like(queries), values})};
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

std::vector<EncoderBlock> read_vit_blocks(const StateReader& state, const std::string& prefix, int64_t width,
                                          int64_t head_width, double epsilon) {
  std::vector<EncoderBlock> blocks(static_cast<size_t>(state.count(prefix, ".norm1.weight")));
  if (blocks.empty()) (void)state.tensor(prefix + "0.norm1.weight", {width});
  for (size_t i = 0; i < blocks.size(); ++i) {
    const std::string name = prefix + std::to_string(i) + ".";
    EncoderBlock& block = blocks[i];
    block.norm1 = read_layer_norm(state, name + "norm1", width, epsilon);
    block.norm2 = read_layer_norm(state, name + "norm2", width, epsilon);
    block.qkv = read_qkv(state, name + "attn.", width);
    block.out = read_linear(state, name + "attn.proj", width, width);
    block.fc1 = read_linear(state, name + "mlp.fc1", width, -1);
    block.fc2 = read_linear(state, name + "mlp.fc2", block.fc1.weight.size(0), width);
    if (state.has(name + "ls1.gamma")) {
      block.scale1 = state.tensor(name + "ls1.gamma", {width});
      block.scale2 = state.tensor(name + "ls2.gamma", {width});
    }
    block.heads = width / head_width;
  }
  return blocks;
}

}  // namespace vidbench::nn
