#include "blobs/serve_reply.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>

#include "base/hash.h"
#include "base/strings.h"
#include "base/time.h"
#include "blobs/reference.h"

namespace vidbench::blobs {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kBlobs = "/blobs/sha256-", kManifests = "/manifests/";

ServeReply refuse(int status, const std::string& text) {
  ServeReply reply;
  reply.status = status;
  reply.text = text + "\n";
  reply.length = reply.text.size();
  reply.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
  return reply;
}

std::optional<std::string> percent_decode(std::string_view text) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size() || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0) return std::nullopt;
    decoded += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
    i += 2;
  }
  return decoded;
}

struct Served {
  fs::path file;
  std::string etag, type;
};

struct stat status_of(const fs::path& file) {
  struct stat status {};
  if (::lstat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) status.st_size = -1;
  return status;
}

// Every part is checked, so that no link and no ".." leads out.
std::optional<Served> locate(const Store& store, std::string_view target) {
  target = target.substr(0, target.find('?'));
  if (target.starts_with(kBlobs)) {
    const std::string sha256(target.substr(kBlobs.size()));
    if (!is_sha256(sha256)) return std::nullopt;
    return Served{store.blob(sha256), "\"" + sha256 + "\"", "application/octet-stream"};
  }
  if (!target.starts_with(kManifests)) return std::nullopt;
  const auto name = percent_decode(target.substr(kManifests.size()));
  if (!name || !is_safe_path(*name) || !name->ends_with(".json") || split(*name, '/').size() != 4)
    return std::nullopt;
  const fs::path file = store.root() / "manifests" / *name;
  const auto status = status_of(file);
  return Served{file, fmt::format("\"{:x}-{:x}-{:x}\"", status.st_ino, status.st_size, to_ns(status.st_mtim)),
                "application/json"};
}

struct Range {
  uint64_t first = 0, last = 0;
};

enum class RangeKind { kNone, kOne, kUnsatisfiable };

// One range of bytes; several, or another form, are as good as none (RFC 9110, 14.2).
RangeKind read_range(const std::string& header, uint64_t size, Range& range) {
  if (!header.starts_with("bytes=")) return RangeKind::kNone;
  const std::string_view text = std::string_view(header).substr(6);
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) return RangeKind::kNone;
  const auto first = parse_whole(text.substr(0, dash)), last = parse_whole(text.substr(dash + 1));
  if (dash == 0) {  // the last so many
    if (!last) return RangeKind::kNone;
    if (*last == 0 || size == 0) return RangeKind::kUnsatisfiable;
    range = {size - std::min(size, *last), size - 1};
    return RangeKind::kOne;
  }
  if (!first || (!last && dash + 1 != text.size()) || (last && *last < *first)) return RangeKind::kNone;
  if (*first >= size) return RangeKind::kUnsatisfiable;
  range = {*first, std::min(last.value_or(size - 1), size - 1)};
  return RangeKind::kOne;
}

bool names_tag(const std::string& header, const std::string& etag) {
  const auto tags = split(header, ',');
  return std::any_of(tags.begin(), tags.end(), [&](const std::string& tag) {
    const std::string plain = trim(tag);
    return plain == "*" || plain == etag || plain == "W/" + etag;
  });
}

}  // namespace

ServeReply reply_to(const Store& store, const ServeRequest& request) {
  if (request.method != "GET" && request.method != "HEAD") {
    ServeReply reply = refuse(405, "this store is for reading: GET and HEAD");
    reply.headers.emplace_back("Allow", "GET, HEAD");
    return reply;
  }
  const auto served = locate(store, request.target);
  if (!served)
    return refuse(404,
                  "there are /blobs/sha256-<64 digits> and /manifests/<host>/<owner>/<name>/<revision>.json");
  const int64_t size = status_of(served->file).st_size;
  if (size < 0) return refuse(404, "this store does not have it");
  ServeReply reply;
  reply.headers = {{"ETag", served->etag}, {"Accept-Ranges", "bytes"}, {"Content-Type", served->type}};
  if (!request.if_none_match.empty() && names_tag(request.if_none_match, served->etag)) {
    reply.status = 304;
    return reply;
  }
  reply.file = served->file;
  reply.length = static_cast<uint64_t>(size);
  const bool same = request.if_range.empty() || request.if_range == served->etag;
  Range range;
  switch (same ? read_range(request.range, reply.length, range) : RangeKind::kNone) {
    case RangeKind::kNone:
      return reply;
    case RangeKind::kUnsatisfiable: {
      ServeReply refusal = refuse(416, fmt::format("the file has {} bytes", size));
      refusal.headers.emplace_back("Content-Range", fmt::format("bytes */{}", size));
      return refusal;
    }
    case RangeKind::kOne:
      break;
  }
  reply.status = 206;
  reply.headers.emplace_back("Content-Range", fmt::format("bytes {}-{}/{}", range.first, range.last, size));
  reply.offset = range.first;
  reply.length = range.last - range.first + 1;
  return reply;
}

}  // namespace vidbench::blobs
