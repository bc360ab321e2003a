#include "metrics/pinned_weights.h"

#include "base/error.h"
#include "weights/folder.h"
#include "weights/manifest.h"

namespace vidbench::metrics {
namespace {

// Why the file must not be run, "" when it may.
std::string objection(const WeightFile& file) {
  const weights::Folder folder(file.path.parent_path());
  const weights::Manifest manifest = weights::load_manifest(weights::default_manifest());
  const weights::OfficialFile* official = manifest.find(file.path.filename().string());
  if (official == nullptr) return file.path.string() + " is not in " + manifest.origin;
  const weights::Evidence evidence = folder.evidence(*official);
  if (evidence != weights::Evidence::kManifest && evidence != weights::Evidence::kPin)
    return file.path.string() +
           " is a TorchScript program, run only when its digest is known: take it in with 'vidbench weights "
           "import', or 'vidbench weights verify --pin'";
  return folder.status(*official, false).problem;
}

}  // namespace

WeightFile find_pinned_weight_file(const std::vector<std::filesystem::path>& folders,
                                   const std::string& name) {
  WeightFile file = find_weight_file(folders, {name});
  if (!file.problem.empty()) return file;
  try {
    file.problem = objection(file);
  } catch (const Error& e) {
    file.problem = e.what();
  }
  if (!file.problem.empty()) file.sha256.clear();
  return file;
}

}  // namespace vidbench::metrics
