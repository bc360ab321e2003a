#include "store/vbench_id.h"

namespace vidbench::store {

std::optional<VbenchId> vbench_id(std::string_view metric) {
  constexpr std::string_view kFaithful = "vbench/", kCorrected = "vbench-corrected/";
  if (metric.starts_with(kFaithful)) return VbenchId{std::string(metric.substr(kFaithful.size())), false};
  if (metric.starts_with(kCorrected)) return VbenchId{std::string(metric.substr(kCorrected.size())), true};
  return {};
}

}  // namespace vidbench::store
