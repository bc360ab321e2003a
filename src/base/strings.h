// Text helpers: suggestions for mistyped names, human-readable sizes and durations.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vidbench {

// The candidate nearest to `word` by edit distance, or "" when none is near enough to be meant.
[[nodiscard]] std::string nearest(std::string_view word, std::span<const std::string> candidates);
// "did you mean 'x'?", or "one of: a, b, c" when nothing is near.
[[nodiscard]] std::string suggestion(std::string_view word, std::span<const std::string> candidates);

[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);
[[nodiscard]] std::string join(std::span<const std::string> parts, std::string_view separator);
[[nodiscard]] std::string trim(std::string_view text);

// ASCII letters alone; other bytes stay.
[[nodiscard]] std::string lower(std::string_view text);
// Decimal digits and nothing else, up to 2⁶⁴ − 1.
[[nodiscard]] std::optional<uint64_t> parse_whole(std::string_view digits);

// One printable line of foreign text: at most 500 bytes, cut between characters, control characters as
// spaces.
[[nodiscard]] std::string one_line(std::string_view text);

[[nodiscard]] std::string human_bytes(uint64_t bytes);     // "1.5 GiB"
[[nodiscard]] std::string human_duration(double seconds);  // "850 ms", "12.3 s", "4 min 05 s", "2 h 03 min"

}  // namespace vidbench
