// Amounts as people write them: a number and its unit.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vidbench {

struct Amount {
  double number = 0;      // finite, not negative
  std::string_view unit;  // the letters behind it; may be empty
};

// Takes a number and the letters after it off the front, with the spaces around them. nullopt, and `text` in
// no certain state, for anything else.
[[nodiscard]] std::optional<Amount> take_amount(std::string_view& text);

// Bytes: "50GB" is 50 · 1000³, "1.5 GiB" and "1.5G" are 1.5 · 1024³, "4096" is itself; up to 1e18. nullopt
// for anything else.
[[nodiscard]] std::optional<uint64_t> parse_size(std::string_view text);

}  // namespace vidbench
