// A model of the runner "null", for tests of plans.
#pragma once

#include <string>

#include "registry/registry.h"

namespace vidbench::engine {

inline registry::Model model(const std::string& id) {
  registry::Model result;
  result.id = id;
  result.deployment.runner = "null";
  result.deployment.defaults.steps = 8;
  result.digest = "digest-" + id;
  return result;
}

}  // namespace vidbench::engine
