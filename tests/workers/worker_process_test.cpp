#include "workers/worker_process.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <future>

#include "base/files.h"
#include "fake_worker.h"

namespace vidbench::workers {
namespace {
namespace fs = std::filesystem;
using testing_support::child_in;
using testing_support::ends;
using testing_support::fake_command;

constexpr Limits kPatient{60, 60};

WorkerOptions options(const std::string& mode, const std::string& argument = "") {
  WorkerOptions options;
  options.command = fake_command(mode, argument);
  options.grace_s = 0.3;
  return options;
}

Json generate_params() { return {{"output_dir", "/nonexistent"}, {"requests", Json::array()}}; }

// The failure of a `generate` request; the process must be gone afterwards, without leaving a zombie.
store::Failure failure_of(const std::string& mode, const Limits& limits, const std::string& argument = "") {
  WorkerProcess worker(options(mode, argument));
  const pid_t pid = worker.pid();
  try {
    (void)worker.request("generate", generate_params(), limits);
  } catch (const WorkerError& e) {
    EXPECT_FALSE(worker.alive());
    EXPECT_NE(::kill(pid, 0), 0) << "process " << pid << " is still there";
    return e.failure();
  }
  ADD_FAILURE() << "the request succeeded";
  return {};
}

TEST(WorkerProcess, AnswersAndEndsWithZero) {
  WorkerProcess worker(options("ok"));
  const Json hello = worker.request("initialize", {{"protocol", kProtocol}}, kPatient);
  EXPECT_EQ(hello["name"], "fake");
  EXPECT_GT(peak_resident_bytes(worker.pid()), uint64_t{1} << 20);
  EXPECT_TRUE(worker.alive());
  const pid_t pid = worker.pid();
  const ExitStatus status = worker.shutdown();
  EXPECT_FALSE(status.signalled);
  EXPECT_EQ(status.value, 0);
  EXPECT_NE(::kill(pid, 0), 0) << "a zombie was left";
}

TEST(WorkerProcess, TakesARequestLargerThanAPipe) {
  WorkerProcess worker(options("echo"));
  const std::string large(3 << 20, 'x');
  const Json loaded = worker.request("load", {{"dtype", large}}, kPatient);
  EXPECT_EQ(loaded["dtype"], large);
}

TEST(WorkerProcess, SlowStartIsWaitedForWithinTheLimit) {
  WorkerProcess worker(options("slow-start", "0.3"));
  EXPECT_EQ(worker.request("initialize", {{"protocol", kProtocol}}, kPatient)["name"], "fake");
  WorkerProcess slow(options("slow-start", "600"));
  EXPECT_THROW((void)slow.request("initialize", {{"protocol", kProtocol}}, {0.3, 0.3}), WorkerError);
}

TEST(WorkerProcess, UnknownProgramNamesEveryPlace) {
  WorkerOptions missing;
  missing.command = {"no-such-worker"};
  try {
    const WorkerProcess worker(missing);
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kEnvironment);
    const std::string message = e.what();
    EXPECT_NE(message.find(executable_directory().string() + "/no-such-worker"), std::string::npos)
        << message;
    EXPECT_NE(message.find("/usr/bin/no-such-worker"), std::string::npos) << message;
  }
}

TEST(WorkerProcess, AProgramThatIsNoneIsAnError) {
  const TemporaryDirectory folder;
  const fs::path path = folder.path() / "not-a-program";
  write_file_atomic(path, std::string("\x7f"
                                      "ELF broken"));
  fs::permissions(path, fs::perms::owner_all);
  WorkerOptions broken;
  broken.command = {path.string()};
  EXPECT_THROW(WorkerProcess{broken}, Error);
}

TEST(WorkerProcess, NeverAnsweringIsATimeout) {
  const store::Failure failure = failure_of("never-answers", {0.5, 30});
  EXPECT_EQ(failure.kind, "timeout");
  EXPECT_EQ(failure.message, "no answer to 'generate' within 0.5 s");
}

TEST(WorkerProcess, IgnoringSigtermDoesNotHelp) {
  EXPECT_EQ(failure_of("ignores-sigterm", {0.5, 30}).kind, "timeout");
}

TEST(WorkerProcess, SilenceIsAStall) {
  const store::Failure failure = failure_of("stalls", {60, 0.5});
  EXPECT_EQ(failure.kind, "timeout");
  EXPECT_EQ(failure.message, "no sign of life during 'generate' for 0.5 s");
}

TEST(WorkerProcess, ProgressDoesNotExtendTheTotal) {
  const store::Failure failure = failure_of("progress-for-ever", {1, 30});
  EXPECT_EQ(failure.message, "no answer to 'generate' within 1 s");
}

TEST(WorkerProcess, ACrashHasExitCodeAndLogTail) {
  const store::Failure failure = failure_of("crash", kPatient);
  EXPECT_EQ(failure.kind, "crash");
  EXPECT_EQ(failure.message, "the worker ended with exit code 7 without an answer");
  EXPECT_EQ(failure.log_tail, "about to fail\nthe last line");
}

TEST(WorkerProcess, AKillByAnybodyElseIsACrash) {
  const store::Failure failure = failure_of("killed", kPatient);
  EXPECT_EQ(failure.kind, "crash");
  EXPECT_NE(failure.message.find("signal 9"), std::string::npos) << failure.message;
}

TEST(WorkerProcess, AKillByTheKernelForMemoryIsOom) {
  const fs::path group = "/sys/fs/cgroup/memory/vidbench-test-" + std::to_string(::getpid());
  std::error_code ec;
  if (!fs::create_directory(group, ec)) GTEST_SKIP() << "needs a writable memory cgroup (v1)";
  {
    std::ofstream limit(group / "memory.limit_in_bytes");
    limit << (32 << 20) << std::flush;
    if (!limit) {
      fs::remove(group, ec);
      GTEST_SKIP() << "cannot limit the cgroup";
    }
  }
  const store::Failure failure = failure_of("cgroup-oom", kPatient, group.string());
  EXPECT_EQ(failure.kind, "oom") << failure.message << "\n" << failure.log_tail;
  ::rmdir(group.c_str());
}

TEST(WorkerProcess, AClosedStdoutIsACrash) {
  EXPECT_EQ(failure_of("closes-stdout", kPatient).message,
            "the worker closed its stdout and went on running");
}

TEST(WorkerProcess, SomeGarbageIsLoggedAndPassedOver) {
  const TemporaryDirectory folder;
  WorkerOptions with_log = options("garbage");
  with_log.log_path = folder.path() / "logs/worker.log";
  WorkerProcess worker(with_log);
  EXPECT_EQ(
      worker.request("generate", {{"output_dir", ""}, {"requests", Json::array()}}, kPatient, {}).is_object(),
      true);
  const std::string log = read_file(with_log.log_path);
  EXPECT_NE(log.find("[stdout] Loading shard 19"), std::string::npos) << log;
}

TEST(WorkerProcess, MuchGarbageIsBadOutput) {
  const store::Failure failure = failure_of("garbage-flood", kPatient);
  EXPECT_EQ(failure.kind, "bad-output");
  EXPECT_EQ(failure.message, "100 lines on stdout that are not protocol messages");
}

TEST(WorkerProcess, AHugeLineIsBadOutput) {
  const store::Failure failure = failure_of("huge-line", kPatient);
  EXPECT_EQ(failure.kind, "bad-output");
  EXPECT_EQ(failure.message, "a line of more than 64 MiB on stdout");
}

TEST(WorkerProcess, AnErrorAnswerLeavesTheWorkerAlive) {
  WorkerProcess worker(options("load-oom"));
  try {
    (void)worker.request("load", {{"dtype", "fp32"}}, kPatient);
    FAIL() << "no error";
  } catch (const WorkerError& e) {
    EXPECT_EQ(e.failure().kind, "oom");
    EXPECT_EQ(e.failure().message, "the weights do not fit");
  }
  try {
    (void)worker.request("no_such_method", Json::object(), kPatient);
    FAIL() << "no error";
  } catch (const WorkerError& e) {
    EXPECT_EQ(e.failure().kind, "unsupported");
  }
  EXPECT_TRUE(worker.alive());
  EXPECT_EQ(worker.request("unload", Json::object(), kPatient), Json::object());
}

TEST(WorkerProcess, AStopRequestInterrupts) {
  WorkerProcess worker(options("never-answers"));
  std::stop_source source;
  auto pending = std::async(std::launch::async, [&] {
    try {
      (void)worker.request("generate", generate_params(), kPatient, {}, source.get_token());
      return std::string("answered");
    } catch (const WorkerError& e) {
      return e.failure().kind;
    }
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  source.request_stop();
  EXPECT_EQ(pending.get(), "interrupted");
  EXPECT_FALSE(worker.alive());
}

TEST(WorkerProcess, ChildrenOfTheWorkerDieWithIt) {
  const store::Failure failure = failure_of("child", kPatient);
  EXPECT_EQ(failure.message, "the worker ended with exit code 3 without an answer");
  EXPECT_TRUE(ends(child_in(failure.log_tail)));
}

TEST(WorkerProcess, AStrayThatHoldsStdoutIsNotWaitedFor) {
  const store::Failure failure = failure_of("stray", kPatient);
  EXPECT_EQ(failure.message, "the worker ended with exit code 4 without an answer");
  ::kill(child_in(failure.log_tail), SIGKILL);
}

TEST(WorkerProcess, AWorkerThatDiedBetweenRequestsIsACrashAndNoSigpipe) {
  WorkerProcess worker(options("ok"));
  (void)worker.request("unload", Json::object(), kPatient);
  ::kill(worker.pid(), SIGKILL);
  ASSERT_TRUE(ends(worker.pid()));
  try {
    // Larger than the pipe holds, so that a write meets the closed end.
    (void)worker.request("load", {{"dtype", std::string(1 << 20, 'x')}}, kPatient);
    FAIL() << "no error";
  } catch (const WorkerError& e) {
    EXPECT_EQ(e.failure().kind, "crash");
  }
}

TEST(WorkerProcess, ShutdownEndsAWorkerThatIgnoresIt) {
  WorkerProcess worker(options("ignores-shutdown"));
  (void)worker.request("unload", Json::object(), kPatient);  // it is up, and deaf to SIGTERM
  const ExitStatus status = worker.shutdown();
  EXPECT_TRUE(status.signalled);
  EXPECT_EQ(status.value, SIGKILL);
}

TEST(WorkerProcess, OutlivesTheThreadThatMadeIt) {
  std::unique_ptr<WorkerProcess> worker;
  std::thread([&] { worker = std::make_unique<WorkerProcess>(options("ok")); }).join();
  EXPECT_EQ(worker->request("unload", Json::object(), kPatient), Json::object());
}

TEST(WorkerProcess, DiesWithVidbench) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const pid_t parent = ::fork();
  if (parent == 0) {  // stands for vidbench
    WorkerProcess worker(options("never-answers"));
    const pid_t pid = worker.pid();
    if (::write(pipe_ends[1], &pid, sizeof pid) != sizeof pid) ::_exit(1);
    try {
      (void)worker.request("generate", generate_params(), kPatient);
    } catch (const std::exception&) {
    }
    ::_exit(2);
  }
  pid_t worker = -1;
  ASSERT_EQ(::read(pipe_ends[0], &worker, sizeof worker), static_cast<ssize_t>(sizeof worker));
  ASSERT_EQ(::kill(worker, 0), 0);
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  EXPECT_TRUE(ends(worker));
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
}

TEST(WorkerProcess, LeavesNoProcessesBehind) {
  for (int i = 0; i < 5; ++i) {
    const WorkerProcess worker(options("never-answers"));
  }
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child of ours is left";
}

}  // namespace
}  // namespace vidbench::workers
