#include "metrics/clip_prompts.h"

#include <ATen/ATen.h>

#include "metrics/tensors.h"

namespace vidbench::metrics {

at::Tensor ClipPrompts::tokens(const std::string& text, int64_t length) {
  if (!tokenizer_) tokenizer_.emplace(load_weights([&] { return text::ClipTokenizer(merges_); }));
  const std::vector<int64_t> tokens = tokenizer_->context(text, static_cast<size_t>(length));
  return at::tensor(tokens).view({1, -1});
}

}  // namespace vidbench::metrics
