#include "cli/models_fit.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/strings.h"
#include "resources/fit.h"

namespace vidbench::cli {
namespace {

std::string summary(const resources::Hardware& hardware) {
  std::vector<std::string> parts = {fmt::format("{} cores", hardware.cores),
                                    human_bytes(hardware.memory_limit_bytes.value_or(hardware.memory_bytes))};
  for (const resources::Gpu& gpu : hardware.gpus)
    parts.push_back(gpu.memory_bytes > 0 ? fmt::format("{} ({})", gpu.name, human_bytes(gpu.memory_bytes))
                                         : gpu.name);
  if (hardware.gpus.empty()) parts.emplace_back("no GPU");
  return join(parts, ", ");
}

}  // namespace

void keep_fitting(std::vector<const registry::Model*>& models) {
  const resources::Hardware hardware = resources::judged_hardware();
  std::erase_if(models, [&](const auto* model) { return !resources::judge(*model, hardware).fits; });
  log_info("judged by: " + summary(hardware));
}

Json fit_json(const registry::Model& model) {
  const resources::Fit fit = resources::judge(model, resources::judged_hardware());
  return {
      {"fits", fit.fits}, {"reason", fit.reason}, {"source", fit.source.empty() ? Json() : Json(fit.source)}};
}

std::string fit_text(const registry::Model& model) {
  const resources::Fit fit = resources::judge(model, resources::judged_hardware());
  return fmt::format("{}: {}{}", fit.fits ? "yes" : "no", fit.reason,
                     fit.source.empty() ? "" : " (" + fit.source + ")");
}

}  // namespace vidbench::cli
