// The manifest: everything that somebody needs to judge and repeat a run, in one JSON document.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "engine/plan.h"
#include "engine/run.h"

namespace vidbench::engine {

inline constexpr const char* kVersion = VIDBENCH_VERSION;

// "vidbench.manifest/1": suite, models with digests, seeds, settings, metrics with versions and weights,
// reference keys, hardware, versions, options, command line.
[[nodiscard]] Json make_manifest(const Plan& plan, const RunOptions& options,
                                 const std::vector<store::MetricInfo>& metrics);

// Throws Error(kInput) naming the first difference that makes `plan` another experiment than `manifest`.
void require_same_experiment(const Json& manifest, const Plan& plan);

}  // namespace vidbench::engine
