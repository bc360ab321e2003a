#include "registry/missing.h"

#include <fmt/format.h>

#include "base/files.h"
#include "blobs/hub_cache.h"
#include "providers/library.h"
#include "registry/command_places.h"
#include "registry/hub_files.h"
#include "registry/program.h"
#include "registry/weight_sources.h"

namespace vidbench::registry {
namespace fs = std::filesystem;
namespace {

std::vector<std::string> missing_worker() {
  std::vector<std::string> missing;
  const fs::path worker = resource_root() / "python/vidbench_worker";
  if (!fs::is_directory(worker))
    missing.push_back(fmt::format("the Python worker {} is not there", worker.string()));
  return missing;
}

// Of a model that no deployment is known for.
std::string undeployed(const Card& card) {
  if (card.access == "paper") return "only its paper is known";
  if (card.access == "code") return "its code is public; weights and how to run it are not known";
  if (card.access == "api") return "no adapter for its provider is there";
  std::string reason = "no deployment says how it is run";
  if (!card.script.empty()) reason += fmt::format(" ({} of {})", card.script, card.code);
  return reason;
}

}  // namespace

Machine::Machine()
    : missing_worker_(missing_worker()),
      store_(blobs::Store::open_default()),
      hub_cache_(blobs::hub_cache()) {}

std::vector<std::string> Machine::missing_environment(const Model& model) const {
  const Deployment& deployment = model.deployment;
  const std::string& requirements = deployment.environment.requirements;
  const std::string checkout =
      requirements.starts_with("checkout:") ? checkout_of(deployment).string() : deployment.runner;
  const std::string key = checkout + "\n" + requirements + "\n" + deployment.environment.python + "\n" +
                          deployment.environment.image;
  auto known = of_environments_.find(key);
  if (known == of_environments_.end())
    known = of_environments_.emplace(key, find_environment(deployment)).first;
  const Environment& environment = known->second;
  if (environment.ready()) return {};
  return {environment.lack_and_remedy(model.id)};
}

void Machine::check_diffusers(const Model& model, std::vector<std::string>& missing) const {
  missing.insert(missing.end(), missing_worker_.begin(), missing_worker_.end());
  for (const blobs::Reference& reference : hub_references(model.deployment))
    if (!blobs::find_files(store_, hub_cache_, reference))
      missing.push_back(
          fmt::format("{} is neither in the weights store nor in the Hugging Face cache {} "
                      "(vidbench models pull {})",
                      reference.text(), hub_cache_.string(), model.id));
}

const std::vector<std::string>& Machine::missing_of_provider(const Json& settings) const {
  const std::string key =
      Json({settings.value("provider", Json()), settings.value("parameters", Json())}).dump();
  auto found = of_providers_.find(key);
  if (found == of_providers_.end()) found = of_providers_.emplace(key, providers_.missing(settings)).first;
  return found->second;
}

std::vector<std::string> Machine::missing(const Model& model) const {
  const Deployment& deployment = model.deployment;
  if (!model.deployed()) return {undeployed(model.card)};
  std::vector<std::string> missing = missing_environment(model);
  if (deployment.runner == "worker" && deployment.environment.image.empty()) {
    const ProgramSearch program = find_program(deployment.command.front());
    if (!program.path) missing.push_back(program.complaint(deployment.command.front()));
  }
  if (deployment.runner == "diffusers") check_diffusers(model, missing);
  if (deployment.runner == "http") missing = missing_of_provider(deployment.settings);
  if (deployment.runner == "command")
    for (std::string& place : find_places(deployment).missing) missing.push_back(std::move(place));
  std::error_code ec;
  for (const WeightFile& file : deployment.weights)
    if (!fs::is_regular_file(file.path, ec))
      missing.push_back(fmt::format("weights {} are not there", file.path.string()));
  Json settings = deployment.settings;
  for (const Json* source : weight_sources(settings)) {
    const Json path = source->value("path", Json());
    if (path.is_string() && !fs::exists(path.get<std::string>(), ec))
      missing.push_back(fmt::format("{} is not there", path.get<std::string>()));
  }
  return missing;
}

}  // namespace vidbench::registry
