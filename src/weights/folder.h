// A weights folder: which official files lie in it, and whether they are what they should be.
//
// Beside the files stand vidbench's own: pins.json, the digests that were accepted when a file whose makers
// state none was first taken in, and while a file is being fetched NAME.part, NAME.part.json and NAME.lock.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/json.h"
#include "weights/manifest.h"

namespace vidbench::weights {

// The digest of a file when it was first taken in.
struct Pin {
  std::string sha256;
  uint64_t bytes = 0;
  std::string pinned_at;  // RFC 3339 UTC
  std::string source;     // the address or path it came from
};

enum class FileState { kMissing, kPartial, kPresent, kDamaged };
[[nodiscard]] std::string to_string(FileState state);

struct FileStatus {
  FileState state = FileState::kMissing;
  uint64_t bytes = 0;   // of the file, or of what there is of it
  std::string sha256;   // of a file that is there
  std::string problem;  // of a damaged one
};

// What a digest can be held against.
enum class Evidence { kManifest, kPin, kPrefix, kNone };
[[nodiscard]] std::string to_string(Evidence evidence);

class Folder {
 public:
  explicit Folder(std::filesystem::path path) : path_(std::move(path)) {}

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return path_ / name; }
  [[nodiscard]] std::filesystem::path part(const std::string& name) const { return path_ / (name + ".part"); }

  // `fresh`: reads the whole file, else a digest that is remembered for an unchanged file
  // (base/digest_memo.h) will do.
  [[nodiscard]] FileStatus status(const OfficialFile& official, bool fresh) const;

  // Throw Error(kInput) for a pins.json that cannot be understood.
  [[nodiscard]] std::optional<Pin> pin(const std::string& name) const;
  // Keeps the digest unless the manifest states it or it is kept already. Call with the file's lock held.
  void keep_pin(const OfficialFile& official, const Pin& pin) const;
  [[nodiscard]] Evidence evidence(const OfficialFile& official) const;

  // Why content of this digest and size is not the file, "" when it may be.
  [[nodiscard]] std::string objection(const OfficialFile& official, const std::string& sha256,
                                      uint64_t bytes) const;

 private:
  [[nodiscard]] Json read_pins() const;
  std::filesystem::path path_;
};

// Makes the whole content durable and gives it its name, in one step.
void put_in_place(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace vidbench::weights
