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

report::View fields_view(const std::string& title, std::function<Fields()> fields,
                         std::function<Json()> document) {
  const auto known = [fields = std::move(fields)] {
    Fields all = fields();
    std::erase_if(all, [](const auto& field) { return field.second.empty(); });
    return all;
  };
  report::View view;
  view.title = title;
  view.document = std::move(document);
  view.table = [known](bool) {
    report::Table table;
    table.columns = {{"field"}, {"value"}};
    for (const auto& [name, value] : known()) table.rows.push_back({{name}, {value}});
    return table;
  };
  view.own["table"] = [known] { return wrapped(known(), std::min<size_t>(stdout_style().width, 110)); };
  return view;
}

}  // namespace vidbench::cli
