// Variables of the environment, where an empty one counts as none.
#pragma once

#include <filesystem>
#include <string>

namespace vidbench {

// "" when it is not set. Thread rule: nobody sets variables once threads run.
[[nodiscard]] std::string variable(const char* name);

// $VIDBENCH_CACHE, else cache_home() (base/files.h).
[[nodiscard]] std::filesystem::path cache_directory();

}  // namespace vidbench
