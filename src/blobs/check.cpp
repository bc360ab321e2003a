#include "blobs/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/hash.h"

namespace vidbench::blobs {
namespace {

CheckedBlob read_again(const StoredBlob& blob) {
  CheckedBlob checked{blob.sha256, CheckedBlob::State::kSound, blob.bytes, "", {}};
  try {
    if (const std::string found = sha256_file(blob.file); found != blob.sha256)
      checked.problem = fmt::format("{} has sha256 {}", blob.file.string(), found);
  } catch (const Error& e) {
    checked.problem = e.what();
  }
  if (!checked.problem.empty()) checked.state = CheckedBlob::State::kDamaged;
  return checked;
}

}  // namespace

std::vector<CheckedBlob> check(const Store& store, const std::function<void(const StoredBlob&)>& on_blob,
                               const std::stop_token& stop) {
  std::map<std::string, CheckedBlob> all;
  for (const StoredBlob& blob : store.blobs()) {
    if (stop.stop_requested()) throw Error(ErrorCode::kInterrupted, "interrupted");
    on_blob(blob);
    all[blob.sha256] = read_again(blob);
  }
  for (const StoredManifest& stored : store.manifests()) {
    const std::string name = stored.manifest.reference.text();
    for (const ManifestFile& file : stored.manifest.files) {
      CheckedBlob& blob = all[file.sha256];
      if (blob.sha256.empty())
        blob = {file.sha256,
                CheckedBlob::State::kMissing,
                file.bytes,
                fmt::format("{} is not there", store.blob(file.sha256).string()),
                {}};
      if (std::find(blob.needed_by.begin(), blob.needed_by.end(), name) == blob.needed_by.end())
        blob.needed_by.push_back(name);
    }
  }
  std::vector<CheckedBlob> blobs;
  for (auto& [sha256, blob] : all) blobs.push_back(std::move(blob));
  return blobs;
}

}  // namespace vidbench::blobs
