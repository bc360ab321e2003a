// JSON is nlohmann::json everywhere; objects are kept sorted by key, so that `dump()` is canonical.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

namespace vidbench {

using Json = nlohmann::json;

// Parses `text`; throws Error(kInput) "<origin>: …" with the byte position on a syntax error.
[[nodiscard]] Json parse_json(std::string_view text, std::string_view origin);

}  // namespace vidbench
