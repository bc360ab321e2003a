#include "weights/import.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/time.h"
#include "blobs/file_lock.h"
#include "weights/fetch.h"

namespace vidbench::weights {
namespace fs = std::filesystem;
namespace {

// The digest of what was written, so that a source that changes meanwhile cannot slip in unchecked.
Pin copy(const fs::path& from, const fs::path& to, const std::stop_token& stop) {
  std::ifstream source(from, std::ios::binary);
  if (!source) throw_input("cannot read " + from.string());
  std::ofstream target(to, std::ios::binary | std::ios::trunc);
  if (!target) throw_write(to);
  Sha256 hash;
  Pin pin;
  std::vector<char> block(size_t{1} << 20);
  while (source.read(block.data(), static_cast<std::streamsize>(block.size())) || source.gcount() > 0) {
    if (stop.stop_requested()) throw Error(ErrorCode::kInterrupted, "interrupted");
    const std::string_view content(block.data(), static_cast<size_t>(source.gcount()));
    hash.update(content);
    pin.bytes += content.size();
    if (!target.write(content.data(), static_cast<std::streamsize>(content.size()))) throw_write(to);
  }
  if (source.bad()) throw_input("cannot read " + from.string() + " to its end");
  target.close();
  if (!target) throw_write(to);
  pin.sha256 = hash.hex();
  return pin;
}

Pin hard_link(const fs::path& from, const fs::path& to) {
  if (::link(fs::canonical(from).c_str(), to.c_str()) != 0)
    throw_environment(
        fmt::format("cannot link {} to {}: {}", from.string(), to.string(), std::strerror(errno)),
        "without --link the file is copied");
  Pin pin;
  pin.sha256 = sha256_file(to);
  pin.bytes = fs::file_size(to);
  return pin;
}

// Why the source is not the file, "" when it is in place now.
std::string take(const Folder& folder, const OfficialFile& file, const fs::path& source,
                 const ImportOptions& options, const std::stop_token& stop) {
  const TemporaryFile temporary(folder.path() / (file.name + ".tmp"));
  try {
    Pin pin = options.hard_link ? hard_link(source, temporary.path()) : copy(source, temporary.path(), stop);
    pin.pinned_at = now_rfc3339();
    pin.source = fs::absolute(source).string();
    if (std::string objection = folder.objection(file, pin.sha256, pin.bytes); !objection.empty())
      return objection;
    if (file.sha256.empty()) refuse_text(temporary.path());
    folder.keep_pin(file, pin);
    put_in_place(temporary.path(), folder.file(file.name));
    return "";
  } catch (const Error& e) {
    if (e.code() != ErrorCode::kInput) throw;
    return e.what();
  }
}

ImportedFile import_one(const Folder& folder, const OfficialFile& file, const std::vector<fs::path>& sources,
                        const ImportOptions& options, const std::stop_token& stop) {
  ImportedFile result{file.name, sources.front(), "", false};
  const blobs::FileLock lock(folder.path() / (file.name + ".lock"), stop, [](const fs::path& path) {
    log_info("waiting for another vidbench that holds " + path.string() + " …");
  });
  options.on_file(file);
  if (folder.status(file, true).state == FileState::kPresent && folder.evidence(file) != Evidence::kNone) {
    result.already_there = true;
    return result;
  }
  for (const fs::path& source : sources) {
    result.source = source;
    result.problem = take(folder, file, source, options, stop);
    if (result.problem.empty()) break;
  }
  return result;
}

// Regular files below `source` by name, sorted by path.
std::map<std::string, std::vector<fs::path>> files_below(const fs::path& source) {
  std::vector<fs::path> files;
  std::error_code ec;
  auto entry = fs::recursive_directory_iterator(source, fs::directory_options::skip_permission_denied, ec);
  if (ec || !fs::is_directory(source))
    throw_input(fmt::format("{} is not a folder that can be read", source.string()));
  for (; entry != fs::end(entry); entry.increment(ec))
    if (entry->is_regular_file(ec)) files.push_back(entry->path());
  std::sort(files.begin(), files.end());
  std::map<std::string, std::vector<fs::path>> by_name;
  for (fs::path& file : files) by_name[file.filename().string()].push_back(std::move(file));
  return by_name;
}

}  // namespace

ImportResult import_files(const Folder& folder, const Manifest& manifest, const fs::path& source,
                          const ImportOptions& options, const std::stop_token& stop) {
  auto found = files_below(source);
  std::error_code ec;
  fs::create_directories(folder.path(), ec);
  ImportResult result;
  for (const OfficialFile& file : manifest.files) {
    const auto sources = found.find(file.name);
    if (sources == found.end()) continue;
    result.files.push_back(import_one(folder, file, sources->second, options, stop));
    found.erase(sources);
    if (stop.stop_requested()) throw Error(ErrorCode::kInterrupted, "interrupted");
  }
  for (auto& [name, paths] : found) result.unknown.insert(result.unknown.end(), paths.begin(), paths.end());
  std::sort(result.unknown.begin(), result.unknown.end());
  return result;
}

}  // namespace vidbench::weights
