#include "cli/status_line.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/time.h"

namespace vidbench::cli {
namespace {

constexpr int64_t kTerminalInterval_ns = 100'000'000;
constexpr int64_t kLogInterval_ns = 5'000'000'000;

}  // namespace

void StatusLine::show(const std::function<std::string()>& text, bool now) {
  if (quiet_) return;
  const int64_t now_ns = monotonic_ns();
  const int64_t interval_ns = terminal_ ? kTerminalInterval_ns : kLogInterval_ns;
  if (!(now && terminal_) && now_ns - last_ns_ < interval_ns) return;
  last_ns_ = now_ns;
  if (!terminal_) return log_info(text());
  drawn_ = true;
  fmt::print(stderr, "\r\033[K\033[?7l{}\033[?7h", text());  // without wrapping at the right edge
}

void StatusLine::wait() { last_ns_ = monotonic_ns(); }

void StatusLine::clear() {
  if (drawn_) fmt::print(stderr, "\r\033[K");
  drawn_ = false;
}

}  // namespace vidbench::cli
