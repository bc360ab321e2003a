#include "weights/folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/digest_memo.h"
#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/strings.h"
#include "blobs/file_lock.h"

namespace vidbench::weights {
namespace fs = std::filesystem;
namespace {

constexpr const char* kPinsSchema = "vidbench.weights-pins/1";
constexpr size_t kMaxPinsBytes = size_t{1} << 20;

fs::path pins_file(const fs::path& folder) { return folder / "pins.json"; }

void sync(const fs::path& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  const bool done = fd >= 0 && ::fsync(fd) == 0;
  const int problem = errno;
  if (fd >= 0) ::close(fd);
  if (!done)
    throw_environment(fmt::format("cannot write {}: {}", path.string(), std::strerror(problem)),
                      "check free space and permissions");
}

}  // namespace

std::string to_string(FileState state) {
  switch (state) {
    case FileState::kMissing:
      return "missing";
    case FileState::kPartial:
      return "partial";
    case FileState::kPresent:
      return "present";
    case FileState::kDamaged:
      return "damaged";
  }
  throw Error(ErrorCode::kInternal, "a state without a name");
}

std::string to_string(Evidence evidence) {
  switch (evidence) {
    case Evidence::kManifest:
      return "manifest";
    case Evidence::kPin:
      return "pin";
    case Evidence::kPrefix:
      return "prefix";
    case Evidence::kNone:
      return "none";
  }
  throw Error(ErrorCode::kInternal, "a kind of evidence without a name");
}

FileStatus Folder::status(const OfficialFile& official, bool fresh) const {
  FileStatus status;
  std::error_code ec;
  const fs::path path = file(official.name);
  if (!fs::exists(path, ec)) {
    if (!fs::is_regular_file(part(official.name), ec)) return status;
    status.state = FileState::kPartial;
    status.bytes = fs::file_size(part(official.name), ec);
    return status;
  }
  status.state = FileState::kDamaged;
  if (!fs::is_regular_file(path, ec)) {
    status.problem = path.string() + " is not a file";
    return status;
  }
  status.bytes = fs::file_size(path, ec);
  try {
    status.sha256 = fresh ? sha256_file(path) : DigestMemo(cache_home() / "digests").sha256(path);
  } catch (const Error& e) {
    status.problem = e.what();
    return status;
  }
  status.problem = objection(official, status.sha256, status.bytes);
  if (status.problem.empty()) status.state = FileState::kPresent;
  return status;
}

Json Folder::read_pins() const {
  const fs::path path = pins_file(path_);
  std::error_code ec;
  if (!fs::exists(path, ec)) return {{"schema", kPinsSchema}, {"files", Json::object()}};
  Json pins = parse_json(read_file(path, kMaxPinsBytes), path.string());
  const char* hint = "restore it, or remove it to pin the files again";
  if (!pins.is_object() || pins.value("schema", Json()) != kPinsSchema || !pins["files"].is_object())
    throw_input(fmt::format("{} is not a list of pins ({})", path.string(), kPinsSchema), hint);
  for (const auto& [name, pin] : pins["files"].items())
    if (!pin.is_object() || !pin.value("sha256", Json()).is_string() ||
        pin["sha256"].get<std::string>().size() != 64)
      throw_input(
          fmt::format("{}: the pin of '{}' has no 'sha256' of 64 digits", path.string(), one_line(name)),
          hint);
  return pins;
}

std::optional<Pin> Folder::pin(const std::string& name) const {
  const Json pins = read_pins();
  const auto found = pins["files"].find(name);
  if (found == pins["files"].end()) return std::nullopt;
  const auto text = [&](const char* key) {
    const auto value = found->find(key);
    return value != found->end() && value->is_string() ? value->get<std::string>() : std::string();
  };
  const auto bytes = found->find("bytes");
  return Pin{text("sha256"),
             bytes != found->end() && bytes->is_number_unsigned() ? bytes->get<uint64_t>() : 0,
             text("pinned_at"), text("source")};
}

void Folder::keep_pin(const OfficialFile& official, const Pin& pin) const {
  if (!official.sha256.empty()) return;
  // The lock of the one file that all names share.
  const blobs::FileLock lock(path_ / "pins.lock", {}, [](const fs::path&) {});
  Json pins = read_pins();
  if (pins["files"].contains(official.name)) return;
  pins["files"][official.name] = {
      {"sha256", pin.sha256}, {"bytes", pin.bytes}, {"pinned_at", pin.pinned_at}, {"source", pin.source}};
  write_file_atomic(pins_file(path_), document(pins) + "\n");
  log_info(fmt::format("{}: its makers state no digest; {}… is pinned from now on", official.name,
                       pin.sha256.substr(0, 12)));
}

Evidence Folder::evidence(const OfficialFile& official) const {
  if (!official.sha256.empty()) return Evidence::kManifest;
  if (pin(official.name)) return Evidence::kPin;
  return official.sha256_prefix.empty() ? Evidence::kNone : Evidence::kPrefix;
}

std::string Folder::objection(const OfficialFile& official, const std::string& sha256, uint64_t bytes) const {
  if (official.bytes && bytes != *official.bytes)
    return fmt::format("{} has {} bytes, the official file {}", official.name, bytes, *official.bytes);
  if (!official.sha256.empty() && sha256 != official.sha256)
    return fmt::format("{} has sha256 {}, the official file {}", official.name, sha256, official.sha256);
  if (!sha256.starts_with(official.sha256_prefix))
    return fmt::format("{} has sha256 {}, that of the official file begins with {}", official.name, sha256,
                       official.sha256_prefix);
  if (!official.sha256.empty()) return "";
  if (const auto known = pin(official.name); known && known->sha256 != sha256)
    return fmt::format("{} has sha256 {}, {} pins {}", official.name, sha256, pins_file(path_).string(),
                       known->sha256);
  return "";
}

void put_in_place(const fs::path& from, const fs::path& to) {
  sync(from, O_RDONLY);
  if (::rename(from.c_str(), to.c_str()) != 0)
    throw_environment(fmt::format("cannot write {}: {}", to.string(), std::strerror(errno)),
                      "check the folder and its permissions");
  sync(to.parent_path(), O_RDONLY | O_DIRECTORY);
}

}  // namespace vidbench::weights
