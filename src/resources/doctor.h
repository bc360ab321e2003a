// What `vidbench doctor` finds out.
#pragma once

#include <vector>

#include "resources/hardware.h"
#include "resources/programs.h"

namespace vidbench::resources {

struct Diagnosis {
  Hardware hardware;
  std::vector<Finding> programs, isolation;
};

[[nodiscard]] Diagnosis diagnose();
// "vidbench.doctor/1" (schemas/doctor.schema.json).
[[nodiscard]] Json to_json(const Diagnosis& diagnosis);

}  // namespace vidbench::resources
