// What the runs of a store found out about each version of a model.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"

namespace vidbench::store {

// The largest memory that a video took, and where it was measured.
struct PeakMemory {
  uint64_t bytes = 0;  // 0 = not measured
  int frames = 0, height = 0, width = 0;
  std::string run;
  std::string device, dtype;  // as the model's worker reports them: "cuda:0", "cpu"; "bf16"
  std::string machine;        // the device by name, as far as the run's manifest tells
};

// Of one version of a model, the largest on each device and in each dtype.
struct MeasuredModel {
  std::string model;  // catalogue id
  std::string entry;  // digest of the catalogue's entry; "" where a run did not keep it
  PeakMemory peak;
};

// A model in one run.
struct ModelInRun {
  std::string model;   // as the run calls it: the catalogue id, perhaps with the settings that were varied
  std::string digest;  // of everything that determines what it makes (registry::content_digest)
  std::string entry;
  std::string weights_sha256;                                         // as its worker reports it
  std::string suite, suite_digest, state, created_at, imported_from;  // of the run; state as to_string
  size_t planned = 0, evaluated = 0, failed = 0;                      // samples
  PeakMemory peak;                                                    // with the run
};

// "NVIDIA H200" for "cuda:0", the processor's name for "cpu"; "" when the manifest's `hardware` does not say.
[[nodiscard]] std::string machine_name(const Json& hardware, const std::string& device);

}  // namespace vidbench::store
