// Catalogue entries drafted from what a model brings with it. A draft states only what was read, and where;
// what nobody says stays out.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "registry/registry.h"

namespace vidbench::registry {

struct Draft {
  Model model;
  std::vector<std::string> remarks;  // what a person should look at, one sentence each
};

// "Some-Model_v1.5 (T2V)" → "some-model_v1.5-t2v"; "" when nothing of it can stand in an id.
[[nodiscard]] std::string id_from(const std::string& name);

// A folder that diffusers' save_pretrained() wrote: the pipeline's class from model_index.json, components,
// dtype and size of the denoising network from the headers of its safetensors files. Throws Error(kInput)
// naming the file for a folder without a readable model_index.json.
[[nodiscard]] Draft draft_of_folder(const std::filesystem::path& folder);

// A repository of the Hugging Face Hub: `description` is its answer to /api/models/NAME, `pipeline` its
// model_index.json (null when it has none: then a card without a deployment). The commit is pinned.
// Throws Error(kInput) for an answer that is not one.
[[nodiscard]] Draft draft_of_hub(const Json& description, const Json& pipeline);

// The checkout of a repository: its generating script (found when there is one that takes a prompt, else
// `script`), whose command line is read from its argparse or click calls (script_options.h). `name` is
// "owner/name" on GitHub, "" when unknown. Throws Error(kInput) naming the candidates when the script must be
// chosen. `weights`: as settings.weights takes it, or "".
[[nodiscard]] Draft draft_of_checkout(const std::filesystem::path& checkout, const std::string& name,
                                      const std::string& script, const std::string& weights);

// A program that speaks the worker protocol.
[[nodiscard]] Draft draft_of_worker(const std::vector<std::string>& command);

// A model of a hosted service, as it is called there. Throws Error(kInput) when there is no such provider.
[[nodiscard]] Draft draft_of_hosted(const std::string& provider, const std::string& model);

}  // namespace vidbench::registry
