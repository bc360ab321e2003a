// What is known of one thing, as names and texts.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace vidbench::cli {

using Fields = std::vector<std::pair<std::string, std::string>>;

// In `format` table (texts wrapped beside their names), csv or md. Fields without a text are left out.
void print_fields(Fields fields, const std::string& format);

}  // namespace vidbench::cli
