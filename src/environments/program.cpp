#include "environments/program.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>

#include "base/error.h"
#include "base/strings.h"
#include "workers/child_process.h"

namespace vidbench::environments {
namespace {

constexpr size_t kTailLines = 5;
constexpr double kGraceSeconds = 2;

// Splits what a program prints into lines, keeps the last ones, and writes everything to the log.
class Output {
 public:
  explicit Output(const Program& program) : program_(program), log_(program.log, std::ios::app) {
    if (!log_) throw_environment(fmt::format("cannot write {}", program.log.string()));
  }

  void append(std::string_view text) {
    log_ << text << std::flush;
    for (const char c : text) {
      if (c != '\n' && c != '\r') {
        line_ += c;
        continue;
      }
      take_line();
    }
  }

  std::string tail() {
    take_line();
    return join(tail_, " | ");
  }

 private:
  void take_line() {
    const std::string line = one_line(line_);
    line_.clear();
    if (trim(line).empty()) return;
    tail_.push_back(trim(line));
    if (tail_.size() > kTailLines) tail_.erase(tail_.begin());
    program_.on_line(tail_.back());
  }

  const Program& program_;
  std::ofstream log_;
  std::string line_;
  std::vector<std::string> tail_;
};

// Whether there may be more.
bool read_some(int fd, Output& output) {
  std::array<char, 1 << 14> block;
  const ssize_t count = ::read(fd, block.data(), block.size());
  if (count > 0) output.append({block.data(), static_cast<size_t>(count)});
  return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

}  // namespace

void run_program(const Program& program, const std::stop_token& stop) {
  Output output(program);
  workers::ChildOptions options;
  options.argv = program.argv;
  options.environment = program.environment;
  options.stderr_to_stdout = true;
  options.supervised = true;
  workers::ChildProcess child(options);
  child.close_stdin();
  bool open = true;
  while (child.running() && !stop.stop_requested()) {
    std::array<pollfd, 2> events = {
        {{open ? child.stdout_fd() : -1, POLLIN, 0}, {child.exit_fd(), POLLIN, 0}}};
    ::poll(events.data(), events.size(), 200);
    if (open && (events[0].revents & (POLLIN | POLLHUP)) != 0) open = read_some(child.stdout_fd(), output);
  }
  if (stop.stop_requested()) {
    child.terminate(kGraceSeconds);
    throw Error(ErrorCode::kInterrupted, fmt::format("{} was interrupted", program.argv.front()));
  }
  for (int i = 0; open && i < 1000; ++i) {
    pollfd event = {child.stdout_fd(), POLLIN, 0};
    if (::poll(&event, 1, 0) <= 0) break;
    open = read_some(child.stdout_fd(), output);
  }
  const auto status = child.wait(kGraceSeconds);
  if (status && !status->signalled && status->value == 0) return;
  throw_environment(
      fmt::format("{} {}: {}",
                  join(std::span(program.argv).first(std::min<size_t>(program.argv.size(), 4)), " "),
                  status ? status->text() : "did not end", output.tail()),
      "the whole log: " + program.log.string());
}

}  // namespace vidbench::environments
