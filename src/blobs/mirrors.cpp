#include "blobs/mirrors.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/strings.h"
#include "base/url.h"

namespace vidbench::blobs {
namespace {

constexpr int64_t kRest_s = 300;  // how long a mirror that failed comes last
constexpr size_t kMaxHealthBytes = size_t{1} << 20;

Json read_health(const std::filesystem::path& file) {
  try {
    Json json = parse_json(read_file(file, kMaxHealthBytes), file.string());
    if (json.is_object()) return json;
  } catch (const std::exception&) {  // as if it were not there
  }
  return Json::object();
}

}  // namespace

std::string Mirror::manifest(const Reference& reference) const {
  return fmt::format("{}/manifests/{}.json", base, percent_encode(reference.key(), "/"));
}

Mirrors::Mirrors(const Store& store, const std::vector<std::string>& bases) : folder_(store.root()) {
  for (std::string base : bases) {
    while (base.ends_with('/')) base.pop_back();
    if (!parse_url(base))
      throw_input(fmt::format("the mirror '{}' is no http or https address", one_line(base)),
                  "VIDBENCH_MIRRORS and --mirror take base addresses such as http://10.0.0.5:8420");
    bases_.push_back(base);
  }
}

std::vector<Mirror> Mirrors::list() const {
  if (bases_.empty()) return {};
  const Json health = read_health(file());
  std::vector<Mirror> mirrors;
  for (const std::string& base : bases_) {
    const auto failed_at = health.find(base);
    const bool failed = failed_at != health.end() && failed_at->is_number_integer() &&
                        std::abs(failed_at->get<int64_t>() - ::time(nullptr)) < kRest_s;
    mirrors.push_back({base, failed});
  }
  return mirrors;
}

void Mirrors::note(const Mirror& mirror, bool failed) const {
  if (failed == mirror.failed && !failed) return;
  try {
    Json health = read_health(file());
    if (failed)
      health[mirror.base] = ::time(nullptr);
    else
      health.erase(mirror.base);
    write_file_atomic(file(), document(health) + "\n", Durability::kCrash);
  } catch (const std::exception&) {  // another process asks it first again
  }
}

}  // namespace vidbench::blobs
