// Two models on the same prompts and seeds: what differs, by how much, and whether chance explains it.
#pragma once

#include <string>
#include <vector>

#include "report/table.h"
#include "report/view.h"
#include "stats/bootstrap.h"
#include "store/store.h"

namespace vidbench::report {

enum class Verdict { kBetter, kWorse, kNoDifference, kUntested };
[[nodiscard]] std::string to_string(Verdict verdict);  // "better", "worse", "no difference", "untested"

struct MetricComparison {
  store::MetricInfo metric;
  double a = 0, b = 0;         // on the common prompts and seeds
  stats::Interval difference;  // b - a, with its 95 % interval; n = common prompts and seeds
  double p_value = 1;     // two-sided permutation test: which of the two made which video does not matter
  double p_adjusted = 1;  // Holm, over the costs or over the quality metrics of this pair
  Verdict verdict = Verdict::kUntested;  // of b against a, at p_adjusted < 0.05
};

struct PairComparison {
  std::string run_a, model_a, run_b, model_b;
  std::string version_a, version_b;                    // content digests of the models, as the manifests say
  size_t pairs = 0, unmatched_a = 0, unmatched_b = 0;  // evaluated samples
  std::vector<MetricComparison> metrics;
  std::vector<std::string> notes;
};

struct Comparison {
  std::string a, b;  // as asked
  std::vector<PairComparison> pairs;
};

// `a` and `b`: "RUN:MODEL", or "RUN" (its only model; with several, each model that both runs have is
// compared). Throws Error(kInput) for an unknown run or model, and when the two sides were measured under
// different definitions (suite digest, metric version, reference set) or have no sample in common.
[[nodiscard]] Comparison compare(store::Store& store, const std::string& a, const std::string& b);

[[nodiscard]] Json to_json(const Comparison& comparison);  // vidbench.compare/1
[[nodiscard]] std::string comparison_terminal(const Comparison& comparison, const TerminalStyle& style);
[[nodiscard]] std::string comparison_markdown(const Comparison& comparison);
[[nodiscard]] std::string comparison_csv(const Comparison& comparison);
// All of them, and a page; jsonl has a line a pair. `comparison` outlives the view.
[[nodiscard]] View comparison_view(const Comparison& comparison, const TerminalStyle& style);

}  // namespace vidbench::report
