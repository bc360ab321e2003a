// JSON Pointer (RFC 6901): where a value stands in a body.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace vidbench::providers {

// Whether `text` is a pointer: "" (the whole body) or "/a/0/b", with "~" only as "~0" or "~1".
[[nodiscard]] bool is_pointer(std::string_view text);

// nullptr when nothing stands there.
[[nodiscard]] const Json* find(const Json& body, std::string_view pointer);
// The first of `pointers` with a value other than null.
[[nodiscard]] const Json* find_first(const Json& body, const std::vector<std::string>& pointers);

// Puts `value` there; objects and lists on the way are made (a number behind nothing makes a list). Throws
// Error(kInput) when something else stands in the way.
void place(Json& body, std::string_view pointer, Json value);

}  // namespace vidbench::providers
