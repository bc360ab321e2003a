#include "report/resample.h"

#include <map>

#include "base/hash.h"
#include "base/random.h"

namespace vidbench::report {
namespace {

constexpr size_t kSmallestClusterCount = 5;

std::vector<std::vector<size_t>> clusters_of(const RunData& data) {
  std::map<std::string, size_t> index;
  std::vector<std::vector<size_t>> by_prompt;
  for (size_t unit = 0; unit < data.units.size(); ++unit) {
    const auto [place, is_new] = index.emplace(data.units[unit].first, by_prompt.size());
    if (is_new) by_prompt.emplace_back();
    by_prompt[place->second].push_back(unit);
  }
  if (by_prompt.size() >= kSmallestClusterCount) return by_prompt;
  std::vector<std::vector<size_t>> single(data.units.size());
  for (size_t unit = 0; unit < single.size(); ++unit) single[unit] = {unit};
  return single;
}

}  // namespace

Resamples draw_units(const RunData& data, size_t replicates) {
  const std::vector<std::vector<size_t>> clusters = clusters_of(data);
  // The seed names what is redrawn, so that two runs of one suite are redrawn alike.
  Random random(std::stoull(sha256_hex("units " + data.run.suite_digest).substr(0, 16), nullptr, 16));
  Resamples resamples(replicates, std::vector<uint16_t>(data.units.size(), 0));
  for (auto& counts : resamples)
    for (size_t draw = 0; draw < clusters.size(); ++draw)
      for (const size_t unit : clusters[random.below(clusters.size())]) ++counts[unit];
  return resamples;
}

}  // namespace vidbench::report
