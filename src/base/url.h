// The few things we must know of an address: where it goes, and how a text is written inside it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vidbench {

// An absolute http or https address. `host` is in lower case, `port` is the scheme's when none is written.
struct Url {
  std::string scheme, host;
  int port = 0;
  std::string path;   // begins with '/', without query
  std::string query;  // without '?', may be empty
  // "https://host" with the port where it is not the scheme's.
  [[nodiscard]] std::string origin() const;
  [[nodiscard]] std::string text() const;
};

// Nothing for what is not such an address, or carries a user, white space or control characters. A fragment
// is dropped.
[[nodiscard]] std::optional<Url> parse_url(std::string_view text);

// `location` as a redirect of `base` means it: absolute, or from the host's root, or beside the path.
[[nodiscard]] std::optional<Url> resolve(const Url& base, std::string_view location);

// Percent-encodes everything but unreserved characters (RFC 3986) and those of `also`.
[[nodiscard]] std::string percent_encode(std::string_view text, std::string_view also = "");

// Whether `host` is `pattern`, or below "*.example.com" for a pattern of that form.
[[nodiscard]] bool host_matches(std::string_view host, std::string_view pattern);

}  // namespace vidbench
