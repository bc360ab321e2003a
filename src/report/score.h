// The unified score, vidbench.unified-score/1: each metric mapped to 0…1 between two stated anchors, weighted
// by a named profile, times 100. docs/scoring.md states the formula, the anchors and why.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "report/aggregate.h"

namespace vidbench::report {

inline constexpr const char* kScoreVersion = "vidbench.unified-score/1";

enum class AnchorScale { kLinear, kLog };

// Where a metric's 0 and 1 lie. `zero` > `one` for metrics of which less is better.
struct Anchor {
  const char* metric;
  int version;  // of the metric; 0 for performance numbers
  double zero, one;
  AnchorScale scale;
  const char* group;  // "fidelity", "alignment", "temporal", "speed", "memory"
};

struct ScorePart {
  std::string metric, group;
  double weight = 0;      // the weights of a profile sum to 1
  double normalised = 0;  // 0…1, clamped
  [[nodiscard]] double points() const { return 100 * weight * normalised; }
};

struct Score {
  std::string profile;
  std::optional<double> value;   // 0…100; absent when any part is missing, never a smaller number instead
  double low = 0, high = 0;      // 95 % interval, when there is a value
  std::string reason;            // why there is no value
  std::vector<ScorePart> parts;  // the measured ones, in profile order
};

[[nodiscard]] std::span<const Anchor> score_anchors();
// "quality", "balanced", "realtime".
[[nodiscard]] const std::vector<std::string>& score_profiles();
// Throws Error(kInput) with a suggestion for another name.
void require_profile(const std::string& profile);

// 0…1, clamped; a value at or below 0 on a log scale lies beyond its better anchor's side.
[[nodiscard]] double normalise(const Anchor& anchor, double value);

// `metrics` are the run's definitions: a metric whose version has no anchor makes the score absent.
// `replicates` (kJointReplicates) receives the score of each redraw when there is a value.
[[nodiscard]] Score compute_score(const ModelEstimates& estimates, std::span<const store::MetricInfo> metrics,
                                  const std::string& profile, std::vector<double>* replicates = nullptr);

// Everything that determines what a score means: equal digests = may be ranked together.
[[nodiscard]] Json score_definition(const RunData& data, const std::string& profile);
[[nodiscard]] std::string definition_digest(const Json& definition);

}  // namespace vidbench::report
