// Takes official weight files from a folder: a copy made elsewhere, another program's cache.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "weights/folder.h"

namespace vidbench::weights {

struct ImportedFile {
  std::string name;              // of the official file
  std::filesystem::path source;  // where it was found
  std::string problem;           // why it was not taken, "" when it is in place
  bool already_there = false;
};

struct ImportResult {
  std::vector<ImportedFile> files;  // in the manifest's order; those that were not found are absent
  std::vector<std::filesystem::path> unknown;  // files that the manifest does not list, sorted
};

struct ImportOptions {
  bool hard_link = false;  // instead of a copy; both folders must be on one file system
  std::function<void(const OfficialFile&)> on_file = [](const auto&) {};  // before it is read
};

// Searches `source` and its folders (links to folders are not followed) for files with official names, checks
// each and puts it in place in one step. Of two of one name the first that is sound counts. Throws
// Error(kInput) when `source` is not a folder, Error(kEnvironment) when `folder` cannot be written.
[[nodiscard]] ImportResult import_files(const Folder& folder, const Manifest& manifest,
                                        const std::filesystem::path& source, const ImportOptions& options,
                                        const std::stop_token& stop);

}  // namespace vidbench::weights
