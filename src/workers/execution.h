// What would be executed for a model, without executing it.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "registry/registry.h"
#include "workers/runner.h"

namespace vidbench::workers {

struct Execution {
  std::vector<std::string> argv;                                 // of what is started; may be empty
  std::filesystem::path directory;                               // to work in; "" = vidbench's own
  std::vector<std::pair<std::string, std::string>> environment;  // added to vidbench's own
  Json messages = Json::array();  // what a worker is sent: `load`, then `generate`
  Json request;                   // what a hosted service is sent first (http_runner.h)

  // Nothing is started and nothing sent (null, replay).
  [[nodiscard]] bool empty() const { return argv.empty() && request.is_null(); }
};

// Of what is not here, the name stands as in the catalogue ("hf:owner/name"); folders that are made when it
// is executed stand as "{output_dir}". Throws Error(kInput) when the model cannot make what is asked.
[[nodiscard]] Execution describe_execution(const registry::Model& model, const GenerateRequest& request,
                                           const RunnerOptions& options);
[[nodiscard]] Json to_json(const Execution& execution);

// As a person would type it into a shell; of a request its method and address.
[[nodiscard]] std::string shell_text(const Execution& execution);

}  // namespace vidbench::workers
