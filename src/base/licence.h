// What a licence allows, as far as its name tells.
#pragma once

#include <string_view>

namespace vidbench {

// Whether the text (an SPDX identifier, an expression of several, or a name) limits use to non-commercial
// purposes: Creative Commons' NC family, PolyForm Noncommercial, S-Lab, NVIDIA's source code licence,
// "research only". False means that nothing says so, not that all use is allowed.
[[nodiscard]] bool is_non_commercial(std::string_view licence);

}  // namespace vidbench
