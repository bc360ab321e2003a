#include "report/html_page.h"

#include <fmt/format.h>

#include "report/format.h"
#include "report/html_assets.h"

namespace vidbench::report {
namespace {

// Even if some text escaped its escaping, the browser would load nothing and send nothing.
constexpr const char* kContentPolicy =
    "default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; script-src &#39;unsafe-inline&#39;; "
    "media-src {}; img-src data:; base-uri &#39;none&#39;; form-action &#39;none&#39;";

}  // namespace

std::string html_page(const HtmlPage& page) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"generator\" content=\"vidbench\">\n<title>{} — vidbench</title>\n<style>\n{}</style>\n"
      "</head>\n<body>\n{}\n<main>\n{}\n</main>\n<footer>{}</footer>\n<script>\n{}</script>\n"
      "</body>\n</html>\n",
      fmt::format(kContentPolicy, page.media_source), escape_html(page.title), kReportCss, page.head,
      page.body, page.footer, kReportScript);
}

std::string html_fact(const std::string& name, const std::string& value) {
  return fmt::format("<div>{} <b>{}</b></div>", name, escape_html(value));
}

std::string html_heading(const std::string& text, bool number, bool higher_first,
                         const std::string& tooltip) {
  return fmt::format("<th{} data-first=\"{}\" title=\"{}\"><button type=\"button\">{}</button></th>",
                     number ? " class=\"num\"" : "", higher_first ? "descending" : "ascending",
                     escape_html(tooltip), escape_html(text));
}

}  // namespace vidbench::report
