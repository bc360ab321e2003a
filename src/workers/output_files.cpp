#include "workers/output_files.h"

#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

#include "base/time.h"

namespace vidbench::workers {
namespace fs = std::filesystem;
namespace {

using Names = std::vector<std::string>;

bool is_pattern(const std::string& name) { return name.find_first_of("*?[") != std::string::npos; }

void add_file(const fs::path& file, FileStamps& found) {
  struct stat info {};
  if (::lstat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode))
    found[file] = {info.st_ino, info.st_size, to_ns(info.st_mtim)};
}

void walk(const fs::path& folder, const Names& names, size_t at, FileStamps& found) {
  const std::string& name = names[at];
  const bool last = at + 1 == names.size();
  if (!is_pattern(name))
    return last ? add_file(folder / name, found) : walk(folder / name, names, at + 1, found);
  if (name == "**" && !last) walk(folder, names, at + 1, found);
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(folder, ec)) {
    const bool is_folder = entry.is_directory(ec) && !entry.is_symlink(ec);
    if (name == "**" && is_folder) walk(entry.path(), names, at, found);
    if (name == "**" || ::fnmatch(name.c_str(), entry.path().filename().c_str(), FNM_PERIOD) != 0) continue;
    if (last)
      add_file(entry.path(), found);
    else if (is_folder)
      walk(entry.path(), names, at + 1, found);
  }
}

}  // namespace

FileStamps matching_files(const fs::path& pattern) {
  FileStamps found;
  Names names;
  for (const fs::path& name : pattern.relative_path()) names.push_back(name.string());
  if (!names.empty()) walk(pattern.root_path(), names, 0, found);
  return found;
}

std::vector<fs::path> new_files(const FileStamps& before, const FileStamps& after) {
  std::vector<fs::path> files;
  for (const auto& [path, stamp] : after) {
    const auto old = before.find(path);
    if (old == before.end() || !(old->second == stamp)) files.push_back(path);
  }
  std::stable_sort(files.begin(), files.end(), [&](const auto& a, const auto& b) {
    return after.at(a).changed_ns > after.at(b).changed_ns;
  });
  return files;
}

std::string video_kind(const fs::path& file) {
  std::array<char, 16> start{};
  std::ifstream(file, std::ios::binary).read(start.data(), start.size());
  const std::string_view text(start.data(), start.size());
  if (text.substr(4, 4) == "ftyp") return ".mp4";
  if (text.starts_with("\x1A\x45\xDF\xA3")) return ".webm";
  if (text.starts_with("RIFF") && text.substr(8, 4) == "AVI ") return ".avi";
  if (text.starts_with("GIF8")) return ".gif";
  if (text.starts_with("\x93NUMPY")) return ".npy";
  return "";
}

}  // namespace vidbench::workers
