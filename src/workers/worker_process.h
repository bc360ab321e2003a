// A worker process and the JSON-RPC conversation with it (docs/worker-protocol.md), whatever it works on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "workers/child_process.h"
#include "workers/line_buffer.h"
#include "workers/worker_error.h"
#include "workers/worker_log.h"

namespace vidbench::workers {

inline constexpr const char* kProtocol = "vidbench.worker/1";

struct WorkerOptions {
  std::vector<std::string>
      command;  // a program (registry/program.h tells where it is looked for) and its arguments
  std::vector<std::pair<std::string, std::string>> environment;
  std::filesystem::path
      log_path;        // stderr and stdout garbage are appended; "" = kept in memory for log tails
  double grace_s = 5;  // between shutdown or SIGTERM and the next stronger means
  std::vector<std::string> cleanup;  // ChildOptions::cleanup; the program is supervised then
};

// Seconds until a request has failed: in all, and without a sign of life (any protocol message).
struct Limits {
  double total_s = 600;
  double stall_s = 600;
};

// Thread rule: one thread at a time; a stop may be requested from any.
class WorkerProcess {
 public:
  using Notified = std::function<void(const std::string& method, const Json& params)>;

  // Starts the program. Throws Error(kEnvironment) that names every place where it was looked for.
  explicit WorkerProcess(WorkerOptions options);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  // The answer's `result`. Throws WorkerError; unless the worker itself answered with an error, the process
  // group has been killed by then (failure classes timeout, crash, oom, bad-output, interrupted).
  Json request(const std::string& method, const Json& params, const Limits& limits,
               const Notified& notified = {}, const std::stop_token& stop = {});

  // Polite end: `shutdown`, then the protocol's grace, then signals. Returns how the process ended.
  ExitStatus shutdown() noexcept;
  // Ends the process at once.
  void kill() noexcept;

  [[nodiscard]] bool alive() const { return child_.running() && !broken_; }
  [[nodiscard]] pid_t pid() const { return child_.pid(); }
  [[nodiscard]] std::string log_tail() const { return log_.tail(); }

 private:
  struct Exchange;
  void send_some(Exchange& exchange);
  void read_some();
  void handle_lines(Exchange& exchange);
  void handle_message(Exchange& exchange, Json message);
  void take_answer(Exchange& exchange, Json& message);
  void count_garbage(std::string_view line);
  void await_event(const Exchange& exchange, int stop_fd);
  void check_limits(const Exchange& exchange);
  [[noreturn]] void fail_ended();
  [[noreturn]] void fail(const std::string& kind, const std::string& message);

  WorkerOptions options_;
  WorkerLog log_;
  uint64_t oom_kills_before_;
  ChildProcess child_;
  LineBuffer lines_;
  int64_t next_id_ = 1;
  int garbage_ = 0;
  bool stdout_open_ = true;
  bool broken_ = false;
};

// The number of processes the kernel's out-of-memory killer has ended, from /proc/vmstat's text; 0 when not
// told.
[[nodiscard]] uint64_t oom_kill_count(std::string_view vmstat);
// VmHWM of the process itself (not of its children); 0 once it has ended.
[[nodiscard]] uint64_t peak_resident_bytes(pid_t process);
// "VmHWM: 123 kB" of /proc/PID/status, in bytes; 0 when not told.
[[nodiscard]] uint64_t peak_resident_from_status(std::string_view status);

}  // namespace vidbench::workers
