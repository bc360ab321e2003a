// Comparison of two models on the same prompts and seeds: pairing removes the spread between prompts.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "stats/bootstrap.h"

namespace vidbench::stats {

// One sample's value under the key that both models share (prompt and seed).
struct KeyedValue {
  std::string key;
  double value = 0;
};

struct PairedComparison {
  Interval difference;     // mean of a - b over the common keys, bootstrap interval over pairs
  double p_value = 1;      // two-sided sign-flip permutation test of "the mean difference is 0"
  bool exact = false;      // every one of the 2^n sign patterns was counted (n <= 16)
  size_t unmatched_a = 0;  // values of a without a partner
  size_t unmatched_b = 0;
};

// Pairs by key, in the order of sorted keys (input order does not matter). With more than 16 pairs the test
// draws `permutations` sign patterns and counts the observed one among them (Phipson & Smyth 2010), so that p
// is never 0. Throws Error(kInput) for a repeated key, a value that is not finite or no common key.
[[nodiscard]] PairedComparison compare_paired(std::span<const KeyedValue> a, std::span<const KeyedValue> b,
                                              const BootstrapOptions& options = {},
                                              size_t permutations = 10000);

// Holm 1979: p-values adjusted for `p_values.size()` comparisons, in the order given. Throws Error(kInput)
// for a value outside [0, 1].
[[nodiscard]] std::vector<double> holm_adjust(std::span<const double> p_values);

}  // namespace vidbench::stats
