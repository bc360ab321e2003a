#include "bundle/import.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/strings.h"
#include "bundle/reader.h"
#include "bundle/staging.h"
#include "engine/run.h"

namespace vidbench::bundle {
namespace fs = std::filesystem;
namespace {

// Writes the files of a bundle below a folder, one after the other; each survives a power loss once it is
// complete.
class FolderSink {
 public:
  explicit FolderSink(fs::path folder) : folder_(std::move(folder)) {}
  ~FolderSink() {
    if (fd_ >= 0) ::close(fd_);
  }
  FolderSink(const FolderSink&) = delete;
  FolderSink& operator=(const FolderSink&) = delete;

  void take(const File& file, std::string_view piece) {
    const fs::path path = folder_ / file.name;
    if (fd_ < 0) open(path);
    if (piece.empty()) return close(path);
    while (!piece.empty()) {
      const ssize_t written = ::write(fd_, piece.data(), piece.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) throw_write(path);
      piece.remove_prefix(static_cast<size_t>(written));
    }
  }

 private:
  void open(const fs::path& path) {
    fs::create_directories(path.parent_path());
    fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd_ < 0) throw_write(path);
  }
  void close(const fs::path& path) {
    if (::fdatasync(fd_) != 0) throw_write(path);
    ::close(fd_);
    fd_ = -1;
  }

  fs::path folder_;
  int fd_ = -1;
};

void require_room(const Index& index, const fs::path& folder) {
  std::error_code ec;
  const auto space = fs::space(folder, ec);
  if (!ec && index.total_bytes() > space.available)
    throw_environment(fmt::format("{} needs {}, {} has {} free", index.run, human_bytes(index.total_bytes()),
                                  folder.string(), human_bytes(space.available)),
                      "free some, or name another folder with --out");
}

// sha256 of the results as this store would export them, with the bundle's options.
std::string results_digest(const store::RunContent& content, const Index& index) {
  Sha256 hash;
  write_results(content, {index.logs, is_public(content.run.manifest)},
                [&](std::string_view piece) { hash.update(piece); });
  return hash.hex();
}

std::string listed_digest(const Index& index, std::string_view name) {
  for (const File& file : index.files)
    if (file.name == name) return file.sha256;
  return "";
}

// The run with the id it has here is the bundle's: same records, same manifest but for private prompts.
bool is_same_run(store::Store& store, const Content& content, const std::string& id) {
  store::RunContent known = store.export_run(id);
  known.run.id = content.index.run;
  if (!content.index.prompts && has_private_prompts(known.run.manifest)) known.run.manifest.erase("prompts");
  return known.run.manifest == content.run.run.manifest &&
         results_digest(known, content.index) == listed_digest(content.index, kResultsName);
}

// A folder of that name without a run: left by an import that was killed in its last step, or somebody's.
void clear_target(const fs::path& target, const Content& content) {
  std::error_code ec;
  if (!fs::exists(target, ec)) return;
  if (engine::run_is_active(target))
    throw_input(fmt::format("another process works on {}", target.string()), "wait for it, or stop it");
  if (fs::exists(target / kIndexName, ec) &&
      read_file(target / kIndexName, kMaxIndexBytes) == content.index_text) {
    fs::remove_all(target);
    return;
  }
  throw_input(fmt::format("{} is there already, and belongs to no run of this store", target.string()),
              "move it away, or import with another name: --as ID");
}

std::string wanted_id(const ImportOptions& options, const Index& index) {
  if (options.as.empty()) return index.run;
  if (!is_safe_part(options.as) || options.as == "last" || options.as.find('%') != std::string::npos)
    throw_input(fmt::format("--as '{}' is no run id", one_line(options.as)),
                "letters, digits, '.', '_', '@', '+' and '-'");
  return options.as;
}

void publish(store::Store& store, Content& content, Import& result, Staging& staging) {
  write_file_atomic(staging.path() / kManifestName, content.manifest_text);
  write_file_atomic(staging.path() / kIndexName, content.index_text);
  store::RunRecord& run = content.run.run;
  run.id = result.run;
  run.directory = result.directory.string();
  run.imported_from = result.index.digest();
  for (auto& sample : content.run.samples)
    if (sample.video)
      if (const auto video = content.videos.find(sample.id); video != content.videos.end())
        sample.video->path = (result.directory / video->second).string();
  clear_target(result.directory, content);
  staging.publish(result.directory);
  try {
    store.import_run(content.run);
  } catch (...) {
    staging.withdraw();
    throw;
  }
}

}  // namespace

std::string to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::kImported:
      return "imported";
    case Outcome::kVerified:
      return "verified";
    case Outcome::kAlreadyThere:
      break;
  }
  return "already there";
}

Import import_bundle(store::Store& store, const fs::path& file, const ImportOptions& options,
                     const std::stop_token& stop) {
  ArchiveReader archive(file);
  const fs::path runs = fs::absolute(options.runs_directory);
  std::optional<Staging> staging;
  std::optional<FolderSink> folder;
  const auto prepare = [&](const Index& index) {
    (void)wanted_id(options, index);
    if (options.dry_run) return;
    staging.emplace(runs);
    require_room(index, runs);
    folder.emplace(staging->path());
  };
  const auto take = [&](const File& one, std::string_view piece) {
    if (folder) folder->take(one, piece);
  };
  Content content = read_bundle(archive, {.max_bytes = options.max_bytes}, prepare, take, stop);
  Import result;
  result.run = wanted_id(options, content.index);
  result.index = content.index;
  result.directory = runs / result.run;
  result.videos = content.videos.size();
  result.leaderboard = std::move(content.leaderboard);
  if (store.has_run(result.run)) {
    if (!is_same_run(store, content, result.run))
      throw_input(fmt::format("{}: there is a run {} already, with other content", file.string(), result.run),
                  "give this one another name: --as ID");
    result.outcome = Outcome::kAlreadyThere;
    result.directory = store.run(result.run).directory;
  } else if (options.dry_run) {
    result.outcome = Outcome::kVerified;
  } else {
    publish(store, content, result, *staging);
  }
  return result;
}

}  // namespace vidbench::bundle
