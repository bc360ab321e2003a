// A network's weights as named tensors: initialisation, file round trip, casts.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace vidbench::shapes {

class Parameters {
 public:
  // Adds a trainable tensor of normal values with the given deviation (0 = zeros).
  void add_normal(const std::string& name, const std::vector<int64_t>& shape, double deviation);
  void add_constant(const std::string& name, const std::vector<int64_t>& shape, double value);
  void add(const std::string& name, const at::Tensor& value);
  // y = x W + b, W [in, out] as "<name>.w" with deviation gain/sqrt(in), b as "<name>.b" zero.
  void add_linear(const std::string& name, int64_t in, int64_t out, double gain = 1.0);

  // Throws Error(kInternal) for an unknown name.
  [[nodiscard]] const at::Tensor& get(const std::string& name) const;
  [[nodiscard]] at::Tensor linear(const std::string& name, const at::Tensor& x) const;
  // Large products of float layers are then computed in bfloat16 (training on processors with matrix units).
  void set_bf16_products(bool on) { bf16_products_ = on; }
  [[nodiscard]] const std::map<std::string, at::Tensor>& all() const { return tensors_; }
  [[nodiscard]] int64_t count() const;  // numbers, not tensors

  // Copies of the values with gradients switched on (training) or off.
  [[nodiscard]] Parameters copy(bool trainable) const;
  void to(at::ScalarType type, const at::Device& device);
  // For inference: the layers' matrices in bfloat16, which halves their memory; `linear` then multiplies in
  // bfloat16 and gives float.
  void matrices_to_bf16();
  // Fills every tensor from "<prefix><name>"; throws Error(kInput) for a missing one or another shape.
  void assign(const std::map<std::string, at::Tensor>& source, const std::string& prefix,
              const std::filesystem::path& path);

 private:
  std::map<std::string, at::Tensor> tensors_;
  bool bf16_products_ = false;
};

}  // namespace vidbench::shapes
