#include "base/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>

namespace vidbench {
namespace {
std::atomic<LogLevel> minimum{LogLevel::kInfo};
}

void set_log_level(LogLevel level) { minimum = level; }

void log(LogLevel level, std::string_view message) {
  if (level < minimum.load()) return;
  constexpr std::array<std::string_view, 4> kPrefix = {"debug: ", "", "warning: ", "error: "};
  const std::string line = fmt::format("{}{}\n", kPrefix.at(static_cast<size_t>(level)), message);
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace vidbench
