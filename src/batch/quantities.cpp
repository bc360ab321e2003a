#include "batch/quantities.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace vidbench::batch {
namespace {

struct Amount {
  double number = 0;
  std::string_view unit;
};

std::string_view without_space(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Takes a number and the letters after it off the front.
std::optional<Amount> take_amount(std::string_view& text) {
  text = without_space(text);
  Amount amount;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount.number);
  if (error != std::errc() || !std::isfinite(amount.number) || amount.number < 0) return std::nullopt;
  text = without_space(text.substr(static_cast<size_t>(end - text.data())));
  const auto letters =
      static_cast<size_t>(std::find_if_not(text.begin(), text.end(), is_letter) - text.begin());
  amount.unit = text.substr(0, letters);
  text = without_space(text.substr(letters));
  return amount;
}

template <size_t N>
std::optional<double> factor(const std::array<std::pair<std::string_view, double>, N>& units,
                             std::string_view name) {
  for (const auto& [unit, value] : units)
    if (unit == name) return value;
  return std::nullopt;
}

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
    const auto unit = amount ? factor(kUnits, amount->unit) : std::nullopt;
    if (!unit) return std::nullopt;
    if (amount->unit.empty() && !text.empty()) return std::nullopt;  // "4 30m"
    seconds += amount->number * *unit;
  } while (!text.empty());
  return positive(seconds);
}

std::optional<uint64_t> parse_size(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 10> kUnits = {{{"", 1},
                                                                           {"B", 1},
                                                                           {"kB", 1e3},
                                                                           {"KB", 1e3},
                                                                           {"MB", 1e6},
                                                                           {"GB", 1e9},
                                                                           {"TB", 1e12},
                                                                           {"MiB", 1048576.0},
                                                                           {"GiB", 1073741824.0},
                                                                           {"TiB", 1099511627776.0}}};
  const auto amount = take_amount(text);
  const auto unit = amount ? factor(kUnits, amount->unit) : std::nullopt;
  if (!unit || !text.empty()) return std::nullopt;
  const double bytes = amount->number * *unit;
  if (!(bytes >= 1) || bytes > 1e18) return std::nullopt;
  return static_cast<uint64_t>(bytes);
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
