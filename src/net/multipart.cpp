#include "net/multipart.h"

#include "base/error.h"
#include "base/strings.h"

namespace vidbench::net {
namespace {

constexpr size_t kMaximumParts = 100;

std::string boundary_of(std::string_view content_type) {
  if (!lower(std::string(content_type)).starts_with("multipart/"))
    throw_input("the answer is not multipart, but '" + one_line(content_type) + "'");
  for (const std::string& parameter : split(content_type, ';')) {
    const std::string text = trim(parameter);
    if (!lower(text).starts_with("boundary=")) continue;
    std::string value = text.substr(9);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    if (!value.empty()) return value;
  }
  throw_input("the multipart answer names no boundary");
}

Part read_part(std::string_view text) {
  Part part;
  const size_t end = text.find("\r\n\r\n");
  // Without headers a part begins with the empty line.
  const std::string_view head = text.starts_with("\r\n") ? "" : text.substr(0, end);
  if (end == std::string_view::npos && !text.starts_with("\r\n"))
    throw_input("a part of the answer has no end of headers");
  part.content = text.starts_with("\r\n") ? text.substr(2) : text.substr(end + 4);
  for (const std::string& line : split(head, '\n')) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    part.headers[lower(trim(std::string_view(line).substr(0, colon)))] =
        trim(std::string_view(line).substr(colon + 1));
  }
  return part;
}

}  // namespace

std::vector<Part> read_multipart(std::string_view content_type, std::string_view body) {
  const std::string delimiter = "--" + boundary_of(content_type);
  std::vector<Part> parts;
  size_t at = body.find(delimiter);
  while (at != std::string_view::npos && parts.size() < kMaximumParts) {
    const size_t line = body.find("\r\n", at + delimiter.size());
    const bool last = body.substr(at + delimiter.size()).starts_with("--");
    if (last || line == std::string_view::npos) break;
    const size_t next = body.find("\r\n" + delimiter, line);
    if (next == std::string_view::npos) throw_input("the multipart answer ends inside a part");
    parts.push_back(read_part(body.substr(line + 2, next > line + 2 ? next - line - 2 : 0)));
    at = next + 2;
  }
  if (parts.empty()) throw_input("the multipart answer has no part");
  return parts;
}

}  // namespace vidbench::net
