// Where on this machine the things lie that a deployment of the runner "command" needs.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "registry/command_template.h"
#include "registry/git_checkout.h"

namespace vidbench::registry {

struct CommandPlaces {
  std::string program;                         // absolute path, or as the entry has it when it is not found
  std::filesystem::path checkout;              // "" when the command needs none
  std::map<std::string, std::string> weights;  // name → path; as the entry has it when it is not there
  std::vector<std::string> missing;            // one sentence each, with the way out
};

// Of a deployment with an image the program is one in there, and not looked for. Else
// `python` in the command is settings.python, else that of the environment that the deployment names, else
// the checkout's .venv, else find_python(). Checkouts lie in $VIDBENCH_REPOSITORIES (else `repositories` in
// the data folder)/owner/name.
[[nodiscard]] CommandPlaces find_places(const Deployment& deployment);

// Where the checkout of a command's or worker's repository lies; "" when it names none.
[[nodiscard]] std::filesystem::path checkout_of(const Deployment& deployment);

}  // namespace vidbench::registry
