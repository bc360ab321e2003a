// The parts that vision and text transformers share (Vaswani et al. 2017; pre-norm as in ViT, Dosovitskiy et
// al. 2021), for inference.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <optional>
#include <string>

#include "nn/safetensors.h"

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

// Takes tensors out of a state dict as one network expects them.
class StateReader {
 public:
  // `network` names it in errors. All are kept by reference.
  StateReader(const TensorFile& file, const std::filesystem::path& path, std::string network,
              at::ScalarType type, at::Device device)
      : file_(file), path_(path), network_(std::move(network)), type_(type), device_(device) {}

  [[nodiscard]] bool has(const std::string& name) const { return file_.tensors.contains(name); }
  // As the network's type, on its device. Throw Error(kInput) naming file and key for one that is not there
  // or has another shape; -1 in `shape` stands for any extent.
  [[nodiscard]] at::Tensor tensor(const std::string& name, at::IntArrayRef shape) const;
  // "<name>.weight" and "<name>.bias"; with in or out -1 of any extent.
  [[nodiscard]] Linear linear(const std::string& name, int64_t in, int64_t out, bool bias = true) const;
  [[nodiscard]] LayerNorm layer_norm(const std::string& name, int64_t width, double epsilon) const;
  // How many of "<prefix>0<suffix>", "<prefix>1<suffix>", … there are.
  [[nodiscard]] int64_t count(const std::string& prefix, const std::string& suffix) const;
  [[nodiscard]] at::ScalarType type() const { return type_; }
  [[nodiscard]] at::Device device() const { return device_; }
  [[noreturn]] void refuse(const std::string& name) const;

 private:
  const TensorFile& file_;
  const std::filesystem::path& path_;
  std::string network_;
  at::ScalarType type_;
  at::Device device_;
};

}  // namespace vidbench::nn
