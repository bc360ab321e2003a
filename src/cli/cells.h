// Sizes and durations in tables: rounded for people, exact in CSV.
#pragma once

#include <cstdint>
#include <optional>

#include "report/table.h"

namespace vidbench::cli {

// "1.5 GiB", in CSV bytes; without a value "unknown", in CSV nothing.
[[nodiscard]] report::Cell size_cell(const std::optional<uint64_t>& bytes);
// "4 min 05 s", in CSV seconds; without a value "unknown", in CSV nothing.
[[nodiscard]] report::Cell duration_cell(const std::optional<double>& seconds);

}  // namespace vidbench::cli
