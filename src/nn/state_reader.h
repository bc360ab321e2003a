// The tensors of a state dict as one network expects them.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <initializer_list>
#include <string>

#include "nn/safetensors.h"

namespace vidbench::nn {

struct NetworkOptions {
  at::ScalarType type = at::kFloat;  // kFloat, kBFloat16 or (CUDA) kHalf
  at::Device device = at::kCPU;
};

class StateReader {
 public:
  // `owner` says in errors whose shapes are expected: "CLIP's". File and path are kept by reference.
  StateReader(const TensorFile& file, const std::filesystem::path& path, std::string owner,
              const NetworkOptions& options, std::string hint = "the file belongs to another network")
      : file_(file), path_(path), owner_(std::move(owner)), hint_(std::move(hint)), options_(options) {}

  [[nodiscard]] bool has(const std::string& name) const { return file_.tensors.contains(name); }
  // These two throw Error(kInput) naming file and key for a tensor that is not there or has another shape; -1
  // in `shape` stands for any extent. In float on the CPU, to be worked on:
  [[nodiscard]] at::Tensor float_tensor(const std::string& name, at::IntArrayRef shape) const;
  // As the network's type, on its device:
  [[nodiscard]] at::Tensor tensor(const std::string& name, at::IntArrayRef shape) const;
  // The first of `prefixes` behind which there is a tensor `name`; "" when there is none.
  [[nodiscard]] std::string prefix_of(const std::string& name,
                                      std::initializer_list<const char*> prefixes) const;
  // How many of "<prefix>0<suffix>", "<prefix>1<suffix>", … there are.
  [[nodiscard]] int64_t count(const std::string& prefix, const std::string& suffix) const;
  [[nodiscard]] const NetworkOptions& options() const { return options_; }
  [[noreturn]] void refuse(const std::string& name) const;

 private:
  const TensorFile& file_;
  const std::filesystem::path& path_;
  std::string owner_, hint_;
  NetworkOptions options_;
};

}  // namespace vidbench::nn
