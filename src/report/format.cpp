#include "report/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "base/strings.h"

namespace vidbench::report {
namespace {

constexpr std::string_view kMissing = "–";

// What a value is divided by and called, so that a value and its interval share one scale.
struct Scale {
  double divisor = 1;
  std::string suffix;
};

Scale scale_of(double value, std::string_view unit) {
  const double size = std::abs(value);
  if (unit == "s") {
    if (size > 0 && size < 0.9995e-3) return {1e-6, " µs"};
    if (size > 0 && size < 0.9995) return {1e-3, " ms"};
    return {1, " s"};
  }
  if (unit == "B") {
    constexpr std::array kNames = {" B", " KiB", " MiB", " GiB", " TiB"};
    size_t step = 0;
    double divisor = 1;
    while (size / divisor >= 1023.95 && step + 1 < kNames.size()) {
      divisor *= 1024;
      ++step;
    }
    return {divisor, kNames[step]};
  }
  if (unit == "parameters") {
    if (size >= 0.9995e9) return {1e9, " B"};
    if (size >= 0.9995e6) return {1e6, " M"};
    if (size >= 0.9995e3) return {1e3, " k"};
    return {1, ""};
  }
  if (unit.empty()) return {1, ""};
  return {1, fmt::format(" {}", unit)};
}

// Three significant digits for what people compare; more would be noise.
int decimals_of(double scaled) {
  const double size = std::abs(scaled);
  if (size >= 99.95) return 0;
  if (size >= 9.995) return 1;
  if (size >= 0.9995 || size == 0) return 2;
  return 3;
}

std::string number(double scaled, int decimals) {
  std::string text = fmt::format("{:.{}f}", scaled, decimals);
  const bool is_zero = text.find_first_of("123456789") == std::string::npos;
  if (is_zero && scaled != 0) return fmt::format("{:.2g}", scaled);
  if (is_zero && text[0] == '-') text.erase(0, 1);
  return text;
}

int decimals_for(double value, const Scale& scale, std::string_view unit) {
  const int decimals = decimals_of(value / scale.divisor);
  if (unit == "B") return scale.divisor == 1 ? 0 : 1;
  return decimals;
}

bool is_control(uint32_t code) {
  // C0, DEL, C1, line and paragraph separators, and the marks that reorder or hide neighbouring text.
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x2069) || code == 0xfeff;
}

// Decodes one code point at `at` and moves past it; 0xfffd for a malformed byte.
uint32_t next_code_point(std::string_view text, size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const size_t length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
  if (length == 0 || at + length > text.size()) return ++at, 0xfffd;
  uint32_t code = length == 1 ? lead : lead & (0x7f >> length);
  for (size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[at + i]);
    if (byte >> 6 != 2) return ++at, 0xfffd;
    code = code << 6 | (byte & 0x3f);
  }
  constexpr std::array<uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kSmallest[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return ++at, 0xfffd;
  at += length;
  return code;
}

size_t code_point_width(uint32_t code) {
  if ((code >= 0x300 && code < 0x370) || (code >= 0xfe00 && code < 0xfe10) ||
      (code >= 0x20d0 && code < 0x2100))
    return 0;
  const bool is_wide = (code >= 0x1100 && code < 0x1160) || (code >= 0x2e80 && code < 0xa4d0) ||
                       (code >= 0xac00 && code < 0xd7a4) || (code >= 0xf900 && code < 0xfb00) ||
                       (code >= 0xfe30 && code < 0xfe70) || (code >= 0xff00 && code < 0xff61) ||
                       (code >= 0xffe0 && code < 0xffe7) || (code >= 0x1f300 && code < 0x1fb00) ||
                       (code >= 0x20000 && code < 0x40000);
  return is_wide ? 2 : 1;
}

std::string replace_each(std::string_view text, auto&& replacement) {
  std::string result;
  for (const char c : text) {
    const std::string_view mapped = replacement(c);
    if (mapped.empty())
      result += c;
    else
      result += mapped;
  }
  return result;
}

}  // namespace

std::string format_value(double value, std::string_view unit) {
  if (!std::isfinite(value)) return std::string(kMissing);
  if (unit == "s" && value >= 59.95) return human_duration(value);
  if (unit == "%") return number(value, decimals_of(value)) + "%";
  const Scale scale = scale_of(value, unit);
  return number(value / scale.divisor, decimals_for(value, scale, unit)) + scale.suffix;
}

std::string format_interval(double value, double low, double high, std::string_view unit) {
  std::string text = format_value(value, unit);
  if (!std::isfinite(value) || !std::isfinite(low) || !std::isfinite(high) || low == high) return text;
  if (unit == "s" && value >= 59.95)
    return fmt::format("{} [{}, {}]", text, human_duration(low), human_duration(high));
  const Scale scale = scale_of(value, unit);
  const int decimals = decimals_for(value, scale, unit);
  const double below = value - low, above = high - value, wider = std::max(below, above);
  if (std::min(below, above) >= 0.6 * wider)
    return fmt::format("{} ±{}", text, number(wider / scale.divisor, decimals));
  return fmt::format("{} [{}, {}]", text, number(low / scale.divisor, decimals),
                     number(high / scale.divisor, decimals));
}

std::string format_range(double value, double low, double high, std::string_view unit) {
  if (!std::isfinite(value) || !std::isfinite(low) || !std::isfinite(high) || low == high) return {};
  if (unit == "s" && value >= 59.95) return fmt::format("{}–{}", human_duration(low), human_duration(high));
  const Scale scale = scale_of(value, unit);
  const int decimals = decimals_for(value, scale, unit);
  return fmt::format("{}–{}", number(low / scale.divisor, decimals), number(high / scale.divisor, decimals));
}

std::string exact(double value) {
  if (!std::isfinite(value)) return {};
  return fmt::format("{}", value);
}

size_t display_width(std::string_view utf8) {
  size_t width = 0;
  for (size_t at = 0; at < utf8.size();) width += code_point_width(next_code_point(utf8, at));
  return width;
}

std::vector<std::string> wrapped(const std::string& text, size_t width, const std::string& indent) {
  std::vector<std::string> lines(1);
  for (const std::string& word : split(text, ' ')) {
    std::string& line = lines.back();
    if (!line.empty() && display_width(line) + 1 + display_width(word) > width)
      lines.push_back(indent + word);
    else
      line += (line.empty() ? "" : " ") + word;
  }
  return lines;
}

std::string wrap(const std::string& text, size_t width, const std::string& indent) {
  return join(wrapped(text, width, indent), "\n") + "\n";
}

std::string truncate(std::string_view utf8, size_t width) {
  if (display_width(utf8) <= width) return std::string(utf8);
  size_t used = 0, end = 0;
  for (size_t at = 0; at < utf8.size();) {
    used += code_point_width(next_code_point(utf8, at));
    if (used + 1 > width) break;
    end = at;
  }
  return std::string(utf8.substr(0, end)) + "…";
}

std::string printable(std::string_view text) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const size_t start = at;
    const uint32_t code = next_code_point(text, at);
    if (code == '\n' || code == '\t' || code == '\r')
      result += ' ';
    else if (code == 0xfffd || is_control(code))
      result += "\xef\xbf\xbd";
    else
      result += text.substr(start, at - start);
  }
  return result;
}

std::string escape_html(std::string_view text) {
  return replace_each(printable(text), [](char c) -> std::string_view {
    switch (c) {
      case '&':
        return "&amp;";
      case '<':
        return "&lt;";
      case '>':
        return "&gt;";
      case '"':
        return "&quot;";
      case '\'':
        return "&#39;";
      default:
        return {};
    }
  });
}

std::string escape_html_lines(std::string_view text) {
  std::string lines;
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    lines += escape_html(text.substr(start, end - start));
    lines += '\n';
    start = end + 1;
  }
  return lines;
}

std::string escape_markdown(std::string_view text) {
  return replace_each(printable(text), [](char c) -> std::string_view {
    switch (c) {
      case '\\':
        return "\\\\";
      case '|':
        return "\\|";
      case '<':
        return "&lt;";
      case '>':
        return "&gt;";
      case '&':
        return "&amp;";
      case '*':
        return "\\*";
      case '_':
        return "\\_";
      case '`':
        return "\\`";
      case '[':
        return "\\[";
      case ']':
        return "\\]";
      default:
        return {};
    }
  });
}

std::string escape_latex(std::string_view text) {
  return replace_each(printable(text), [](char c) -> std::string_view {
    switch (c) {
      case '\\':
        return "\\textbackslash{}";
      case '{':
        return "\\{";
      case '}':
        return "\\}";
      case '$':
        return "\\$";
      case '&':
        return "\\&";
      case '#':
        return "\\#";
      case '%':
        return "\\%";
      case '_':
        return "\\_";
      case '^':
        return "\\textasciicircum{}";
      case '~':
        return "\\textasciitilde{}";
      default:
        return {};
    }
  });
}

std::string escape_csv(std::string_view text) {
  std::string value = printable(text);
  if (!value.empty() && std::string_view("=+-@").find(value[0]) != std::string_view::npos)
    value = fmt::format("'{}", value);
  if (value.find_first_of(",\"") == std::string::npos) return value;
  return fmt::format("\"{}\"",
                     replace_each(value, [](char c) -> std::string_view { return c == '"' ? "\"\"" : ""; }));
}

std::string escape_url_path(std::string_view path) {
  constexpr std::string_view kPlain = "-._~/";
  std::string url;
  for (const char c : path) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       kPlain.find(c) != std::string_view::npos;
    if (plain)
      url += c;
    else
      url += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return url;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    uint32_t group = 0;
    const size_t count = std::min<size_t>(3, bytes.size() - at);
    for (size_t i = 0; i < 3; ++i)
      group = group << 8 | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (size_t i = 0; i < 4; ++i) text += i <= count ? kAlphabet[group >> (18 - 6 * i) & 63] : '=';
  }
  return text;
}

}  // namespace vidbench::report
