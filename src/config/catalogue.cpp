#include "config/catalogue.h"

#include <algorithm>
#include <cctype>

#include "base/files.h"
#include "base/hash.h"
#include "base/strings.h"
#include "base/yaml.h"

namespace vidbench::config {
namespace fs = std::filesystem;
namespace {

// Git takes what begins with a dash for an option.
bool is_safe(const std::string& text) {
  return !text.empty() && text.front() != '-' &&
         std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 127; });
}

// "https://host/team/models.git" → "models"
std::string short_name(std::string address) {
  while (address.ends_with('/')) address.pop_back();
  if (address.ends_with(".git")) address.erase(address.size() - 4);
  std::string name = address.substr(address.find_last_of("/:") + 1);
  std::erase_if(name,
                [](unsigned char c) { return std::isalnum(c) == 0 && c != '-' && c != '_' && c != '.'; });
  return name.empty() || name.front() == '.' ? "catalogue" : name;
}

bool leaves(const fs::path& folder) {
  return folder.is_absolute() ||
         std::any_of(folder.begin(), folder.end(), [](const fs::path& part) { return part == ".."; });
}

}  // namespace

bool is_address(const std::string& git) {
  if (git.find("://") != std::string::npos) return true;
  const size_t colon = git.find(':');
  return colon != std::string::npos && git.find('/') > colon;
}

Json read_checkout(const YAML::Node& node, const std::string& origin) {
  YamlMap map(node, origin, "catalogues");
  const std::string git = map.text("git");
  const std::string ref = map.text("ref", "");
  const std::string folder = map.text("folder", "");
  map.finish();
  if (!is_safe(git)) map.fail("git", "'git' is neither an address nor a folder");
  if (git.starts_with("ext::") || git.starts_with("fd::"))
    map.fail("git", "'git' would start a program", "https://, ssh:// or file://");
  if (map.has("ref") && !is_safe(ref)) map.fail("ref", "'ref' is not a branch, tag or commit");
  if (!ref.empty() && !is_address(git))
    map.fail("ref", "'ref' is for addresses: a checkout is used as it lies there", "leave it out");
  if (!is_address(git) && git.find(':') != std::string::npos) map.fail("git", "':' in a folder's name");
  if (leaves(folder) || folder.find(':') != std::string::npos)
    map.fail("folder", "'folder' must be a folder in the repository");
  Json entry = {{"git", git}};
  if (!ref.empty()) entry["ref"] = ref;
  if (!folder.empty()) entry["folder"] = folder;
  return entry;
}

Catalogue catalogue_of(const Json& entry) {
  if (entry.is_string()) return {"", "", "", entry.get<std::string>()};
  Catalogue catalogue;
  const std::string git = entry.at("git");
  catalogue.ref = entry.value("ref", "");
  if (is_address(git)) {
    catalogue.address = git;
    catalogue.checkout = data_home() / "catalogues" /
                         (short_name(git) + "-" + sha256_hex(git + "\n" + catalogue.ref).substr(0, 8));
  } else {
    catalogue.checkout = git;
  }
  const std::string folder = entry.value("folder", "");
  catalogue.folder = folder.empty() ? catalogue.checkout : catalogue.checkout / folder;
  return catalogue;
}

}  // namespace vidbench::config
