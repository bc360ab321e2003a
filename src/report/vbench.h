// VBench's Total score and its parts from the raw values of its dimensions; also VBench-I2V and VBench-2.0.
//
// Constants and formulas: VBench (Huang et al., CVPR 2024, arXiv:2311.17982; scripts/constant.py and
// cal_final_score.py of its repository). docs/vbench.md states them and what differs here.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "report/table.h"

namespace vidbench::report {

struct VbenchDimension {
  std::string name;  // "subject consistency"
  double minimum = 0, maximum = 1, weight = 1;
};

struct VbenchGroup {
  std::string name;   // "quality"
  double weight = 1;  // in the total
  std::vector<VbenchDimension> dimensions;
};

struct VbenchSuite {
  std::string id;  // "vbench", "vbench-i2v", "vbench-2.0"
  std::vector<VbenchGroup> groups;
};

[[nodiscard]] const std::vector<VbenchSuite>& vbench_suites();
// Throws Error(kInput) with a suggestion.
[[nodiscard]] const VbenchSuite& vbench_suite(const std::string& id);

// kFaithful: raw values of VBench's own dimensions ("vbench/…") and normalised values as VBench computes
// them, which may leave 0..1. kCorrected: raw values without the reference's quirks ("vbench-corrected/…")
// where there are any; normalised values limited to 0..1, so that no dimension can lift or sink a score by
// more than its weight.
enum class VbenchMode { kFaithful, kCorrected };
[[nodiscard]] std::string to_string(VbenchMode mode);

// The raw values of a dimension, fractions. At least one is there.
struct VbenchValue {
  std::optional<double> faithful, corrected;

  bool operator==(const VbenchValue&) const = default;
};
// Dimension → its values.
using VbenchValues = std::map<std::string, VbenchValue>;

// Adds the values of a document of `vidbench score`, or of one {dimension: value} or {dimension: [value,
// details]}, VBench's *_eval_results.json, whose values are faithful. Names are taken in any of VBench's
// spellings (spaces, '_' or '-', upper or lower case). `percent`: values are per cent. Throws Error(kInput)
// "<origin>: …" for an unknown or repeated dimension, and for a value that is not a number or cannot be a
// fraction.
void add_vbench_values(const Json& document, const std::string& origin, const VbenchSuite& suite,
                       bool percent, VbenchValues& values);

struct VbenchDimensionScore {
  VbenchDimension dimension;
  std::string group;
  std::optional<double> raw, normalised;  // absent: there is no value
  std::optional<VbenchMode> variant;      // of the raw value
  bool outside = false;                   // the normalised value left 0..1 (before kCorrected limited it)
};

// The weighted mean of the normalised values of a group. A missing dimension never counts as zero: without
// one the group has no `value`, and `partial` is the mean over those that are there.
struct VbenchGroupScore {
  std::string name;
  std::optional<double> value, partial;
  size_t present = 0, of = 0;                // dimensions
  double weight_present = 0, weight_of = 0;  // their weights
};

struct VbenchScores {
  std::string suite;
  VbenchMode mode = VbenchMode::kFaithful;
  std::vector<VbenchDimensionScore> dimensions;
  std::vector<VbenchGroupScore> groups;
  std::optional<double> total;  // only when no dimension is missing
};

[[nodiscard]] VbenchScores vbench_scores(const VbenchSuite& suite, VbenchMode mode,
                                         const VbenchValues& values);
[[nodiscard]] std::vector<std::string> missing_dimensions(const VbenchScores& scores);

[[nodiscard]] Json to_json(const VbenchScores& scores);        // vidbench.vbench/1, fractions
[[nodiscard]] Table vbench_table(const VbenchScores& scores);  // per cent

}  // namespace vidbench::report
