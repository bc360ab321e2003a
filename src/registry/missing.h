// Tells, without starting anything, why a model cannot run on this machine.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "blobs/store.h"
#include "providers/library.h"
#include "registry/environment.h"
#include "registry/registry.h"

namespace vidbench::registry {

// This machine as it is when it is asked; what many models need is looked for once. One thread at a time.
class Machine {
 public:
  Machine();
  // Missing programs, weight files, folders and Hugging Face downloads, one sentence each; for a model that
  // nobody knows how to run, why; empty = nothing is missing.
  [[nodiscard]] std::vector<std::string> missing(const Model& model) const;

 private:
  // What a hosted model lacks follows from its provider; many models have one.
  const std::vector<std::string>& missing_of_provider(const Json& settings) const;
  void check_diffusers(const Model& model, std::vector<std::string>& missing) const;
  // Many deployments name one environment.
  [[nodiscard]] std::vector<std::string> missing_environment(const Model& model) const;
  std::vector<std::string> missing_worker_;  // what every model of the diffusers runner lacks
  mutable std::map<std::string, Environment> of_environments_;
  blobs::Store store_;
  std::filesystem::path hub_cache_;
  providers::Needs providers_;
  mutable std::map<std::string, std::vector<std::string>> of_providers_;
};

}  // namespace vidbench::registry
