// Members of JSON that a foreign hand wrote.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>

#include "base/error.h"
#include "base/json.h"

namespace vidbench::bundle {

// The types of JSON that `T` may be read from: a number that is negative, too large or has a fraction is no
// count.
template <typename T>
[[nodiscard]] bool fits(const Json& json) {
  if constexpr (std::is_same_v<T, Json>) return true;
  if constexpr (std::is_same_v<T, std::string>) return json.is_string();
  if constexpr (std::is_same_v<T, bool>) return json.is_boolean();
  if constexpr (std::is_same_v<T, uint64_t>) return json.is_number_unsigned();
  if constexpr (std::is_same_v<T, int64_t>)
    return json.is_number_integer() &&
           !(json.is_number_unsigned() &&
             json.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()));
  if constexpr (std::is_same_v<T, int>)
    return json.is_number_integer() && json.get<double>() >= std::numeric_limits<int>::min() &&
           json.get<double>() <= std::numeric_limits<int>::max();
  if constexpr (std::is_same_v<T, double>) return json.is_number();
  return false;
}

// Throws Error(kInput) "<origin>: member '<name>' is missing" or "… has the wrong type".
template <typename T>
[[nodiscard]] T member(const Json& json, const char* name, const std::string& origin) {
  if (!json.is_object()) throw_input(origin + ": not a JSON object");
  const auto found = json.find(name);
  if (found == json.end()) throw_input(fmt::format("{}: member '{}' is missing", origin, name));
  if (!fits<T>(*found)) throw_input(fmt::format("{}: member '{}' has the wrong type", origin, name));
  return found->get<T>();
}

// JSON text; throws Error(kInput) also for a nesting that is too deep to be written again.
[[nodiscard]] Json parse_foreign(std::string_view text, const std::string& origin);

}  // namespace vidbench::bundle
