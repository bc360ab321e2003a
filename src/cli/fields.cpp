#include "cli/fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "cli/context.h"
#include "report/format.h"

namespace vidbench::cli {
namespace {

// Fields with their texts wrapped at spaces beside them.
std::string wrapped(const Fields& fields, size_t width) {
  constexpr size_t kLabel = 16;
  const size_t room = std::max<size_t>(width, kLabel + 24) - kLabel;
  std::string text;
  for (const auto& [name, value] : fields) {
    std::string line, label = name;
    const auto flush = [&] {
      text += fmt::format("{:<{}}{}\n", label, kLabel, line);
      label.clear();
      line.clear();
    };
    for (const std::string& word : split(report::printable(value), ' ')) {
      if (!line.empty() && report::display_width(line) + 1 + report::display_width(word) > room) flush();
      line += (line.empty() ? "" : " ") + word;
    }
    flush();
  }
  return text;
}

}  // namespace

void print_fields(Fields fields, const std::string& format) {
  std::erase_if(fields, [](const auto& field) { return field.second.empty(); });
  if (format == "table") return print(wrapped(fields, std::min<size_t>(stdout_style().width, 110)));
  report::Table table;
  table.columns = {{"field"}, {"value"}};
  for (const auto& [name, value] : fields) table.rows.push_back({{name}, {value}});
  print_table(table, format);
}

}  // namespace vidbench::cli
