#include "shapes/parameters.h"

#include <ATen/ATen.h>

#include <cmath>

#include "base/error.h"

namespace vidbench::shapes {
namespace {

constexpr int64_t kManyRows = 256;  // fewer rows gain nothing from bfloat16

}  // namespace

void Parameters::add(const std::string& name, const at::Tensor& value) {
  tensors_[name] = value.detach().clone().requires_grad_(true);
}

void Parameters::add_normal(const std::string& name, const std::vector<int64_t>& shape, double deviation) {
  add(name, deviation == 0 ? at::zeros(shape) : at::randn(shape) * deviation);
}

void Parameters::add_constant(const std::string& name, const std::vector<int64_t>& shape, double value) {
  add(name, at::full(shape, value));
}

void Parameters::add_linear(const std::string& name, int64_t in, int64_t out, double gain) {
  add_normal(name + ".w", {in, out}, gain / std::sqrt(static_cast<double>(in)));
  add_normal(name + ".b", {out}, 0);
}

const at::Tensor& Parameters::get(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) throw Error(ErrorCode::kInternal, "the network has no tensor '" + name + "'");
  return found->second;
}

at::Tensor Parameters::linear(const std::string& name, const at::Tensor& x) const {
  const at::Tensor& weight = get(name + ".w");
  at::Tensor flat = x.reshape({-1, weight.size(0)});
  const int64_t rows = flat.size(0);
  auto shape = x.sizes().vec();
  shape.back() = weight.size(1);
  // One row would go to a matrix-vector kernel, whose sums round in another way: a sample's bytes would
  // depend on whether it is alone in its batch.
  if (rows == 1) flat = flat.expand({2, -1});
  const at::Tensor& bias = get(name + ".b");
  const bool bf16 = weight.scalar_type() == at::kBFloat16 || (bf16_products_ && rows >= kManyRows);
  const at::Tensor product =
      bf16 ? at::mm(flat.to(at::kBFloat16), weight.to(at::kBFloat16)).to(at::kFloat) + bias
           : at::addmm(bias, flat, weight);
  return product.narrow(0, 0, rows).view(shape);
}

int64_t Parameters::count() const {
  int64_t numbers = 0;
  for (const auto& [name, tensor] : tensors_) numbers += tensor.numel();
  return numbers;
}

Parameters Parameters::copy(bool trainable) const {
  Parameters result;
  for (const auto& [name, tensor] : tensors_) {
    result.tensors_[name] = tensor.detach().clone().requires_grad_(trainable);
  }
  return result;
}

void Parameters::to(at::ScalarType type, const at::Device& device) {
  for (auto& [name, tensor] : tensors_) {
    tensor = tensor.detach().to(device, type).requires_grad_(tensor.requires_grad());
  }
}

void Parameters::matrices_to_bf16() {
  for (auto& [name, tensor] : tensors_) {
    if (name.ends_with(".w")) tensor = tensor.detach().to(at::kBFloat16);
  }
}

void Parameters::assign(const std::map<std::string, at::Tensor>& source, const std::string& prefix,
                        const std::filesystem::path& path) {
  for (auto& [name, tensor] : tensors_) {
    const auto found = source.find(prefix + name);
    if (found == source.end()) {
      throw_input(path.string() + ": no tensor '" + prefix + name + "'",
                  "the file belongs to another network");
    }
    if (found->second.sizes() != tensor.sizes()) {
      throw_input(path.string() + ": tensor '" + prefix + name + "' has another shape than the network needs",
                  "the file belongs to another network");
    }
    tensor = found->second.to(tensor.device(), tensor.scalar_type(), false, true)
                 .requires_grad_(tensor.requires_grad());
  }
}

}  // namespace vidbench::shapes
