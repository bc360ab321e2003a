#include "workers/worker_process.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <ctime>
#include <fstream>
#include <sstream>

#include "base/strings.h"
#include "base/time.h"
#include "registry/program.h"

namespace vidbench::workers {
namespace {

constexpr size_t kLineLimitBytes = size_t{64} << 20;
constexpr int kGarbageLimit = 100;
constexpr double kCleanupSeconds = 30;  // after the end of a program that others clean up after

// Writing to a worker that has died must not end vidbench. The signal is held back in this thread only, and
// taken away if it came: the process's own disposition is not ours to change.
class SigpipeGuard {
 public:
  SigpipeGuard() {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~SigpipeGuard() {
    const timespec now{};
    if (!was_pending_)
      while (::sigtimedwait(&pipe_, nullptr, &now) < 0 && errno == EINTR) {
      }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SigpipeGuard(const SigpipeGuard&) = delete;
  SigpipeGuard& operator=(const SigpipeGuard&) = delete;

 private:
  sigset_t pipe_{}, before_{};
  bool was_pending_ = false;
};

std::string proc_text(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

uint64_t number_after(std::string_view text, std::string_view label) {
  size_t at = text.find(label);
  if (at == std::string_view::npos) return 0;
  at = text.find_first_of("0123456789", at + label.size());
  uint64_t value = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
    value = value * 10 + static_cast<uint64_t>(text[at] - '0');
  return value;
}

ChildOptions child_options(const WorkerOptions& options, int stderr_fd) {
  if (options.command.empty()) throw Error(ErrorCode::kInternal, "a worker without a command");
  const registry::ProgramSearch search = registry::find_program(options.command.front());
  if (!search.path)
    throw_environment(search.complaint(options.command.front()),
                      "install it, or name it by its absolute path");
  ChildOptions child{options.command, options.environment, stderr_fd};
  child.argv.front() = search.path->string();
  child.cleanup = options.cleanup;
  child.supervised = !options.cleanup.empty();
  return child;
}

}  // namespace

uint64_t oom_kill_count(std::string_view vmstat) { return number_after(vmstat, "oom_kill "); }
uint64_t peak_resident_from_status(std::string_view status) { return number_after(status, "VmHWM:") * 1024; }

// A request on its way.
struct WorkerProcess::Exchange {
  std::string method;
  int64_t id;
  std::string outbox;  // the rest of the request's line
  Limits limits;
  const Notified& notified;
  int64_t start_ns = monotonic_ns();
  int64_t last_sign_ns = start_ns;
  std::optional<Json> result;
};

WorkerProcess::WorkerProcess(WorkerOptions options)
    : options_(std::move(options)),
      log_(options_.log_path),
      oom_kills_before_(oom_kill_count(proc_text("/proc/vmstat"))),
      child_(child_options(options_, log_.fd())),
      lines_(kLineLimitBytes) {}

WorkerProcess::~WorkerProcess() = default;  // ChildProcess kills what is left

uint64_t peak_resident_bytes(pid_t process) {
  return peak_resident_from_status(proc_text(fmt::format("/proc/{}/status", process)));
}

Json WorkerProcess::request(const std::string& method, const Json& params, const Limits& limits,
                            const Notified& notified, const std::stop_token& stop) {
  if (broken_) throw Error(ErrorCode::kInternal, "a request to a worker that has failed");
  const int64_t id = next_id_++;
  const Json message = {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}};
  Exchange exchange{method, id, document(message, -1) + "\n", limits, notified};
  const Descriptor stop_event(::eventfd(0, EFD_CLOEXEC));
  const std::stop_callback wake(stop, [fd = stop_event.get()] {
    const uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(fd, &one, sizeof one);
  });
  while (true) {
    handle_lines(exchange);
    if (exchange.result) return std::move(*exchange.result);
    if (stop.stop_requested()) fail("interrupted", fmt::format("'{}' was interrupted", method));
    check_limits(exchange);
    if (!stdout_open_) fail_ended();
    await_event(exchange, stop_event.get());
    send_some(exchange);
    read_some();
  }
}

// Sleeps until there is something to read or write, the process ends, a stop is requested or a limit is
// reached.
void WorkerProcess::await_event(const Exchange& exchange, int stop_fd) {
  std::array<pollfd, 4> events = {{{child_.stdout_fd(), POLLIN, 0},
                                   {stop_fd, POLLIN, 0},
                                   {child_.exit_fd(), POLLIN, 0},
                                   {exchange.outbox.empty() ? -1 : child_.stdin_fd(), POLLOUT, 0}}};
  const double left = std::min(exchange.limits.total_s - seconds_since(exchange.start_ns),
                               exchange.limits.stall_s - seconds_since(exchange.last_sign_ns));
  const double milliseconds = std::clamp(std::ceil(left * 1000), 0.0, 1e6);
  ::poll(events.data(), events.size(), static_cast<int>(milliseconds));
}

void WorkerProcess::check_limits(const Exchange& exchange) {
  if (seconds_since(exchange.start_ns) >= exchange.limits.total_s)
    fail("timeout", fmt::format("no answer to '{}' within {:g} s", exchange.method, exchange.limits.total_s));
  if (seconds_since(exchange.last_sign_ns) >= exchange.limits.stall_s)
    fail("timeout",
         fmt::format("no sign of life during '{}' for {:g} s", exchange.method, exchange.limits.stall_s));
}

void WorkerProcess::send_some(Exchange& exchange) {
  const SigpipeGuard guard;
  while (!exchange.outbox.empty()) {
    const ssize_t count = ::write(child_.stdin_fd(), exchange.outbox.data(), exchange.outbox.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      // A worker that no longer reads shows itself by its end or by a time-out; polling its pipe would spin.
      if (errno != EAGAIN) exchange.outbox.clear();
      return;
    }
    exchange.outbox.erase(0, static_cast<size_t>(count));
  }
}

void WorkerProcess::read_some() {
  // Asked first: once the process has ended, an empty pipe is empty for good, even if a stray child holds it
  // open.
  const bool ended = !child_.running();
  std::array<char, 1 << 16> block;
  size_t total = 0;
  while (total < (size_t{1} << 20)) {  // then lines are looked at, so that a flood cannot outrun the limits
    const ssize_t count = ::read(child_.stdout_fd(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count > 0) {
      lines_.append({block.data(), static_cast<size_t>(count)});
      total += static_cast<size_t>(count);
      continue;
    }
    if (count == 0 || ended) stdout_open_ = false;
    return;
  }
}

void WorkerProcess::handle_lines(Exchange& exchange) {
  while (!exchange.result) {
    std::optional<std::string> line = lines_.next();
    if (!line) break;
    if (line->size() > kLineLimitBytes) fail("bad-output", "a line of more than 64 MiB on stdout");
    std::optional<Json> message = parse_message(*line);
    if (message)
      handle_message(exchange, std::move(*message));
    else
      count_garbage(*line);
  }
  if (lines_.too_long()) fail("bad-output", "a line of more than 64 MiB on stdout");
}

void WorkerProcess::handle_message(Exchange& exchange, Json message) {
  const auto method = message.find("method");
  const bool has_id = message.contains("id");
  if (method != message.end() && method->is_string() && !has_id) {
    exchange.last_sign_ns = monotonic_ns();
    if (exchange.notified)
      exchange.notified(method->get<std::string>(), message.value("params", Json::object()));
  } else if (method == message.end() && has_id) {
    take_answer(exchange, message);
  } else {
    count_garbage(document(message, -1));
  }
}

void WorkerProcess::take_answer(Exchange& exchange, Json& message) {
  const bool is_error = message.contains("error");
  const Json& id = message["id"];
  // JSON-RPC answers a request that it could not read with an error whose id is null.
  if (id != exchange.id && !(is_error && id.is_null()))
    fail("bad-output", fmt::format("an answer with id {} to '{}', whose id is {}", one_line(id.dump()),
                                   exchange.method, exchange.id));
  if (!is_error) {
    if (!message.contains("result")) fail("bad-output", "an answer with neither 'result' nor 'error'");
    exchange.result = std::move(message["result"]);
    return;
  }
  const Json& error = message["error"];
  if (!error.is_object() || !error.contains("message") || !error["message"].is_string())
    fail("bad-output", "an 'error' without 'message'");
  const int64_t code =
      error.contains("code") && error["code"].is_number_integer() ? error["code"].get<int64_t>() : 0;
  std::string kind = "crash";
  if (error.contains("data") && error["data"].is_object() && error["data"].contains("class") &&
      error["data"]["class"].is_string())
    kind = known_failure_class(error["data"]["class"].get<std::string>());
  else if (code == -32601)
    kind = "unsupported";
  else if (code == -32602 || code == -32600 || code == -32700)
    kind = "invalid-request";
  throw WorkerError({kind, one_line(error["message"].get<std::string>()), log_.tail()});
}

void WorkerProcess::count_garbage(std::string_view line) {
  log_.write_line(fmt::format("[stdout] {}", one_line(line)));
  if (++garbage_ >= kGarbageLimit)
    fail("bad-output", fmt::format("{} lines on stdout that are not protocol messages", garbage_));
}

void WorkerProcess::fail_ended() {
  const std::optional<ExitStatus> status = child_.wait(options_.cleanup.empty() ? 1.0 : kCleanupSeconds);
  if (!status) fail("crash", "the worker closed its stdout and went on running");
  // A container's engine tells it as a shell does.
  if (status->value == (status->signalled ? SIGKILL : 128 + SIGKILL)) {
    const uint64_t kills = oom_kill_count(proc_text("/proc/vmstat"));
    if (kills > oom_kills_before_)
      fail("oom",
           "the worker was killed, and the kernel's out-of-memory killer was at work (oom_kill in "
           "/proc/vmstat)");
  }
  fail("crash", fmt::format("the worker {} without an answer", status->text()));
}

void WorkerProcess::fail(const std::string& kind, const std::string& message) {
  broken_ = true;
  child_.terminate(kind == "timeout" || kind == "interrupted" ? std::min(options_.grace_s, 1.0) : 0);
  throw WorkerError({kind, message, log_.tail()});
}

ExitStatus WorkerProcess::shutdown() noexcept {
  try {
    if (alive()) (void)request("shutdown", Json::object(), {options_.grace_s, options_.grace_s});
    child_.close_stdin();
    if (const auto status = child_.wait(options_.grace_s)) return *status;
  } catch (const std::exception&) {  // what cannot be asked to end is made to end
  }
  broken_ = true;
  return child_.terminate(options_.grace_s);
}

void WorkerProcess::kill() noexcept {
  broken_ = true;
  child_.signal_group(SIGKILL);
  child_.terminate(0);
}

}  // namespace vidbench::workers
