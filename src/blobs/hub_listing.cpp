#include "blobs/hub_listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/strings.h"
#include "blobs/reference.h"

namespace vidbench::blobs {
namespace {

constexpr size_t kMostFiles = 100'000;

[[noreturn]] void fail(const std::string& origin, const std::string& problem) {
  throw_input(origin + ": " + problem, "is HF_ENDPOINT a Hugging Face Hub?");
}

HubFile read_file_entry(const Json& json, const std::string& origin) {
  HubFile file;
  file.path = text_or_empty(json, "rfilename");
  if (!is_safe_path(file.path))
    fail(origin, fmt::format("'{}' is no path in a repository", one_line(file.path)));
  const Json lfs = json.value("lfs", Json());
  const Json size = lfs.is_object() && lfs.contains("size") ? lfs["size"] : json.value("size", Json());
  if (!size.is_number_unsigned()) fail(origin, fmt::format("no size of {} is told", file.path));
  file.bytes = size.get<uint64_t>();
  if (file.bytes > kLargestFile_bytes) fail(origin, fmt::format("{} has {} bytes", file.path, file.bytes));
  file.sha256 = text_or_empty(lfs, "sha256");
  if (!file.sha256.empty() && !is_sha256(file.sha256))
    fail(origin, fmt::format("the sha256 of {} is '{}'", file.path, one_line(file.sha256)));
  if (!file.sha256.empty()) return file;
  file.git_sha1 = text_or_empty(json, "blobId");
  if (!is_hex(file.git_sha1, 40)) fail(origin, fmt::format("no digest of {} is told", file.path));
  return file;
}

}  // namespace

HubListing parse_hub_listing(std::string_view json_text, const std::string& origin) {
  const Json json = parse_json(json_text, origin);
  HubListing listing;
  listing.commit = text_or_empty(json, "sha");
  if (!is_commit(listing.commit)) fail(origin, "it tells no commit");
  const auto files = json.find("siblings");
  if (files == json.end() || !files->is_array() || files->size() > kMostFiles)
    fail(origin, "it tells no list of files");
  std::set<std::string> paths;
  for (const Json& entry : *files) {
    listing.files.push_back(read_file_entry(entry, origin));
    if (!paths.insert(listing.files.back().path).second)
      fail(origin, fmt::format("it tells {} twice", listing.files.back().path));
  }
  std::sort(listing.files.begin(), listing.files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return listing;
}

}  // namespace vidbench::blobs
