// A program started by vidbench in its own process group, which cannot outlive vidbench.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/descriptor.h"

namespace vidbench::workers {

// How a process ended: an exit code, or the signal that killed it.
struct ExitStatus {
  bool signalled = false;
  int value = 0;  // exit code or signal number
  // "ended with exit code 3" or "was killed by signal 9 (Killed)"
  [[nodiscard]] std::string text() const;
};

struct ChildOptions {
  std::vector<std::string> argv;                                 // argv[0]: absolute path of the program
  std::vector<std::pair<std::string, std::string>> environment;  // added to, or replacing, our own
  int stderr_fd = -1;                                            // duplicated; stays the caller's
  std::string directory;                                         // to work in; "" = ours
  bool stderr_to_stdout = false;                                 // then stderr_fd is not used
  // A small process of ours stands between us and the program and ends with it: it kills whatever the program
  // started, process groups and sessions of their own included, when the program ends, when we kill it, and
  // when vidbench itself is killed. For programs that know nothing of us.
  bool supervised = false;
  // Run by that small process when the program has ended, before what is left is killed: argv[0] an absolute
  // path. For what a program leaves to others, who outlive it.
  std::vector<std::string> cleanup;
};

// Each child has a thread of ours that starts it, waits for it and then kills what is left of its process
// group. The thread is also what PR_SET_PDEATHSIG is bound to: the kernel sends that signal when the *thread*
// that forked ends, so a child must not be started from a thread that may end before it. Thread rule:
// signal_group, wait and running may be called from any thread.
class ChildProcess {
 public:
  // Throws Error(kEnvironment) when the program cannot be started.
  explicit ChildProcess(ChildOptions options);
  // Kills the process group and waits for its end.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  // Our ends of the pipes, non-blocking.
  [[nodiscard]] int stdin_fd() const { return stdin_.get(); }
  [[nodiscard]] int stdout_fd() const { return stdout_.get(); }
  // An eventfd that becomes readable when the process has ended.
  [[nodiscard]] int exit_fd() const { return exit_event_.get(); }
  void close_stdin() { stdin_.reset(); }

  [[nodiscard]] bool running() const;
  // The largest resident memory of one of its processes, known once it has ended; 0 before.
  [[nodiscard]] uint64_t peak_resident_bytes() const;
  // SIGKILL reaches all processes of a supervised program.
  void signal_group(int signal) noexcept;
  // nullopt when the process still runs after `seconds`.
  [[nodiscard]] std::optional<ExitStatus> wait(double seconds);
  // SIGTERM, `grace_s` later SIGKILL, to the whole group.
  ExitStatus terminate(double grace_s);

 private:
  void guard(const ChildOptions& options, int child_stdin, int child_stdout, int error_pipe);
  void await_end();

  Descriptor stdin_, stdout_, exit_event_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool started_ = false;  // the guard thread has forked, or failed to
  std::optional<ExitStatus> status_;
  bool supervised_ = false;
  uint64_t peak_resident_bytes_ = 0;
  pid_t pid_ = -1;
  std::thread guard_;
};

}  // namespace vidbench::workers
