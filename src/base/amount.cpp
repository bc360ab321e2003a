#include "base/amount.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace vidbench {
namespace {

std::string_view without_space(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

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

std::optional<uint64_t> parse_size(std::string_view text) {
  constexpr double kKi = 1024;
  constexpr std::array<std::pair<std::string_view, double>, 15> kUnits = {{{"", 1},
                                                                           {"B", 1},
                                                                           {"kB", 1e3},
                                                                           {"KB", 1e3},
                                                                           {"MB", 1e6},
                                                                           {"GB", 1e9},
                                                                           {"TB", 1e12},
                                                                           {"K", kKi},
                                                                           {"KiB", kKi},
                                                                           {"M", kKi * kKi},
                                                                           {"MiB", kKi * kKi},
                                                                           {"G", kKi * kKi * kKi},
                                                                           {"GiB", kKi * kKi * kKi},
                                                                           {"T", kKi * kKi * kKi * kKi},
                                                                           {"TiB", kKi * kKi * kKi * kKi}}};
  const auto amount = take_amount(text);
  if (!amount || !text.empty()) return std::nullopt;
  const auto* unit = std::find_if(kUnits.begin(), kUnits.end(),
                                  [&](const auto& known) { return known.first == amount->unit; });
  if (unit == kUnits.end()) return std::nullopt;
  const double bytes = amount->number * unit->second;
  if (bytes > 1e18) return std::nullopt;
  return static_cast<uint64_t>(bytes);
}

}  // namespace vidbench
