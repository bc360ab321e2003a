// Reads a multipart answer (RFC 2046): the parts between the boundaries of its Content-Type.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace vidbench::net {

struct Part {
  std::map<std::string, std::string> headers;  // names in lower case
  std::string_view content;                    // inside the body that was given
};

// Throws Error(kInput) for a Content-Type without a boundary and for a body without a whole part.
[[nodiscard]] std::vector<Part> read_multipart(std::string_view content_type, std::string_view body);

}  // namespace vidbench::net
