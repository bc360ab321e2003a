#include "media/sample.h"

#include <algorithm>

#include "base/error.h"

namespace vidbench::media {
namespace {

std::vector<size_t> first(size_t count) {
  std::vector<size_t> indices(count);
  for (size_t i = 0; i < count; ++i) indices[i] = i;
  return indices;
}

std::vector<size_t> uniform(size_t total, size_t count) {
  if (count == 1) return {(total - 1) / 2};
  std::vector<size_t> indices(count);
  for (size_t i = 0; i < count; ++i) indices[i] = (2 * i * (total - 1) + (count - 1)) / (2 * (count - 1));
  return indices;
}

std::vector<size_t> middle(size_t total, size_t count) {
  const size_t parts = std::min(total, count);
  std::vector<size_t> indices(parts);
  for (size_t i = 0; i < parts; ++i) {
    const size_t begin = i * total / parts;
    const size_t end = (i + 1) * total / parts;
    indices[i] = (begin + end - 1) / 2;
  }
  indices.resize(count, indices.back());
  return indices;
}

std::vector<size_t> strided(size_t total, size_t stride, size_t count) {
  std::vector<size_t> indices;
  for (size_t i = 0; i < total && (count == 0 || indices.size() < count); i += stride) indices.push_back(i);
  return indices;
}

}  // namespace

std::vector<size_t> sample_indices(size_t total, const SamplePolicy& policy) {
  using Kind = SamplePolicy::Kind;
  if (total == 0) throw_input("frames cannot be sampled from a video without frames");
  const bool needs_count =
      policy.kind == Kind::kFirst || policy.kind == Kind::kUniform || policy.kind == Kind::kMiddle;
  if (needs_count && policy.count == 0) throw_input("0 frames asked for", "ask for at least 1");
  if (policy.kind == Kind::kStride && policy.stride == 0) throw_input("frame stride 0", "the least is 1");
  switch (policy.kind) {
    case Kind::kFirst:
      return first(std::min(total, policy.count));
    case Kind::kUniform:
      return uniform(total, std::min(total, policy.count));
    case Kind::kMiddle:
      return middle(total, policy.count);
    case Kind::kStride:
      return strided(total, policy.stride, policy.count);
    case Kind::kAll:
      break;
  }
  return first(total);
}

}  // namespace vidbench::media
