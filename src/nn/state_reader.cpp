#include "nn/state_reader.h"

#include <ATen/ATen.h>

#include "base/error.h"

namespace vidbench::nn {

void StateReader::refuse(const std::string& name) const {
  throw_input(path_.string() + ": tensor '" + name + "' has another shape than " + owner_, hint_);
}

at::Tensor StateReader::float_tensor(const std::string& name, at::IntArrayRef shape) const {
  at::Tensor found = require_float(file_, name, path_);
  bool fits = found.dim() == static_cast<int64_t>(shape.size());
  for (int64_t d = 0; fits && d < found.dim(); ++d) {
    const int64_t wanted = shape[static_cast<size_t>(d)];
    fits = found.size(d) > 0 && (wanted == -1 || wanted == found.size(d));
  }
  if (!fits) refuse(name);
  return found;
}

at::Tensor StateReader::tensor(const std::string& name, at::IntArrayRef shape) const {
  return float_tensor(name, shape).to(options_.device, options_.type);
}

std::string StateReader::prefix_of(const std::string& name,
                                   std::initializer_list<const char*> prefixes) const {
  for (std::string prefix : prefixes)
    if (has(prefix + name)) return prefix;
  return "";
}

int64_t StateReader::count(const std::string& prefix, const std::string& suffix) const {
  int64_t found = 0;
  while (has(prefix + std::to_string(found) + suffix)) ++found;
  return found;
}

}  // namespace vidbench::nn
