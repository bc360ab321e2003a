// Prompts as CLIP's text networks take them. For the files of this folder that include libtorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <optional>
#include <string>

#include "text/clip_tokenizer.h"

namespace vidbench::metrics {

class ClipPrompts {
 public:
  explicit ClipPrompts(std::filesystem::path merges) : merges_(std::move(merges)) {}

  // [1, length] int64. Reads the list of merges at the first call; throws Error(kEnvironment) when it is
  // damaged.
  [[nodiscard]] at::Tensor tokens(const std::string& text, int64_t length);

 private:
  std::filesystem::path merges_;
  std::optional<text::ClipTokenizer> tokenizer_;
};

}  // namespace vidbench::metrics
