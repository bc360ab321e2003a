#include "providers/template.h"

#include "base/error.h"
#include "base/strings.h"

namespace vidbench::providers {

std::string expand(std::string_view text,
                   const std::function<std::string(const std::string& name, size_t offset)>& value) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const size_t brace = text.find_first_of("{}", at);
    result += text.substr(at, brace - at);
    if (brace == std::string_view::npos) break;
    const size_t end = text.find_first_of("{}", brace + 1);
    if (text[brace] == '}' || end == std::string_view::npos || text[end] == '{' || end == brace + 1)
      throw_input("'" + one_line(text) + "' has a brace without its partner", "write {name}");
    result += value(std::string(text.substr(brace + 1, end - brace - 1)), brace);
    at = end + 1;
  }
  return result;
}

std::vector<std::string> template_names(std::string_view text) {
  std::vector<std::string> names;
  (void)expand(text, [&names](const std::string& name, size_t) {
    names.push_back(name);
    return name;
  });
  return names;
}

}  // namespace vidbench::providers
