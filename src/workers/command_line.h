// The command line of a model of runner kind "command" for one request.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "registry/command_places.h"
#include "registry/command_template.h"
#include "workers/runner.h"

namespace vidbench::workers {

struct CommandLine {
  std::vector<std::string> argv;
  std::filesystem::path directory;  // to work in
  std::vector<std::pair<std::string, std::string>> environment;
  std::string output;                // pattern of the video's path, absolute or below `directory`
  std::vector<std::string> cleanup;  // ChildOptions::cleanup
};

// Where the script may write, and the file that holds the prompt.
struct CommandFiles {
  std::filesystem::path folder, prompt_file;
};

// Why the script cannot make what the request asks for: a number for which the command has no place and that
// is not the deployment's own, a prompt that cannot be an argument. nullopt = it can.
[[nodiscard]] std::optional<store::Failure> refusal(const registry::CommandTemplate& command,
                                                    const GenerateRequest& request,
                                                    const registry::GenerationDefaults& own);

// `request` has the deployment's defaults in it. Throws Error(kInput) naming a placeholder without a value.
[[nodiscard]] CommandLine make_command_line(const registry::CommandTemplate& command,
                                            const registry::CommandPlaces& places,
                                            const GenerateRequest& request, const CommandFiles& files,
                                            const std::string& device, const RunnerOptions& options);

// The same in a container of that name of the deployment's image; `options` as with_files() makes them. The
// folder to work in is writable where `output` lies in it.
[[nodiscard]] CommandLine in_container(CommandLine line, const CommandFiles& files,
                                       const registry::Model& model, const RunnerOptions& options,
                                       const std::string& name);

}  // namespace vidbench::workers
