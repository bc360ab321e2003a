#include "stats/paired.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/error.h"
#include "base/random.h"

namespace vidbench::stats {
namespace {

constexpr size_t kExactLimit = 16;

std::map<std::string, double> by_key(std::span<const KeyedValue> values) {
  std::map<std::string, double> map;
  for (const KeyedValue& item : values) {
    if (!std::isfinite(item.value)) throw_input(fmt::format("the value of '{}' is not finite", item.key));
    if (!map.emplace(item.key, item.value).second) {
      throw_input(fmt::format("the key '{}' stands twice in one set", item.key),
                  "one value a prompt and seed");
    }
  }
  return map;
}

// Sums that differ by rounding alone count as equal to the observed one.
bool at_least(double sum, double observed) { return std::abs(sum) >= observed * (1 - 1e-12); }

double exact_p_value(std::span<const double> differences, double observed) {
  const size_t patterns = size_t{1} << differences.size();
  size_t extreme = 0;
  for (size_t pattern = 0; pattern < patterns; ++pattern) {
    double sum = 0;
    for (size_t i = 0; i < differences.size(); ++i) {
      sum += (pattern >> i) & 1 ? -differences[i] : differences[i];
    }
    extreme += at_least(sum, observed);
  }
  return static_cast<double>(extreme) / static_cast<double>(patterns);
}

double sampled_p_value(std::span<const double> differences, double observed, size_t permutations,
                       uint64_t seed) {
  Random random(seed ^ 0x5f1d5u);  // a stream of its own, not the bootstrap's
  size_t extreme = 0;
  for (size_t round = 0; round < permutations; ++round) {
    double sum = 0;
    uint64_t bits = 0;
    for (size_t i = 0; i < differences.size(); ++i) {
      if (i % 64 == 0) bits = random.next();
      sum += (bits >> (i % 64)) & 1 ? -differences[i] : differences[i];
    }
    extreme += at_least(sum, observed);
  }
  return static_cast<double>(extreme + 1) / static_cast<double>(permutations + 1);
}

}  // namespace

PairedComparison compare_paired(std::span<const KeyedValue> a, std::span<const KeyedValue> b,
                                const BootstrapOptions& options, size_t permutations) {
  const auto values_a = by_key(a);
  const auto values_b = by_key(b);
  std::vector<double> differences;
  for (const auto& [key, value] : values_a) {
    if (const auto partner = values_b.find(key); partner != values_b.end()) {
      differences.push_back(value - partner->second);
    }
  }
  if (differences.empty()) {
    throw_input("the two sets share no prompt and seed", "run both models on the same suite and seeds");
  }
  PairedComparison result;
  result.difference = bootstrap_mean(differences, options);
  const double observed = std::abs(std::accumulate(differences.begin(), differences.end(), 0.0));
  result.exact = differences.size() <= kExactLimit;
  result.p_value = result.exact ? exact_p_value(differences, observed)
                                : sampled_p_value(differences, observed, permutations, options.seed);
  result.unmatched_a = values_a.size() - differences.size();
  result.unmatched_b = values_b.size() - differences.size();
  return result;
}

std::vector<double> holm_adjust(std::span<const double> p_values) {
  std::vector<size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  for (const double p : p_values) {
    if (!(p >= 0 && p <= 1)) throw_input(fmt::format("p-value {} is outside [0, 1]", p));
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t x, size_t y) { return p_values[x] < p_values[y]; });
  std::vector<double> adjusted(p_values.size());
  double running = 0;
  for (size_t rank = 0; rank < order.size(); ++rank) {
    const double scaled = p_values[order[rank]] * static_cast<double>(order.size() - rank);
    running = std::max(running, std::min(1.0, scaled));
    adjusted[order[rank]] = running;
  }
  return adjusted;
}

}  // namespace vidbench::stats
