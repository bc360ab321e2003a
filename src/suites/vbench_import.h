// VBench's prompt list as a suite file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "suites/suite.h"

namespace vidbench::suites {

struct VbenchImport {
  std::string id = "vbench", title = "VBench";
  std::string licence;  // of the prompts; the suite is public when it is given
  std::vector<uint64_t> seeds = {1, 2, 3, 4, 5};
  std::vector<std::string> metrics;
};

struct ImportedSuite {
  std::string yaml;    // a suite file that load_suite() accepts
  size_t entries = 0;  // of the list
  size_t prompts =
      0;  // fewer when a prompt stands in several entries: it is one prompt with all their dimensions
  size_t dimensions = 0;
};

// Reads the list as VBench publishes it (VBench_full_info.json): objects with `prompt_en`, `dimension` (a
// list) and perhaps `auxiliary_info` (by dimension). Each prompt's category is its first dimension; a prompt
// that stands in several entries is one with all their dimensions. Throws Error(kInput)
// "<origin>: entry N: …", N counted from 0.
[[nodiscard]] std::vector<Prompt> read_vbench_list(const Json& list, const std::string& origin);

// The list as a suite. Throws as read_vbench_list.
[[nodiscard]] ImportedSuite import_vbench(const Json& list, const std::string& origin,
                                          const VbenchImport& options);

}  // namespace vidbench::suites
