#include "nn/transformer.h"

#include <ATen/ATen.h>

#include "base/error.h"

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

void StateReader::refuse(const std::string& name) const {
  throw_input(path_.string() + ": tensor '" + name + "' has another shape than " + network_ + "'s",
              "the file belongs to another network");
}

at::Tensor StateReader::tensor(const std::string& name, at::IntArrayRef shape) const {
  const at::Tensor found = require_float(file_, name, path_);
  bool fits = found.dim() == static_cast<int64_t>(shape.size());
  for (int64_t d = 0; fits && d < found.dim(); ++d) {
    const int64_t wanted = shape[static_cast<size_t>(d)];
    fits = found.size(d) > 0 && (wanted == -1 || wanted == found.size(d));
  }
  if (!fits) refuse(name);
  return found.to(device_, type_);
}

Linear StateReader::linear(const std::string& name, int64_t in, int64_t out, bool bias) const {
  Linear result{tensor(name + ".weight", {out, in}), {}};
  if (bias) result.bias = tensor(name + ".bias", {result.weight.size(0)});
  return result;
}

LayerNorm StateReader::layer_norm(const std::string& name, int64_t width, double epsilon) const {
  return {tensor(name + ".weight", {width}), tensor(name + ".bias", {width}), epsilon};
}

int64_t StateReader::count(const std::string& prefix, const std::string& suffix) const {
  int64_t found = 0;
  while (has(prefix + std::to_string(found) + suffix)) ++found;
  return found;
}

}  // namespace vidbench::nn
