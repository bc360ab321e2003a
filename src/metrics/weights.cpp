#include "metrics/weights.h"

#include "base/digest_memo.h"
#include "base/error.h"
#include "base/files.h"
#include "base/strings.h"

namespace vidbench::metrics {

WeightFile weight_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored))
    return {path, "", "weights " + path.string() + " are not there"};
  try {
    return {path, DigestMemo(cache_home() / "digests").sha256(path), ""};
  } catch (const Error& e) {
    return {path, "", e.what()};
  }
}

WeightFile find_weight_file(const std::vector<std::filesystem::path>& folders,
                            const std::vector<std::string>& names) {
  for (const auto& folder : folders) {
    for (const auto& name : names) {
      std::error_code ignored;
      if (std::filesystem::is_regular_file(folder / name, ignored)) return weight_file(folder / name);
    }
  }
  std::vector<std::string> places;
  for (const auto& folder : folders) places.push_back(folder.string());
  return {names.front(), "",
          "weights " + join(names, " or ") + " are not in " +
              (places.empty() ? "any weights folder (--weights-dir DIR)" : join(places, ", "))};
}

}  // namespace vidbench::metrics
