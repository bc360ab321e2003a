// Texts with {names} in them, as provider files use them for addresses, headers and values.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace vidbench::providers {

// The names between braces, in order. Throws Error(kInput) for a brace without its partner.
[[nodiscard]] std::vector<std::string> template_names(std::string_view text);

// `text` with each {name} replaced by value(name, offset of its brace).
[[nodiscard]] std::string expand(
    std::string_view text, const std::function<std::string(const std::string& name, size_t offset)>& value);

}  // namespace vidbench::providers
