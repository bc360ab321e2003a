// vidbench export RUN --bundle FILE.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "store/store.h"

namespace vidbench::cli {

struct BundleArguments {
  std::string path;  // "" = no bundle is asked for
  bool no_videos = false, previews = false, logs = false, prompts = false;
};

// --bundle, --no-videos, --previews, --logs, --keep-prompts.
void add_bundle_options(CLI::App& command, BundleArguments& arguments);
void write_bundle(store::Store& store, const std::string& run, const BundleArguments& arguments);

}  // namespace vidbench::cli
