#include "workers/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "base/error.h"
#include "workers/supervisor.h"

namespace vidbench::workers {
namespace {

struct Pipe {
  Descriptor read, write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw_environment(fmt::format("cannot make a pipe: {}", std::strerror(errno)),
                      "raise the open-files limit");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

void make_non_blocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

std::vector<std::string> merged_environment(const ChildOptions& options) {
  std::vector<std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string_view name = text.substr(0, text.find('='));
    bool replaced = false;
    for (const auto& [key, value] : options.environment) replaced = replaced || key == name;
    if (!replaced) merged.emplace_back(text);
  }
  for (const auto& [key, value] : options.environment) merged.push_back(key + "=" + value);
  return merged;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

struct Launch {
  char* const* argv;
  char* const* environment;
  int in, out, err, error_pipe;
  const char* directory;  // nullptr = ours
  bool supervised;
  char* const* cleanup;  // nullptr = none
  pid_t parent;
};

// Runs in the forked child, where only async-signal-safe calls are allowed.
[[noreturn]] void become_program(const Launch& launch, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // the parent died before the line above
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const bool wired = ::dup2(launch.in, STDIN_FILENO) >= 0 && ::dup2(launch.out, STDOUT_FILENO) >= 0 &&
                     (launch.err < 0 || ::dup2(launch.err, STDERR_FILENO) >= 0);
  if (wired && (launch.directory == nullptr || ::chdir(launch.directory) == 0)) {
    // Nothing else of ours is inherited, whichever library opened it: CLOSE_RANGE_CLOEXEC from descriptor 3
    // on.
    ::syscall(SYS_close_range, 3U, ~0U, 1U << 2);
    ::execve(launch.argv[0], launch.argv, launch.environment);
  }
  const int error = errno;
  [[maybe_unused]] const auto written = ::write(launch.error_pipe, &error, sizeof error);
  ::_exit(127);
}

// The same rule.
[[noreturn]] void become_child(const Launch& launch) {
  ::setpgid(0, 0);
  if (!launch.supervised) become_program(launch, launch.parent);
  prepare_supervisor(launch.parent);
  const pid_t supervisor = ::getpid();
  const pid_t program = ::_Fork();
  if (program == 0) become_program(launch, supervisor);
  if (program < 0) {
    const int error = errno;
    [[maybe_unused]] const auto written = ::write(launch.error_pipe, &error, sizeof error);
    ::_exit(127);
  }
  supervise(program, launch.cleanup, launch.environment);
}

}  // namespace

std::string ExitStatus::text() const {
  return signalled ? fmt::format("was killed by signal {} ({})", value, ::strsignal(value))
                   : fmt::format("ended with exit code {}", value);
}

ChildProcess::ChildProcess(ChildOptions options) {
  Pipe in = make_pipe(), out = make_pipe(), error = make_pipe();
  exit_event_ = Descriptor(::eventfd(0, EFD_CLOEXEC));
  guard_ = std::thread([this, &options, &in, &out, &error] {
    guard(options, in.read.get(), out.write.get(), error.write.get());
  });
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return started_; });
  }
  error.write.reset();
  int failure = 0;
  ssize_t count = 0;  // end of file: the program has been started
  while ((count = ::read(error.read.get(), &failure, sizeof failure)) < 0 && errno == EINTR) {
  }
  const bool failed = count != 0;
  if (failed) {
    guard_.join();
    throw_environment(fmt::format("cannot start {}: {}", options.argv.front(), std::strerror(failure)),
                      "check that the program exists and may be executed");
  }
  stdin_ = std::move(in.write);
  stdout_ = std::move(out.read);
  make_non_blocking(stdin_.get());
  make_non_blocking(stdout_.get());
}

ChildProcess::~ChildProcess() {
  signal_group(SIGKILL);
  if (guard_.joinable()) guard_.join();
}

// The body of the child's own thread.
void ChildProcess::guard(const ChildOptions& options, int child_stdin, int child_stdout, int error_pipe) {
  sigset_t all;
  ::sigfillset(&all);  // handlers of ours run on other threads, and not in the child before exec
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
  std::vector<std::string> argv = options.argv, environment = merged_environment(options),
                           cleanup = options.cleanup;
  const std::vector<char*> argv_pointers = pointers(argv), environment_pointers = pointers(environment),
                           cleanup_pointers = pointers(cleanup);
  const Launch launch{argv_pointers.data(),
                      environment_pointers.data(),
                      child_stdin,
                      child_stdout,
                      options.stderr_to_stdout ? child_stdout : options.stderr_fd,
                      error_pipe,
                      options.directory.empty() ? nullptr : options.directory.c_str(),
                      options.supervised,
                      cleanup.empty() ? nullptr : cleanup_pointers.data(),
                      ::getpid()};
  const pid_t pid = ::fork();
  if (pid == 0) become_child(launch);
  if (pid < 0) {
    const int error = errno;
    [[maybe_unused]] const auto written = ::write(error_pipe, &error, sizeof error);
  } else {
    ::setpgid(pid, pid);  // whichever of us comes first
  }
  {
    const std::lock_guard lock(mutex_);
    pid_ = pid;
    supervised_ = options.supervised;
    started_ = true;
    changed_.notify_all();
  }
  // From here on the constructor's locals may be gone.
  if (pid > 0) await_end();
}

void ChildProcess::await_end() {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  const std::lock_guard lock(mutex_);
  ::kill(-pid_, SIGKILL);  // the zombie still holds the group's number, so nobody else can be hit
  int raw = 0;
  rusage usage{};
  while (::wait4(pid_, &raw, 0, &usage) < 0 && errno == EINTR) {
  }
  peak_resident_bytes_ = static_cast<uint64_t>(usage.ru_maxrss) * 1024;
  status_ = ExitStatus{WIFSIGNALED(raw), WIFSIGNALED(raw) ? WTERMSIG(raw) : WEXITSTATUS(raw)};
  const uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(exit_event_.get(), &one, sizeof one);
  changed_.notify_all();
}

bool ChildProcess::running() const {
  const std::lock_guard lock(mutex_);
  return !status_.has_value();
}

uint64_t ChildProcess::peak_resident_bytes() const {
  const std::lock_guard lock(mutex_);
  return peak_resident_bytes_;
}

void ChildProcess::signal_group(int signal) noexcept {
  const std::lock_guard lock(mutex_);
  if (status_ || pid_ <= 0) return;
  if (supervised_ && signal == SIGKILL)
    ::kill(pid_, kKillAllSignal);
  else
    ::kill(-pid_, signal);
}

std::optional<ExitStatus> ChildProcess::wait(double seconds) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::duration<double>(seconds), [this] { return status_.has_value(); });
  return status_;
}

ExitStatus ChildProcess::terminate(double grace_s) {
  signal_group(SIGTERM);
  std::optional<ExitStatus> status = wait(grace_s);
  if (status) return *status;
  signal_group(SIGKILL);
  while (!(status = wait(3600))) {
  }
  return *status;
}

}  // namespace vidbench::workers
