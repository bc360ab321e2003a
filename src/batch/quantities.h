// Amounts as people write them in a budget.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/estimate.h"

namespace vidbench::batch {

// Each is nullopt for anything else than a positive, finite amount.
[[nodiscard]] std::optional<double> parse_duration(std::string_view text);  // "4h", "1h 30m", "90" → seconds
[[nodiscard]] std::optional<uint64_t> parse_size(std::string_view text);    // "50GB", "1.5 GiB" → bytes
[[nodiscard]] std::optional<engine::Cost> parse_cost(std::string_view text);  // "20 USD", "0.5EUR"

}  // namespace vidbench::batch
