#include "bundle/member.h"

#include <algorithm>

namespace vidbench::bundle {
namespace {

constexpr size_t kMaxDepth = 64;  // writing JSON takes a stack frame a level

size_t depth_of(std::string_view text) {
  size_t depth = 0, deepest = 0;
  bool in_text = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text) {
      if (c == '\\') ++i;
      if (c == '"') in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

}  // namespace

Json parse_foreign(std::string_view text, const std::string& origin) {
  if (depth_of(text) > kMaxDepth)
    throw_input(fmt::format("{}: JSON nested more than {} deep", origin, kMaxDepth));
  return parse_json(text, origin);
}

}  // namespace vidbench::bundle
