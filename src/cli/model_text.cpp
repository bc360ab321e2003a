#include "cli/model_text.h"

#include "base/strings.h"
#include "registry/select.h"

namespace vidbench::cli {

std::string short_tasks(const std::vector<std::string>& tasks) {
  std::vector<std::string> words;
  for (const std::string& task : tasks) words.emplace_back(registry::short_task(task));
  return join(words, ", ");
}

std::string runs_here(const registry::Model& model) {
  if (model.runnable()) return "yes";
  return (model.deployed() ? "no: " : "unknown how: ") + join(model.missing, "; ");
}

}  // namespace vidbench::cli
