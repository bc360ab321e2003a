#include "workers/ask.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>

#include "base/error.h"
#include "base/time.h"
#include "workers/child_process.h"

namespace vidbench::workers {
namespace {

constexpr size_t kMostOutput = size_t{64} << 10;
constexpr double kEnd_s = 2;  // to end after the output has ended

}  // namespace

Answer ask(const std::vector<std::string>& argv, double timeout_s,
           const std::vector<std::pair<std::string, std::string>>& environment) {
  Answer answer;
  try {
    workers::ChildOptions options;
    options.argv = argv;
    options.environment = environment;
    options.stderr_to_stdout = true;
    workers::ChildProcess child(std::move(options));
    child.close_stdin();
    const int64_t start_ns = monotonic_ns();
    bool open = true;
    while (open && seconds_since(start_ns) < timeout_s) {
      pollfd readable{child.stdout_fd(), POLLIN, 0};
      if (::poll(&readable, 1, 50) <= 0) continue;
      std::array<char, 4096> block{};
      const ssize_t size = ::read(child.stdout_fd(), block.data(), block.size());
      if (size == 0) open = false;
      if (size > 0 && answer.output.size() < kMostOutput)
        answer.output.append(block.data(), static_cast<size_t>(size));
    }
    const auto status = open ? std::nullopt : child.wait(kEnd_s);
    answer.end = status ? status->text() : fmt::format("did not end in {:.0f} s", timeout_s);
    answer.ok = status && !status->signalled && status->value == 0;
  } catch (const Error& e) {
    answer.end = e.what();
  }
  return answer;
}

}  // namespace vidbench::workers
