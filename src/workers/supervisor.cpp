#include "workers/supervisor.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace vidbench::workers {
namespace {

constexpr time_t kCleanupSeconds = 60;

// Kills our children until there are none: their own children become ours then (PR_SET_CHILD_SUBREAPER),
// whatever session they moved to.
void kill_descendants() {
  std::array<char, 4096> text{};
  while (true) {
    const int fd = ::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    const ssize_t count = fd < 0 ? 0 : ::read(fd, text.data(), text.size() - 1);
    if (fd >= 0) ::close(fd);
    if (fd < 0) {  // a kernel without that file: the group is what we can reach, ourselves included
      if (::waitpid(-1, nullptr, WNOHANG) < 0) return;
      ::kill(0, SIGKILL);
    }
    pid_t pid = 0;
    for (ssize_t i = 0; i < count; ++i) {
      const char c = text[static_cast<size_t>(i)];
      if (c >= '0' && c <= '9') {
        pid = pid * 10 + (c - '0');
      } else {
        if (pid > 0) ::kill(pid, SIGKILL);
        pid = 0;
      }
    }
    if (::waitpid(-1, nullptr, 0) < 0 && errno == ECHILD) return;
  }
}

// In a session of its own, which no signal to our group reaches; what has not ended by then is killed.
void run_cleanup(char* const* argv, char* const* environment) {
  const pid_t pid = ::_Fork();
  if (pid < 0) return;
  if (pid == 0) {
    ::setsid();
    for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (int fd = 0; fd < 3; ++fd) (void)::open("/dev/null", O_RDWR);  // ours were closed
    ::execve(argv[0], argv, environment);
    ::_exit(127);
  }
  sigset_t ended;
  ::sigemptyset(&ended);
  ::sigaddset(&ended, SIGCHLD);
  for (timespec left{kCleanupSeconds, 0}; ::waitpid(pid, nullptr, WNOHANG) == 0;)
    if (::sigtimedwait(&ended, nullptr, &left) < 0 && errno == EAGAIN) ::kill(pid, SIGKILL);
}

[[noreturn]] void end_like(int status) {
  if (WIFEXITED(status)) ::_exit(WEXITSTATUS(status));
  const int signal = WTERMSIG(status);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::signal(signal, SIG_DFL);
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, signal);
  ::kill(::getpid(), signal);
  ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
  ::_exit(128 + signal);
}

}  // namespace

void prepare_supervisor(pid_t parent) {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::signal(SIGCHLD, SIG_DFL);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::prctl(PR_SET_PDEATHSIG, kKillAllSignal);
  if (::getppid() != parent) ::_exit(127);
}

void supervise(pid_t program, char* const* cleanup, char* const* environment) {
  ::syscall(SYS_close_range, 0U, ~0U, 0U);  // the pipes are the program's; held here they would never end
  sigset_t awaited;
  ::sigemptyset(&awaited);
  ::sigaddset(&awaited, SIGCHLD);
  ::sigaddset(&awaited, kKillAllSignal);
  int status = SIGKILL;  // a wait status: killed by it
  bool running = true;
  while (running) {
    siginfo_t info{};
    if (::sigwaitinfo(&awaited, &info) == kKillAllSignal) break;
    int one = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &one, WNOHANG)) > 0;)
      if (pid == program) {
        status = one;
        running = false;
      }
  }
  if (cleanup != nullptr) {
    // What it looks after is put in order before it is killed with everything else.
    if (running && ::kill(program, SIGKILL) == 0) ::waitpid(program, nullptr, 0);
    run_cleanup(cleanup, environment);
  }
  kill_descendants();
  end_like(status);
}

}  // namespace vidbench::workers
