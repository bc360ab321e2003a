#include "batch/quantities.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/amount.h"

namespace vidbench::batch {
namespace {

std::optional<double> positive(double value) {
  return value > 0 && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<double> parse_duration(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 8> kUnits = {{{"", 1},
                                                                          {"s", 1},
                                                                          {"m", 60},
                                                                          {"min", 60},
                                                                          {"h", 3600},
                                                                          {"d", 86400},
                                                                          {"day", 86400},
                                                                          {"days", 86400}}};
  double seconds = 0;
  do {
    const auto amount = take_amount(text);
    if (!amount) return std::nullopt;
    const auto* unit = std::find_if(kUnits.begin(), kUnits.end(),
                                    [&](const auto& known) { return known.first == amount->unit; });
    if (unit == kUnits.end()) return std::nullopt;
    if (amount->unit.empty() && !text.empty()) return std::nullopt;  // "4 30m"
    seconds += amount->number * unit->second;
  } while (!text.empty());
  return positive(seconds);
}

std::optional<uint64_t> parse_disk(std::string_view text) {
  const auto bytes = parse_size(text);
  return bytes && *bytes > 0 ? bytes : std::nullopt;
}

std::optional<engine::Cost> parse_cost(std::string_view text) {
  const auto amount = take_amount(text);
  if (!amount || !text.empty() || amount->unit.size() != 3 || !positive(amount->number)) return std::nullopt;
  const bool capitals =
      std::all_of(amount->unit.begin(), amount->unit.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!capitals) return std::nullopt;
  return engine::Cost{amount->number, std::string(amount->unit)};
}

}  // namespace vidbench::batch
