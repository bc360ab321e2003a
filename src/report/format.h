// How numbers and names are written for people: one rule per unit, and one escape per output language.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace vidbench::report {

// "112 ms", "1.5 GiB", "0.823", "12.4 videos/s"; "–" for a value that is not finite. Units: "s", "B",
// "videos/s",
// "%", "parameters" or anything else, which is appended after a space.
[[nodiscard]] std::string format_value(double value, std::string_view unit);

// The value with its interval in the value's own unit: "112 ms ±8" when the interval is nearly symmetric,
// "112 ms [104, 131]" when it is not, the value alone when low == high.
[[nodiscard]] std::string format_interval(double value, double low, double high, std::string_view unit);

// "104–120": the interval in the value's unit and scale, without the unit; "" when low == high.
[[nodiscard]] std::string format_range(double value, double low, double high, std::string_view unit);

// The shortest text that reads back as the same double (as JSON writes it); "" for a value that is not
// finite.
[[nodiscard]] std::string exact(double value);

// Terminal columns that the UTF-8 text takes: combining marks 0, East Asian wide characters and emoji 2.
[[nodiscard]] size_t display_width(std::string_view utf8);
// Lines of at most `width` columns, cut at spaces; all but the first begin with `indent`. A word that is
// wider stands alone.
[[nodiscard]] std::vector<std::string> wrapped(const std::string& text, size_t width,
                                               const std::string& indent);
// The same as one text, each line ending in \n.
[[nodiscard]] std::string wrap(const std::string& text, size_t width, const std::string& indent);
// At most `width` columns, ending in "…" when something was cut.
[[nodiscard]] std::string truncate(std::string_view utf8, size_t width);

// Valid UTF-8 without control characters: what arrives from catalogues and workers must not drive a terminal.
[[nodiscard]] std::string printable(std::string_view text);

[[nodiscard]] std::string escape_html(std::string_view text);        // for text and for quoted attributes
[[nodiscard]] std::string escape_html_lines(std::string_view text);  // the same, keeping line ends
[[nodiscard]] std::string escape_markdown(std::string_view text);    // one table cell
[[nodiscard]] std::string escape_latex(std::string_view text);
// Quoted when needed; a leading = + - @ of a text gets an apostrophe, so that a spreadsheet does not run it.
[[nodiscard]] std::string escape_csv(std::string_view text);

// A relative path as a URL: all but letters, digits, "-", ".", "_", "~" and "/" in percent encoding.
[[nodiscard]] std::string escape_url_path(std::string_view path);

[[nodiscard]] std::string base64(std::string_view bytes);

}  // namespace vidbench::report
