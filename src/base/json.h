// JSON is nlohmann::json everywhere; objects are kept sorted by key, so that `dump()` is canonical.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

// Compiled once, in json.cpp, instead of by each file that uses a little of them.
extern template class nlohmann::basic_json<>;
extern template class nlohmann::detail::parser<nlohmann::json,
                                               nlohmann::detail::iterator_input_adapter<const char*>>;
extern template class nlohmann::detail::serializer<nlohmann::json>;

namespace vidbench {

using Json = nlohmann::json;

// Parses `text`; throws Error(kInput) "<origin>: …" with the byte position on a syntax error.
[[nodiscard]] Json parse_json(std::string_view text, std::string_view origin);

// JSON text for an output: malformed UTF-8 is replaced, never thrown at; `indent` -1 = one line.
[[nodiscard]] std::string document(const Json& json, int indent = 2);

// The text at `key`; "" where there is none, or `json` is no object.
[[nodiscard]] std::string text_or_empty(const Json& json, const char* key);

}  // namespace vidbench
