#include "registry/environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/strings.h"
#include "base/variable.h"
#include "registry/command_places.h"
#include "registry/container_engine.h"
#include "registry/program.h"

namespace vidbench::registry {
namespace fs = std::filesystem;
namespace {

constexpr size_t kFileLimitBytes = size_t{1} << 20;
constexpr size_t kMostIncludes = 20;
constexpr const char* kDiffusers = "python/requirements-diffusers.txt";

// PEP 503: lower case, runs of '-', '_' and '.' as one '-'.
std::string normal_name(const std::string& name) {
  std::string normal;
  for (const char c : name) {
    const bool separator = c == '-' || c == '_' || c == '.';
    if (!separator)
      normal += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (!normal.empty() && normal.back() != '-')
      normal += '-';
  }
  return normal;
}

std::string without_comment(const std::string& line) {
  if (line.starts_with("#")) return "";
  const size_t at = line.find(" #");
  return trim(line.substr(0, at));
}

// "name[extra]==1.2 ; marker --hash=…": name and version when the line pins one. A '*' pins nothing.
std::optional<std::pair<std::string, std::string>> pin_of(const std::string& line) {
  const size_t equals = line.find("==");
  if (equals == std::string::npos || line.find_first_of("<>!~@,") < equals) return std::nullopt;
  const std::string name = trim(line.substr(0, std::min(line.find('['), equals)));
  const std::string rest = trim(line.substr(line.starts_with("===") ? 3 : equals + 2));
  const std::string version = rest.substr(0, rest.find_first_of(" ;,"));
  if (name.empty() || version.empty() || version.find('*') != std::string::npos) return std::nullopt;
  return std::pair{normal_name(name), version};
}

// An option that says where packages come from, not which.
bool is_source_option(const std::string& line) {
  for (const char* option : {"--index-url", "-i ", "--extra-index-url", "--find-links", "-f ", "--no-index",
                             "--prefer-binary", "--only-binary", "--no-binary", "--require-hashes", "--pre"})
    if (line.starts_with(option)) return true;
  return false;
}

class RequirementsReader {
 public:
  Requirements read(const fs::path& file) {
    take_file(file);
    return std::move(requirements_);
  }

 private:
  void take_file(const fs::path& file) {
    if (++files_ > kMostIncludes)
      throw_input(fmt::format("{}: more than {} files include one another", file.string(), kMostIncludes));
    int number = 0, first = 0;
    std::string joined;
    for (std::string line : split(read_file(file, kFileLimitBytes), '\n')) {
      ++number;
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (joined.empty()) first = number;
      const bool goes_on = line.ends_with("\\");
      joined += goes_on ? line.substr(0, line.size() - 1) : line;
      if (goes_on) continue;
      if (const std::string text = without_comment(trim(joined)); !text.empty()) take_line(file, first, text);
      joined.clear();
    }
  }

  void take_line(const fs::path& file, int number, const std::string& line) {
    for (const char* option : {"-r ", "--requirement "})
      if (line.starts_with(option))
        return take_file(file.parent_path() / trim(line.substr(std::string(option).size())));
    if (line.starts_with("-e") || line.starts_with("--editable") || line.starts_with("-c") ||
        line.starts_with("--constraint"))
      throw_input(fmt::format("{}:{}: '{}' cannot stand in a shared environment", file.string(), number,
                              one_line(line)),
                  "name packages and versions");
    requirements_.lines.push_back(line);
    if (auto pin = pin_of(line))
      requirements_.pinned.push_back(std::move(*pin));
    else if (!is_source_option(line))
      requirements_.locked = false;
  }

  Requirements requirements_;
  size_t files_ = 0;
};

// {"torch 2.13.0", …} of an interpreter's packages, without starting it.
std::set<std::string> installed_packages(const fs::path& environment) {
  std::set<std::string> found;
  std::error_code ec;
  for (const auto& lib : fs::directory_iterator(environment / "lib", ec)) {
    std::error_code inner;
    for (const auto& entry : fs::directory_iterator(lib.path() / "site-packages", inner)) {
      const std::string name = entry.path().filename().string();
      const size_t dash = name.find('-');
      if (!name.ends_with(".dist-info") || dash == std::string::npos) continue;
      const std::string version =
          name.substr(dash + 1, name.size() - dash - 1 - std::string(".dist-info").size());
      // PEP 440: a pin without a local part takes any ("2.13.0+cpu").
      found.insert(normal_name(name.substr(0, dash)) + " " + version.substr(0, version.find('+')));
    }
  }
  return found;
}

bool satisfied(const Requirements& requirements, const fs::path& environment) {
  if (!requirements.locked || requirements.pinned.empty()) return false;
  const std::set<std::string> installed = installed_packages(environment);
  return std::all_of(requirements.pinned.begin(), requirements.pinned.end(), [&](const auto& pin) {
    return installed.contains(pin.first + " " + pin.second.substr(0, pin.second.find('+')));
  });
}

std::string name_of(const fs::path& file, const Requirements& requirements, const std::string& python) {
  const std::string content =
      "vidbench.environment/1\npython " + python + "\n" + join(requirements.lines, "\n");
  return file.stem().string() + "-" + sha256_hex(content).substr(0, 16);
}

// Name, folder and state by the content of the file. Throws as read_requirements().
void find_by_content(Environment& environment, const fs::path& file) {
  std::error_code ec;
  if (!fs::is_regular_file(file, ec)) throw_input(file.string() + " is not there");
  environment.requirements = read_requirements(file);
  environment.name = name_of(file, environment.requirements, environment.python_version);
  environment.folder = environments_folder() / environment.name;
  const fs::path own = resource_root() / ".venv";
  if (fs::is_regular_file(environment.folder / kEnvironmentFile, ec)) {
    environment.state = EnvironmentState::kBuilt;
    environment.python = environment.folder / "bin/python";
  } else if (environment.python_version.empty() && satisfied(environment.requirements, own)) {
    environment.state = EnvironmentState::kAdopted;
    environment.python = own / "bin/python";
  } else {
    environment.state = EnvironmentState::kMissing;
  }
}

// The user's own interpreter takes the place of what was found.
void choose(Environment& environment) {
  const ProgramSearch python = find_python();
  environment.state = EnvironmentState::kChosen;
  environment.python = python.path.value_or(fs::path());
  environment.problem = python.path ? "" : python.complaint("python3");
}

Environment of_image(const std::string& image) {
  Environment environment;
  environment.name = environment.image = image;
  environment.state = EnvironmentState::kImage;
  if (find_container_engine()) return environment;
  environment.state = EnvironmentState::kUnbuildable;
  environment.problem = engine_complaint();
  return environment;
}

}  // namespace

Requirements read_requirements(const fs::path& file) { return RequirementsReader().read(file); }

fs::path environments_folder() { return data_home() / "environments"; }

std::string to_string(EnvironmentState state) {
  switch (state) {
    case EnvironmentState::kNone:
      return "none";
    case EnvironmentState::kChosen:
      return "chosen";
    case EnvironmentState::kBuilt:
      return "built";
    case EnvironmentState::kAdopted:
      return "adopted";
    case EnvironmentState::kImage:
      return "an image";
    case EnvironmentState::kPulled:
      return "pulled";
    case EnvironmentState::kMissing:
      return "missing";
    case EnvironmentState::kUnbuildable:
      break;
  }
  return "unbuildable";
}

bool Environment::ready() const {
  if (!image.empty()) return state == EnvironmentState::kImage || state == EnvironmentState::kPulled;
  return state == EnvironmentState::kNone || !python.empty();
}

std::string Environment::lack() const {
  if (ready()) return "";
  if (!problem.empty()) return problem;
  return image.empty() ? fmt::format("environment {} is not built", name)
                       : fmt::format("image {} is not there", image);
}

std::string Environment::lack_and_remedy(const std::string& model) const {
  const bool buildable = state == EnvironmentState::kMissing;
  return lack() + (buildable ? fmt::format(" (vidbench environments build {})", model) : "");
}

std::string Environment::content_name() const {
  if (!image.empty()) return image_digest(image);
  return state == EnvironmentState::kBuilt || state == EnvironmentState::kAdopted ? name : "";
}

Environment find_environment(const Deployment& deployment) {
  Environment environment;
  if (!deployment.environment.image.empty()) return of_image(deployment.environment.image);
  std::string requirements = deployment.environment.requirements;
  if (requirements.empty() && deployment.runner == "diffusers") requirements = kDiffusers;
  if (requirements.empty()) return environment;
  environment.name = requirements;
  environment.python_version = deployment.environment.python;
  const bool of_checkout = requirements.starts_with("checkout:");
  try {
    find_by_content(environment, of_checkout ? checkout_of(deployment) / requirements.substr(9)
                                             : resource_root() / requirements);
  } catch (const Error& e) {
    environment.state = EnvironmentState::kUnbuildable;
    environment.problem = e.what();
  }
  if (!variable("VIDBENCH_PYTHON").empty()) choose(environment);
  return environment;
}

}  // namespace vidbench::registry
