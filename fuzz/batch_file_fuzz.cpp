// Any text is a batch whose values its options allow, or an Error.
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "batch/batch_file.h"

namespace {

void check(const vidbench::batch::Layer& layer) {
  for (const auto& rule : vidbench::batch::option_rules())
    if (const auto found = layer.options.find(rule.name); found != layer.options.end()) {
      if (found->second.empty()) std::abort();
      for (const auto& value : found->second)
        if (!vidbench::batch::complaint(rule, value).empty()) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const auto batch = vidbench::batch::parse_batch({reinterpret_cast<const char*>(data), size}, "input");
    if (batch.name.empty() || batch.runs.empty()) std::abort();
    check(batch.defaults);
    check(batch.matrix);
    for (const auto& entry : batch.runs) check(entry.layer);
    if (batch.budget.seconds && !(*batch.budget.seconds > 0)) std::abort();
  } catch (const vidbench::Error&) {
  }
  return 0;
}
