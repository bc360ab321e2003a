#include "base/licence.h"

#include <algorithm>
#include <array>
#include <string>

namespace vidbench {
namespace {

// Lower case, every run of other characters as one '-', with a '-' at both ends: whole words can be searched.
std::string words(std::string_view text) {
  std::string result = "-";
  for (const char c : text) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
      result += upper ? static_cast<char>(c - 'A' + 'a') : c;
    else if (result.back() != '-')
      result += '-';
  }
  return result.back() == '-' ? result : result + "-";
}

}  // namespace

bool is_non_commercial(std::string_view licence) {
  constexpr std::array<std::string_view, 6> kTelling = {"-nc-",    "-noncommercial-",      "-non-commercial-",
                                                        "-s-lab-", "-nvidia-source-code-", "-research-only-"};
  const std::string text = words(licence);
  return std::any_of(kTelling.begin(), kTelling.end(),
                     [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

}  // namespace vidbench
