// Which of VBench's dimensions a metric's id stands for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vidbench::store {

struct VbenchId {
  std::string dimension;   // "object-class", as the id has it
  bool corrected = false;  // without the reference's quirks: "vbench-corrected/…" rather than "vbench/…"

  bool operator==(const VbenchId&) const = default;
};

// None for the metrics of other worlds.
[[nodiscard]] std::optional<VbenchId> vbench_id(std::string_view metric);

}  // namespace vidbench::store
