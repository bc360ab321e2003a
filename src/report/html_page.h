// The frame of every page that vidbench writes: one file, its style and script inside, nothing loaded from
// elsewhere.
#pragma once

#include <string>

namespace vidbench::report {

struct HtmlPage {
  std::string title;         // plain text; of the browser's tab
  std::string media_source;  // what <video> may play, as a Content-Security-Policy source list: "data:"
  std::string head;          // HTML: the <header>
  std::string body;          // HTML: sections
  std::string footer;        // HTML
};

[[nodiscard]] std::string html_page(const HtmlPage& page);
// "name value" of a page's header, escaped.
[[nodiscard]] std::string html_fact(const std::string& name, const std::string& value);
// A heading by which the table can be sorted; `higher_first`: the first click puts the largest on top.
[[nodiscard]] std::string html_heading(const std::string& text, bool number, bool higher_first,
                                       const std::string& tooltip = "");

}  // namespace vidbench::report
