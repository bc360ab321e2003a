// What of a hub a deployment names, and where that is on this machine.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "blobs/hub_cache.h"
#include "registry/registry.h"

namespace vidbench::registry {

// Of runner "diffusers" what the settings' sources of weights (weight_sources.h) name by `repo`, each once;
// of "command" the locations "hf:owner/name[/path][@revision]". Empty for what names none.
[[nodiscard]] std::vector<blobs::Reference> hub_references(const Deployment& deployment);

// The references with the commits that their files on this machine are of, in the place of branches and tags;
// nullopt when one of them is not here.
[[nodiscard]] std::optional<std::vector<blobs::Reference>> hub_commits(const Deployment& deployment);

// The settings as a worker is to load them: of what was pulled into the store, `path` in the place of `repo`.
[[nodiscard]] Json local_settings(const Deployment& deployment);

}  // namespace vidbench::registry
