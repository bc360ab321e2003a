#include "metrics/official_weights.h"

#include "base/error.h"
#include "weights/folder.h"
#include "weights/manifest.h"

namespace vidbench::metrics {
namespace {

// Why the file is not known to be the official one, "" when it may be.
std::string objection(const WeightFile& file, bool program) {
  const weights::Folder folder(file.path.parent_path());
  const weights::Manifest manifest = weights::load_manifest(weights::default_manifest());
  const weights::OfficialFile* official = manifest.find(file.path.filename().string());
  if (official == nullptr) return program ? file.path.string() + " is not in " + manifest.origin : "";
  const weights::Evidence evidence = folder.evidence(*official);
  if (program && evidence != weights::Evidence::kManifest && evidence != weights::Evidence::kPin)
    return file.path.string() +
           " is a TorchScript program, run only when its digest is known: take it in with 'vidbench weights "
           "import', or 'vidbench weights verify --pin'";
  std::error_code ignored;
  const std::string problem =
      folder.objection(*official, file.sha256, std::filesystem::file_size(file.path, ignored));
  return problem.empty() ? "" : problem + " (--unverified-weights takes it)";
}

}  // namespace

WeightFile OfficialWeights::judged(WeightFile file, bool program) const {
  if (!file.problem.empty()) return file;
  std::string problem;
  try {
    problem = objection(file, program);
  } catch (const Error& e) {
    problem = e.what();
  }
  file.unverified = !problem.empty() && accept_unverified_;
  if (problem.empty() || file.unverified) return file;
  return {file.path, "", problem};
}

WeightFile OfficialWeights::find(const std::vector<std::string>& names) const {
  return judged(find_weight_file(folders_, names), /*program=*/false);
}

WeightFile OfficialWeights::find_program(const std::string& name) const {
  return judged(find_weight_file(folders_, {name}), /*program=*/true);
}

}  // namespace vidbench::metrics
