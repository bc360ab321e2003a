#include "cli/signals.h"

#include <unistd.h>
#include <csignal>
#include <ctime>

#include "base/error.h"
#include "base/log.h"

namespace vidbench::cli {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

StopOnSignal::StopOnSignal() {
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::jthread([this, set](std::stop_token done) {
    constexpr timespec kPoll{0, 50'000'000};
    while (!done.stop_requested()) {
      if (sigtimedwait(&set, nullptr, &kPoll) < 0) continue;
      if (source_.stop_requested()) _exit(static_cast<int>(ErrorCode::kInterrupted));
      log_info("\nstopping after what is in work (press again to stop at once) …");
      source_.request_stop();
    }
  });
}

StopOnSignal::~StopOnSignal() {
  thread_.request_stop();
  thread_.join();
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace vidbench::cli
