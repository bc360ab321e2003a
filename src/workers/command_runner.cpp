#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/files.h"
#include "base/strings.h"
#include "base/time.h"
#include "registry/git_checkout.h"
#include "workers/builtin_runners.h"
#include "workers/child_process.h"
#include "workers/command_line.h"
#include "workers/command_output.h"
#include "workers/launch.h"
#include "workers/model_lease.h"
#include "workers/output_files.h"
#include "workers/results.h"
#include "workers/worker_error.h"
#include "workers/worker_log.h"
#include "workers/worker_process.h"

namespace vidbench::workers {
namespace {
namespace fs = std::filesystem;

constexpr double kGraceSeconds = 1;

[[noreturn]] void fail(const std::string& kind, const std::string& message) {
  throw WorkerError({kind, message, ""});
}

uint64_t oom_kills() {
  std::ostringstream text;
  text << std::ifstream("/proc/vmstat").rdbuf();
  return oom_kill_count(text.str());
}

// Without a GPU the model's memory is the host's; with one, the host's says nothing of the model.
bool runs_on_cpu(const std::string& device) {
  std::error_code ec;
  return device == "cpu" ||
         (device == "auto" && !fs::exists("/dev/nvidiactl", ec) && !fs::exists("/dev/kfd", ec));
}

// Two commands that write into one folder under names of their own choice must not take each other's video.
class FolderLock {
 public:
  FolderLock(const fs::path& folder, const std::stop_token& stop)
      : folder_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    while (folder_.get() >= 0 && ::flock(folder_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      if (stop.stop_requested()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

 private:
  Descriptor folder_;
};

// A folder that exists, and is empty, as long as the object does.
class ScratchFolder {
 public:
  explicit ScratchFolder(fs::path path) : path_(std::move(path)) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// One process from its start to its end.
class CommandProcess {
 public:
  CommandProcess(const CommandLine& line, CommandOutput& output, const registry::Deployment& limits)
      : output_(output), limits_(limits), child_(options_of(line)) {
    child_.close_stdin();
  }

  // Throws WorkerError after a time-out or a stop; the process and its children are gone then, too.
  ExitStatus run(const std::function<void(const Progress&)>& progress, const std::stop_token& stop) {
    const Descriptor stop_event(::eventfd(0, EFD_CLOEXEC));
    const std::stop_callback wake(stop, [fd = stop_event.get()] {
      const uint64_t one = 1;
      [[maybe_unused]] const auto written = ::write(fd, &one, sizeof one);
    });
    while (true) {
      const bool ended = !child_.running();
      if (const auto told = read_some(); told && progress) progress(*told);
      if (ended) break;
      if (stop.stop_requested()) end("interrupted", "the command was interrupted");
      check_limits();
      await_event(stop_event.get());
    }
    output_.finish();
    return *child_.wait(1);
  }

  [[nodiscard]] uint64_t peak_resident_bytes() const { return child_.peak_resident_bytes(); }

 private:
  static ChildOptions options_of(const CommandLine& line) {
    ChildOptions options;
    options.argv = line.argv;
    options.environment = line.environment;
    options.directory = line.directory.string();
    options.stderr_to_stdout = true;
    options.supervised = true;
    options.cleanup = line.cleanup;
    return options;
  }

  std::optional<Progress> read_some() {
    std::array<char, 1 << 16> block;
    std::optional<Progress> told;
    for (int i = 0; i < 16; ++i) {  // then limits are looked at, so that a flood cannot outrun them
      const ssize_t count = ::read(child_.stdout_fd(), block.data(), block.size());
      if (count < 0 && errno == EINTR) continue;
      open_ = open_ && count != 0;
      if (count <= 0) break;
      last_sign_ns_ = monotonic_ns();
      if (auto progress = output_.append({block.data(), static_cast<size_t>(count)})) told = progress;
    }
    return told;
  }

  void check_limits() {
    if (seconds_since(start_ns_) >= limits_.sample_timeout_s)
      end("timeout", fmt::format("the command did not end within {:g} s", limits_.sample_timeout_s));
    if (seconds_since(last_sign_ns_) >= limits_.stall_timeout_s)
      end("timeout", fmt::format("the command printed nothing for {:g} s", limits_.stall_timeout_s));
  }

  [[noreturn]] void end(const std::string& kind, const std::string& message) {
    child_.terminate(kGraceSeconds);
    (void)read_some();
    output_.finish();
    fail(kind, message);
  }

  void await_event(int stop_fd) const {
    std::array<pollfd, 3> events = {
        {{open_ ? child_.stdout_fd() : -1, POLLIN, 0}, {stop_fd, POLLIN, 0}, {child_.exit_fd(), POLLIN, 0}}};
    const double left = std::min(limits_.sample_timeout_s - seconds_since(start_ns_),
                                 limits_.stall_timeout_s - seconds_since(last_sign_ns_));
    ::poll(events.data(), events.size(), static_cast<int>(std::clamp(std::ceil(left * 1000), 0.0, 1e6)));
  }

  CommandOutput& output_;
  const registry::Deployment& limits_;
  ChildProcess child_;
  int64_t start_ns_ = monotonic_ns(), last_sign_ns_ = start_ns_;
  bool open_ = true;
};

// The script's video, moved to `target` + its ending. Throws WorkerError (bad-output).
fs::path take_video(const std::vector<fs::path>& files, const std::string& pattern, const fs::path& target) {
  if (files.empty()) fail("bad-output", fmt::format("the command made no file {}", pattern));
  const fs::path& file = files.front();
  if (const auto problem = problem_with_output(file.parent_path(), file.filename().string());
      !problem.empty())
    fail("bad-output", problem);
  const std::string kind = video_kind(file);
  if (kind.empty())
    fail("bad-output", fmt::format("'{}' is not a video", one_line(file.filename().string())));
  fs::path own = target;
  own += kind;
  std::error_code ec;
  fs::rename(file, own, ec);
  if (!ec) return own;
  fs::copy_file(file, own, fs::copy_options::overwrite_existing);
  fs::remove(file, ec);
  return own;
}

class CommandRunner : public Runner {
 public:
  CommandRunner(registry::Model model, RunnerOptions options)
      : model_(std::move(model)),
        options_(std::move(options)),
        command_(registry::read_command_template(model_.deployment)),
        device_(options_.device == "auto" ? model_.deployment.device : options_.device) {
    if (in_image() && device_ == "auto") device_ = "cpu";  // a container has no GPU unless it is asked for
  }

  store::ModelFacts start() override {
    lease_ = hold_files(model_);
    places_ = registry::find_places(model_.deployment);
    if (!places_.missing.empty())
      throw_environment(fmt::format("model {}: {}", model_.id, join(places_.missing, "; ")));
    held_ = hold_environment(model_);
    registry::verify_weights(model_);
    log_ = std::make_unique<WorkerLog>(options_.log_path);
    store::ModelFacts facts;
    facts.model = model_.id;
    facts.device = device_ == "auto" && runs_on_cpu(device_) ? "cpu" : device_ == "auto" ? "" : device_;
    facts.dtype = model_.deployment.dtype;
    facts.settings = to_json(model_.deployment.defaults);
    facts.settings["dtype"] = facts.dtype;
    facts.settings["includes_loading"] = true;  // in every latency
    if (const std::string commit = registry::checkout_commit(places_.checkout); !commit.empty())
      facts.versions["repository"] = commit;
    if (const std::string name = held_.environment.content_name(); !name.empty())
      facts.versions["environment"] = name;
    return facts;
  }
  [[nodiscard]] bool alive() const override { return log_ != nullptr; }
  void stop() noexcept override {
    log_.reset();
    held_ = {};
    lease_.reset();
  }
  [[nodiscard]] bool warms_up() const override { return false; }

  BatchOutcome generate(const std::vector<GenerateRequest>& requests, const fs::path& output_dir,
                        const ProgressFunction& progress, std::stop_token stop) override {
    if (!alive()) throw Error(ErrorCode::kInternal, "generate on a runner that is not started");
    fs::create_directories(output_dir);
    const fs::path folder = fs::absolute(output_dir);
    BatchOutcome batch;
    for (const GenerateRequest& request : requests) {
      const GenerateRequest complete = with_defaults(request, model_.deployment.defaults);
      SampleOutcome& sample =
          batch.samples.emplace_back(SampleOutcome{request.id, std::nullopt, std::nullopt});
      try {
        sample.video = make(complete, folder, progress, stop);
      } catch (const WorkerError& e) {
        sample.failure = e.failure();
      } catch (const std::exception& e) {  // a placeholder without a value, a program that does not start
        const auto* known = dynamic_cast<const Error*>(&e);
        const bool input = known != nullptr && known->code() == ErrorCode::kInput;
        sample.failure = store::Failure{input ? "invalid-request" : "crash", e.what(), ""};
      }
      if (sample.failure) {
        // Some scripts name their files after the prompt.
        const PromptScrubber scrub({complete.prompt, complete.negative_prompt});
        sample.failure->message = scrub(sample.failure->message);
        sample.failure->log_tail = log_->tail();
      }
      if (sample.failure && sample.failure->kind == "interrupted") return {{}, sample.failure};
    }
    return batch;
  }

 private:
  [[nodiscard]] bool in_image() const { return !model_.deployment.environment.image.empty(); }

  store::GeneratedVideo make(const GenerateRequest& request, const fs::path& output_dir,
                             const ProgressFunction& progress, const std::stop_token& stop) {
    if (const auto refused = refusal(command_, request, model_.deployment.defaults))
      throw WorkerError(*refused);
    const ScratchFolder scratch(output_dir / (request.id + ".files"));
    // Not below the run's folder: prompts do not stay there, whatever happens.
    std::optional<TemporaryDirectory> prompt_folder;
    if (command_.uses("prompt_file")) {
      prompt_folder.emplace("vidbench-prompt");
      write_file_atomic(prompt_folder->path() / "prompt.txt", request.prompt + "\n", Durability::kCrash);
    }
    const fs::path prompt_file = prompt_folder ? prompt_folder->path() / "prompt.txt" : fs::path();
    const CommandFiles files{scratch.path(), prompt_file};
    CommandLine line = make_command_line(command_, places_, request, files, device_, options_);
    if (in_image())
      line = in_container(std::move(line), files, model_, with_files(options_, scratch.path(), {&request, 1}),
                          new_container_name());
    return execute(line, request, output_dir / request.id, progress, stop);
  }

  store::GeneratedVideo execute(const CommandLine& line, const GenerateRequest& request,
                                const fs::path& target, const ProgressFunction& progress,
                                const std::stop_token& stop) {
    const fs::path pattern = line.directory / line.output;
    const FolderLock lock(command_.output.find("{output_dir}") != std::string::npos || command_.output.empty()
                              ? fs::path()
                              : line.directory,
                          stop);
    CommandOutput output(command_, PromptScrubber({request.prompt, request.negative_prompt}),
                         [this](std::string_view text) { log_->write_line(text); });
    const FileStamps before = matching_files(pattern);
    const uint64_t oom_kills_before = oom_kills();
    const int64_t start_ns = monotonic_ns();
    CommandProcess process(line, output, model_.deployment);
    const ExitStatus status = process.run(
        [&](Progress told) {
          told.id = request.id;
          if (progress) progress(told);
        },
        stop);
    if (status.signalled || status.value != 0)
      throw WorkerError(output.failure(status, oom_kills() > oom_kills_before));
    store::GeneratedVideo video;
    video.latency_s = video.batch_s = seconds_since(start_ns);
    const std::vector<fs::path> made = new_files(before, matching_files(pattern));
    if (made.empty() && output.out_of_memory()) throw WorkerError(output.failure(status, false));
    video.path = take_video(made, line.output, target).string();
    video.fps = request.fps.value_or(0);
    // Of a container this process is no measure.
    if (runs_on_cpu(device_) && !in_image()) video.peak_memory_bytes = process.peak_resident_bytes();
    return video;
  }

  registry::Model model_;
  RunnerOptions options_;
  registry::CommandTemplate command_;
  std::string device_;
  registry::CommandPlaces places_;
  HeldEnvironment held_;
  std::unique_ptr<blobs::Lease> lease_;  // on the files of the weights store
  std::unique_ptr<WorkerLog> log_;       // while the runner is started
};

}  // namespace

std::unique_ptr<Runner> make_command_runner(const registry::Model& model, const RunnerOptions& options) {
  return std::make_unique<CommandRunner>(model, options);
}

}  // namespace vidbench::workers
