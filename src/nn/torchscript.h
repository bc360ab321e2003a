// A network that is published as a TorchScript program only. Such a file is a program: the caller must have
// made sure that it is the one that is meant (weights::Folder's evidence), or nothing here may see it.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>

namespace vidbench::nn {

class TorchScript {
 public:
  // Throws Error(kInput) naming the file when it is no TorchScript archive.
  explicit TorchScript(const std::filesystem::path& path);
  ~TorchScript();
  TorchScript(TorchScript&&) noexcept;

  // Its forward on `input` with these switches by name; the result must be one tensor: float, on the CPU.
  // Throws Error(kInput) naming the file when the program fails or takes no such switch.
  [[nodiscard]] at::Tensor operator()(const at::Tensor& input, const std::map<std::string, bool>& switches);

 private:
  struct Program;
  std::filesystem::path path_;
  std::unique_ptr<Program> program_;
};

}  // namespace vidbench::nn
