#include "registry/command_places.h"

#include <fmt/format.h>

#include <fstream>
#include <optional>

#include "base/files.h"
#include "base/strings.h"
#include "base/variable.h"
#include "blobs/hub_cache.h"
#include "registry/environment.h"
#include "registry/hub_files.h"
#include "registry/program.h"

namespace vidbench::registry {
namespace fs = std::filesystem;
namespace {

ProgramSearch search_program(const Deployment& deployment, const CommandTemplate& command,
                             const fs::path& checkout) {
  const std::string& name = command.command.front();
  if (name == "python") {
    if (!command.python.empty()) return find_program(command.python);
    const fs::path of_environment = find_environment(deployment).python;
    if (!of_environment.empty()) return find_program(of_environment.string());
    const fs::path own = checkout / ".venv/bin/python";
    std::error_code ec;
    if (!checkout.empty() && fs::exists(own, ec)) return find_program(own.string());
    return find_python();
  }
  const bool in_checkout = !checkout.empty() && name.find('/') != std::string::npos;
  return find_program(in_checkout ? (checkout / name).string() : name);
}

// What an image has is not looked for: its name stands as it is, but for the checkout's own programs.
ProgramSearch program_in_image(const CommandTemplate& command, const fs::path& checkout) {
  const std::string& name = command.command.front();
  if (name == "python" && !command.python.empty()) return {command.python, {}};
  const bool in_checkout = !checkout.empty() && name.find('/') != std::string::npos;
  return {in_checkout ? checkout / name : fs::path(name), {}};
}

std::optional<fs::path> locate_download(const std::string& location, std::vector<std::string>& missing) {
  const fs::path cache = blobs::hub_cache();
  const auto found = blobs::find_files(blobs::Store::open_default(), cache, hub_reference(location));
  if (found) return found->path;
  missing.push_back(
      fmt::format("{} is neither in the weights store nor in the Hugging Face cache {} "
                  "(vidbench models pull fetches it)",
                  location.substr(3), cache.string()));
  return std::nullopt;
}

std::string locate(const std::string& location, const fs::path& checkout, std::vector<std::string>& missing) {
  if (location.starts_with("hf:")) {
    const auto path = locate_download(location, missing);
    return path ? path->string() : location;
  }
  const fs::path path =
      location.starts_with("checkout:") ? checkout / location.substr(9) : fs::path(location);
  std::error_code ec;
  if (!fs::exists(path, ec)) missing.push_back(fmt::format("weights {} are not there", path.string()));
  return path.string();
}

}  // namespace

fs::path checkout_of(const Deployment& deployment) {
  const Json directory = deployment.settings.value("directory", Json());
  if (directory.is_string() && directory != "") return directory.get<std::string>();
  const Json repository = deployment.settings.value("repository", Json());
  if (!repository.is_string() || !repository.get<std::string>().starts_with("github:")) return {};
  const std::string folder = variable("VIDBENCH_REPOSITORIES");
  const fs::path base = folder.empty() ? data_home() / "repositories" : fs::path(folder);
  return fs::absolute(base / repository.get<std::string>().substr(7));
}

CommandPlaces find_places(const Deployment& deployment) {
  const CommandTemplate command = read_command_template(deployment);
  CommandPlaces places;
  places.checkout = checkout_of(deployment);
  std::error_code ec;
  const bool there = places.checkout.empty() || fs::is_directory(places.checkout, ec);
  if (!there)
    places.missing.push_back(
        command.repository.empty()
            ? fmt::format("the folder {} is not there", places.checkout.string())
            : fmt::format("the checkout {0} is not there (git clone https://github.com/{1} {0})",
                          places.checkout.string(), command.repository));
  const bool in_image = !deployment.environment.image.empty();
  const ProgramSearch program = in_image ? program_in_image(command, places.checkout)
                                         : search_program(deployment, command, places.checkout);
  places.program = program.path ? program.path->string() : command.command.front();
  const bool in_missing_checkout = !there && command.command.front().find('/') != std::string::npos;
  if (!program.path && !in_missing_checkout)
    places.missing.push_back(program.complaint(command.command.front()));
  if (there && command.command.size() > 1 && command.command[1].ends_with(".py") &&
      !fs::is_regular_file(places.checkout / command.command[1], ec))
    places.missing.push_back(
        fmt::format("{} has no {}", places.checkout.string(), one_line(command.command[1])));
  for (const auto& [name, location] : command.weights)
    places.weights[name] = locate(location, places.checkout, places.missing);
  return places;
}

}  // namespace vidbench::registry
