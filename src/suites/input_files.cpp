#include "suites/input_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "base/digest_memo.h"
#include "base/files.h"
#include "base/strings.h"
#include "suites/prompts.h"
#include "suites/suite.h"

namespace vidbench::suites {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMaxPathBytes = 4000;

struct Kind {
  std::vector<std::string> endings;
  uintmax_t limit;
};

const Kind& kind_of(const std::string& key) {
  static const Kind image = {{".png", ".jpg", ".jpeg", ".webp", ".bmp"}, kMaxImageBytes};
  static const Kind video = {{".mp4", ".webm", ".mkv", ".mov", ".avi", ".gif", ".npy"}, kMaxVideoBytes};
  return key == "image" ? image : video;
}

void require_ending(const YamlMap& entry, const std::string& key, const fs::path& file) {
  const auto& endings = kind_of(key).endings;
  std::string ending = file.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  if (std::find(endings.begin(), endings.end(), ending) == endings.end())
    entry.fail(key, fmt::format("'{}' is no {}: its name ends in none of the known ways", file.string(), key),
               "one of: " + join(endings, ", "));
}

void require_file(const YamlMap& entry, const std::string& key, const fs::path& file) {
  std::error_code ec;
  const auto status = fs::status(file, ec);
  if (!fs::exists(status))
    entry.fail(key, fmt::format("{} '{}' is not there", key, file.string()),
               "a path starts at the folder of the suite's file");
  if (!fs::is_regular_file(status))
    entry.fail(key, fmt::format("{} '{}' is not a regular file", key, file.string()));
  const uintmax_t bytes = fs::file_size(file, ec);
  if (ec || bytes == 0) entry.fail(key, fmt::format("{} '{}' is empty", key, file.string()));
  if (bytes > kind_of(key).limit)
    entry.fail(key, fmt::format("{} '{}' has {} bytes, more than {}", key, file.string(), bytes,
                                kind_of(key).limit));
}

}  // namespace

InputFile read_input_file(YamlMap& entry, const std::string& key, const fs::path& folder) {
  const std::string text = entry.text(key, "");
  if (!entry.has(key)) return {};
  const std::string name = plain_text(entry, key, key, text, kMaxPathBytes);
  if (name.empty()) entry.fail(key, fmt::format("'{}' is empty", key), "name a file, or leave the key out");
  if (folder.empty())
    entry.fail(key, fmt::format("'{}' names a file, but the suite has no folder to find it from", key),
               "write the suite into a file");
  const fs::path file = (folder / name).lexically_normal();
  require_ending(entry, key, file);
  require_file(entry, key, file);
  return {file, DigestMemo(cache_home() / "digests").sha256(file)};
}

}  // namespace vidbench::suites
