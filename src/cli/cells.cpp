#include "cli/cells.h"

#include "base/strings.h"
#include "report/format.h"

namespace vidbench::cli {

report::Cell size_cell(const std::optional<uint64_t>& bytes) {
  if (!bytes) return {"unknown", report::Emphasis::kNone, ""};
  return {human_bytes(*bytes), report::Emphasis::kNone, std::to_string(*bytes)};
}

report::Cell duration_cell(const std::optional<double>& seconds) {
  if (!seconds) return {"unknown", report::Emphasis::kNone, ""};
  return {human_duration(*seconds), report::Emphasis::kNone, report::exact(*seconds)};
}

}  // namespace vidbench::cli
