// What is known of one thing, as names and texts.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "report/view.h"

namespace vidbench::cli {

using Fields = std::vector<std::pair<std::string, std::string>>;

// For a terminal with texts wrapped beside their names, else a table of both. Fields without a text are left
// out.
[[nodiscard]] report::View fields_view(const std::string& title, std::function<Fields()> fields,
                                       std::function<Json()> document);

}  // namespace vidbench::cli
