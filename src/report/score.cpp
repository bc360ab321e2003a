#include "report/score.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/hash.h"
#include "base/strings.h"
#include "report/format.h"

namespace vidbench::report {
namespace {

constexpr double kMiB = 1024.0 * 1024.0;
constexpr double kGiB = 1024.0 * kMiB;

constexpr std::array kAnchors = {
    Anchor{"shapes/frechet", 1, 25.0, 1.8, AnchorScale::kLog, "fidelity"},
    Anchor{"shapes/kernel", 1, 3.0, 0.01, AnchorScale::kLog, "fidelity"},
    Anchor{"shapes/inception", 1, 1.0, 18.0, AnchorScale::kLinear, "fidelity"},
    Anchor{"shapes/text-alignment", 1, 0.0, 96.5, AnchorScale::kLinear, "alignment"},
    Anchor{"shapes/colour-accuracy", 1, 0.125, 1.0, AnchorScale::kLinear, "alignment"},
    Anchor{"shapes/shape-accuracy", 1, 0.2, 1.0, AnchorScale::kLinear, "alignment"},
    Anchor{"shapes/motion-accuracy", 1, 0.125, 1.0, AnchorScale::kLinear, "alignment"},
    Anchor{"shapes/frame-consistency", 1, 0.91, 0.97, AnchorScale::kLinear, "temporal"},
    Anchor{"shapes/flicker", 1, 0.83, 0.998, AnchorScale::kLinear, "temporal"},
    Anchor{"shapes/motion-amount", 1, 0.0, 0.85, AnchorScale::kLinear, "temporal"},
    Anchor{"latency", 0, 1000.0, 0.01, AnchorScale::kLog, "speed"},
    Anchor{"peak_memory", 0, 128 * kGiB, 64 * kMiB, AnchorScale::kLog, "memory"},
};

struct Weight {
  const char* metric;
  double weight;
};

constexpr std::array kQualityWeights = {
    Weight{"shapes/frechet", 0.20},         Weight{"shapes/kernel", 0.05},
    Weight{"shapes/inception", 0.05},       Weight{"shapes/text-alignment", 0.15},
    Weight{"shapes/colour-accuracy", 0.15}, Weight{"shapes/shape-accuracy", 0.10},
    Weight{"shapes/motion-accuracy", 0.10}, Weight{"shapes/frame-consistency", 0.10},
    Weight{"shapes/flicker", 0.05},         Weight{"shapes/motion-amount", 0.05},
};

// What a profile gives to quality as a whole, and to each cost.
struct Profile {
  const char* name;
  double quality, latency, peak_memory;
};
constexpr std::array kProfiles = {
    Profile{"quality", 1.00, 0.00, 0.00},
    Profile{"balanced", 0.60, 0.25, 0.15},
    Profile{"realtime", 0.40, 0.50, 0.10},
};

std::vector<Weight> weights_of(const std::string& name) {
  require_profile(name);
  const auto& profile =
      *std::find_if(kProfiles.begin(), kProfiles.end(), [&](auto& p) { return p.name == name; });
  std::vector<Weight> weights;
  for (const Weight& part : kQualityWeights) weights.push_back({part.metric, part.weight * profile.quality});
  if (profile.latency > 0) weights.push_back({"latency", profile.latency});
  if (profile.peak_memory > 0) weights.push_back({"peak_memory", profile.peak_memory});
  return weights;
}

const Anchor& anchor_of(std::string_view metric) {
  return *std::find_if(kAnchors.begin(), kAnchors.end(), [&](const Anchor& a) { return a.metric == metric; });
}

// Why the metric cannot be a part, or "".
std::string obstacle(const ModelEstimates& estimates, std::span<const store::MetricInfo> metrics,
                     const Anchor& anchor) {
  const std::string id = anchor.metric;
  if (anchor.version > 0) {
    const auto info =
        std::find_if(metrics.begin(), metrics.end(), [&](auto& metric) { return metric.id == id; });
    if (info == metrics.end()) return id + " is not measured in this run";
    if (info->version != anchor.version)
      return fmt::format("{} is version {}; the anchors are for version {}", id, info->version,
                         anchor.version);
    if (info->unverified) return id + " was measured with unverified weights";
  }
  if (estimates.metrics.contains(id)) return "";
  const auto missing = estimates.missing.find(id);
  return id + " has no value" + (missing == estimates.missing.end() ? "" : ": " + missing->second);
}

Score absent(Score score, const std::string& reason) {
  score.reason = reason;
  return score;
}

void add_interval(Score& score, const ModelEstimates& estimates, const std::vector<Weight>& weights,
                  std::vector<double>& replicates) {
  replicates.assign(kJointReplicates, *score.value);
  for (size_t r = 0; r < kJointReplicates; ++r) {
    double sum = 0;
    for (const Weight& part : weights)
      sum += 100 * part.weight *
             normalise(anchor_of(part.metric), estimates.metrics.at(part.metric).replicates[r]);
    if (std::isfinite(sum)) replicates[r] = sum;
  }
  score.low = std::min(*score.value, stats::quantile(replicates, 0.025));
  score.high = std::max(*score.value, stats::quantile(replicates, 0.975));
}

}  // namespace

std::span<const Anchor> score_anchors() { return kAnchors; }

const std::vector<std::string>& score_profiles() {
  static const std::vector<std::string> names([] {
    std::vector<std::string> list;
    for (const Profile& profile : kProfiles) list.emplace_back(profile.name);
    return list;
  }());
  return names;
}

void require_profile(const std::string& profile) {
  const auto& names = score_profiles();
  if (std::find(names.begin(), names.end(), profile) == names.end())
    throw_input(fmt::format("score profile '{}' does not exist", printable(profile)),
                suggestion(profile, names));
}

double normalise(const Anchor& anchor, double value) {
  if (std::isnan(value)) return value;
  double position = 0;
  if (anchor.scale == AnchorScale::kLog) {
    if (value <= 0) return anchor.one < anchor.zero ? 1 : 0;
    position = std::log(value / anchor.zero) / std::log(anchor.one / anchor.zero);
  } else {
    position = (value - anchor.zero) / (anchor.one - anchor.zero);
  }
  return std::clamp(position, 0.0, 1.0);
}

Score compute_score(const ModelEstimates& estimates, std::span<const store::MetricInfo> metrics,
                    const std::string& profile, std::vector<double>* replicates) {
  const std::vector<Weight> weights = weights_of(profile);
  Score score;
  score.profile = profile;
  std::string reason;
  double sum = 0;
  for (const Weight& part : weights) {
    const Anchor& anchor = anchor_of(part.metric);
    if (const std::string why = obstacle(estimates, metrics, anchor); !why.empty()) {
      if (reason.empty()) reason = why;
      continue;
    }
    const double normalised = normalise(anchor, estimates.metrics.at(part.metric).interval.value);
    score.parts.push_back({part.metric, anchor.group, part.weight, normalised});
    sum += score.parts.back().points();
  }
  if (2 * estimates.failed > estimates.planned)
    return absent(std::move(score),
                  fmt::format("{} of {} samples failed", estimates.failed, estimates.planned));
  if (!reason.empty()) return absent(std::move(score), reason);
  score.value = sum;
  std::vector<double> own;
  add_interval(score, estimates, weights, replicates ? *replicates : own);
  return score;
}

Json score_definition(const RunData& data, const std::string& profile) {
  Json parts = Json::array();
  for (const Weight& part : weights_of(profile)) {
    const Anchor& anchor = anchor_of(part.metric);
    parts.push_back({{"metric", part.metric},
                     {"version", anchor.version},
                     {"weight", part.weight},
                     {"zero", anchor.zero},
                     {"one", anchor.one},
                     {"scale", anchor.scale == AnchorScale::kLog ? "log" : "linear"},
                     {"group", anchor.group}});
  }
  Json versions = Json::object();
  for (const store::MetricInfo& metric : data.metrics) versions[metric.id] = metric.version;
  return {{"score", kScoreVersion},
          {"profile", profile},
          {"parts", parts},
          {"metric_versions", versions},
          {"suite", data.run.suite},
          {"suite_digest", data.run.suite_digest},
          {"reference_key", data.reference_keys}};
}

std::string definition_digest(const Json& definition) { return sha256_hex(document(definition, -1)); }

}  // namespace vidbench::report
