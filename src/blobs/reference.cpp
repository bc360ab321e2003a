#include "blobs/reference.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/strings.h"
#include "base/url.h"
#include "base/variable.h"

namespace vidbench::blobs {
namespace {

constexpr size_t kLongestPath = 1024;

bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= 128 && text.front() != '.' && text.find("..") == std::string::npos &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                  c == '_' || c == '.';
         });
}

}  // namespace

std::string Reference::leaf() const {
  std::string text = percent_encode(revision);
  if (!variant.empty()) text += "~variant-" + percent_encode(variant);
  if (!path.empty()) text += "~path-" + percent_encode(path);
  return text;
}

std::string Reference::key() const { return host + "/" + repository + "/" + leaf(); }

std::string Reference::text() const {
  return repository + (path.empty() ? "" : "/" + path) + (revision == "main" ? "" : "@" + revision);
}

std::string hub_endpoint() {
  std::string endpoint = variable("HF_ENDPOINT");
  if (endpoint.empty()) endpoint = "https://huggingface.co";
  while (endpoint.ends_with('/')) endpoint.pop_back();
  if (!parse_url(endpoint))
    throw_input(fmt::format("HF_ENDPOINT is '{}', which is no http or https address", one_line(endpoint)));
  return endpoint;
}

std::string hub_host() {
  std::string host = parse_url(hub_endpoint())->origin();
  host = host.substr(host.find("://") + 3);
  std::replace(host.begin(), host.end(), ':', '_');
  return host;
}

bool is_repository(const std::string& text) {
  const size_t slash = text.find('/');
  return slash != std::string::npos && is_name(text.substr(0, slash)) && is_name(text.substr(slash + 1));
}

bool is_safe_path(const std::string& text) {
  if (text.empty() || text.size() > kLongestPath) return false;
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return (c >= '\0' && c < ' ') || c == 127 || c == '\\'; }))
    return false;
  const auto parts = split(text, '/');
  return std::none_of(parts.begin(), parts.end(), [](const std::string& part) {
    return part.empty() || part == "." || part == ".." || part.size() > 255;
  });
}

bool is_hex(const std::string& text, size_t count) {
  return text.size() == count && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool is_commit(const std::string& text) { return is_hex(text, 40) || is_hex(text, 64); }

std::string hub_folder(const std::string& repository) {
  std::string name = "models--";
  for (const char c : repository) c == '/' ? name += "--" : name += c;
  return name;
}

}  // namespace vidbench::blobs
