// Base64 (RFC 4648, with padding) of bytes in JSON.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vidbench {

[[nodiscard]] std::string base64(std::span<const std::byte> bytes);
// None for text that is not whole groups of four of the alphabet.
[[nodiscard]] std::optional<std::vector<std::byte>> from_base64(std::string_view text);

}  // namespace vidbench
