// All steps from a catalogue entry to the leaderboard, each resumable.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "engine/observer.h"
#include "engine/run.h"
#include "integration/record.h"
#include "registry/registry.h"
#include "store/store.h"
#include "suites/suite.h"
#include "workers/conformance.h"

namespace vidbench::integration {

struct Options {
  suites::Suite suite;
  engine::RunOptions run;  // for the benchmark; device and offline count for validation, too
  workers::ConformanceOptions conformance;
  std::string until = "publication";  // the last step to take
  bool again = false;                 // forget what was done
  // Told before each step that is taken, and while an environment is built.
  std::function<void(const std::string&)> on_note = [](const std::string&) {};
};

// Goes on where an earlier call for the same version of the model ended; the record is kept after every step.
// A step that fails ends it, and is tried again the next time. Throws Error(kInterrupted) after a stop
// request, Error(kEnvironment) when the record cannot be kept.
[[nodiscard]] Record integrate(store::Store& store, const std::string& model, const Options& options,
                               engine::Observer& observer, const std::stop_token& stop);

}  // namespace vidbench::integration
