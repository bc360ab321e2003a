#include "workers/conformance.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/strings.h"
#include "base/time.h"
#include "media/npy.h"
#include "registry/command_template.h"
#include "workers/builtin_runners.h"
#include "workers/launch.h"
#include "workers/process_runner.h"

namespace vidbench::workers {
namespace {
namespace fs = std::filesystem;

std::string with_hint(const Error& error) {
  return error.hint().empty() ? error.what() : fmt::format("{}\n{}", error.what(), error.hint());
}

// What one fresh process made of the two requests.
struct Pass {
  std::vector<SampleOutcome> samples;
  std::vector<std::string> digests;
  double wall_s = 0;
  int progress_messages = 0;
};

class Conformance {
 public:
  Conformance(const registry::Model& model, const RunnerOptions& runner_options,
              const ConformanceOptions& options)
      : model_(model), runner_options_(runner_options), options_(options) {
    report_.model = model.id;
    speaks_protocol_ = model.deployment.runner != "command";
    asks_steps_ = speaks_protocol_ || registry::read_command_template(model.deployment).uses("steps");
    // How a worker ends is judged, not how fast a busy machine tears down its libraries.
    runner_options_.shutdown_grace_s = std::max(runner_options.shutdown_grace_s, 60.0);
    runner_options_ = with_files(runner_options_, videos_.path(), requests());
  }

  ConformanceReport run() {
    if (!check_environment() || (speaks_protocol_ && !check_handshake())) return report_;
    std::optional<Pass> first = generate("first");
    if (!first) return report_;
    for (const SampleOutcome& sample : first->samples) check_video(sample);
    check_timings(*first);
    add("progress is reported", first->progress_messages > 0,
        fmt::format("{} messages", first->progress_messages), false);
    add("memory is reported", first->samples[0].video->peak_memory_bytes > 0,
        human_bytes(first->samples[0].video->peak_memory_bytes), false);
    add("another seed, another video", first->digests[0] != first->digests[1], "seeds 1 and 2");
    if (const std::optional<Pass> second = generate("second"))
      add("same seed, same bytes in a fresh process", first->digests == second->digests,
          fmt::format("sha256 {} and {}", first->digests[0].substr(0, 12), second->digests[0].substr(0, 12)));
    return report_;
  }

 private:
  bool add(const std::string& name, bool passed, const std::string& detail, bool required = true) {
    report_.checks.push_back({name, passed, required, detail});
    return passed;
  }

  bool check_environment() {
    if (environment_.state == registry::EnvironmentState::kNone) return true;
    return add("its environment is there", environment_.ready(),
               environment_.ready() ? fmt::format("{}: {}", environment_.name, to_string(environment_.state))
                                    : environment_.lack_and_remedy(model_.id));
  }

  // A process that is never loaded: greets, refuses a method it does not know, ends when asked.
  bool check_handshake() {
    try {
      WorkerProcess worker(launch_worker(model_, environment_, runner_options_).worker);
      const Json hello = initialize(worker, runner_options_, "generate", model_.deployment.start_timeout_s);
      const Json name = hello.value("name", Json());
      add("handshake", true, name.is_string() ? one_line(name.get<std::string>()) : "no name");
      check_unknown_method(worker);
      const ExitStatus status = worker.shutdown();
      return add("ends with 0 after shutdown", !status.signalled && status.value == 0, "it " + status.text());
    } catch (const Error& e) {
      return add("handshake", false, with_hint(e));
    }
  }

  void check_unknown_method(WorkerProcess& worker) {
    const double seconds = model_.deployment.start_timeout_s;
    try {
      (void)worker.request("no_such_method", Json::object(), {seconds, seconds});
      add("refuses unknown methods", false, "it answered 'no_such_method' with a result");
    } catch (const WorkerError& e) {
      if (!worker.alive()) throw;
      add("refuses unknown methods", e.failure().kind == "unsupported", e.failure().message);
    }
  }

  std::vector<GenerateRequest> requests() const {
    std::vector<GenerateRequest> list;
    for (const uint64_t seed : {1, 2}) {
      GenerateRequest request;
      request.id = fmt::format("check-{}", seed);
      request.prompt = options_.prompt;
      request.seed = seed;
      request.frames = options_.frames;
      request.width = options_.width;
      request.height = options_.height;
      if (asks_steps_) request.steps = options_.steps;
      request.image = options_.image;
      request.video = options_.video;
      list.push_back(request);
    }
    return list;
  }

  std::optional<Pass> generate(const std::string& which) {
    const fs::path folder = videos_.path() / which;
    const std::unique_ptr<Runner> runner = make_runner(model_, runner_options_);
    Pass pass;
    try {
      const store::ModelFacts facts = runner->start();
      add(which + " load", true, fmt::format("{:.2f} s on {}", facts.load_s, facts.device));
      if (!generate_batches(*runner, folder, pass, which)) return std::nullopt;
    } catch (const Error& e) {
      add(which + " load", false, with_hint(e));
      return std::nullopt;
    }
    runner->stop();
    if (const auto* process = dynamic_cast<const ProcessRunner*>(runner.get())) {
      const std::optional<ExitStatus> status = process->last_exit();
      add(fmt::format("{} process ends with 0", which), status && !status->signalled && status->value == 0,
          status ? "it " + status->text() : "");
    }
    for (const SampleOutcome& sample : pass.samples) pass.digests.push_back(sha256_file(sample.video->path));
    return pass;
  }

  bool generate_batches(Runner& runner, const fs::path& folder, Pass& pass, const std::string& which) {
    std::vector<std::vector<GenerateRequest>> batches;
    if (model_.deployment.max_batch == 1)
      for (const GenerateRequest& request : requests()) batches.push_back({request});
    else
      batches.push_back(requests());
    const int64_t start_ns = monotonic_ns();
    for (const auto& batch : batches) {
      const auto count = [&pass](const Progress&) { ++pass.progress_messages; };
      BatchOutcome outcome = runner.generate(batch, folder, count, {});
      if (outcome.failure) return fail_generate(which, *outcome.failure);
      for (SampleOutcome& sample : outcome.samples) {
        if (sample.failure) return fail_generate(which, *sample.failure);
        pass.samples.push_back(std::move(sample));
      }
    }
    pass.wall_s = seconds_since(start_ns);
    return add(which + " generate", true,
               fmt::format("{} videos in {:.2f} s", pass.samples.size(), pass.wall_s));
  }

  bool fail_generate(const std::string& which, const store::Failure& failure) {
    const std::string tail = failure.log_tail.empty() ? "" : "\n" + failure.log_tail;
    return add(which + " generate", false, fmt::format("{}: {}{}", failure.kind, failure.message, tail));
  }

  void check_video(const SampleOutcome& sample) {
    store::GeneratedVideo video = *sample.video;
    const fs::path file = video.path;
    const bool is_npy = file.extension() == ".npy";
    // A script tells nothing of its video; of an encoded one nobody has counted the frames yet.
    if (is_npy && video.frames == 0) take_shape(file, video);
    const std::string said = fmt::format("{}x{}x{}", video.frames, video.height, video.width);
    const GenerateRequest asked = with_defaults(requests().front(), model_.deployment.defaults);
    const bool as_asked = video.frames == asked.frames.value_or(video.frames) &&
                          video.height == asked.height.value_or(video.height) &&
                          video.width == asked.width.value_or(video.width);
    if (video.frames > 0) add(sample.id + " has the size that was asked for", as_asked, said);
    if (is_npy)
      check_npy(sample.id, file, video, said);
    else
      add(sample.id + " is written", true,
          fmt::format("{} ({})", file.filename().string(), human_bytes(fs::file_size(file))));
  }

  static void take_shape(const fs::path& file, store::GeneratedVideo& video) {
    try {
      const std::vector<size_t> shape = media::read_npy_header(file).shape;
      if (shape.size() != 4) return;
      video.frames = static_cast<int>(shape[0]);
      video.height = static_cast<int>(shape[1]);
      video.width = static_cast<int>(shape[2]);
    } catch (const Error&) {  // check_npy says what is wrong with it
    }
  }

  void check_npy(const std::string& id, const fs::path& file, const store::GeneratedVideo& video,
                 const std::string& said) {
    try {
      const media::NpyArray array = media::read_npy(file);
      const std::vector<size_t> expected = {static_cast<size_t>(video.frames),
                                            static_cast<size_t>(video.height),
                                            static_cast<size_t>(video.width), 3};
      add(id + " is uint8 [T, H, W, 3] as told", array.dtype == "u1" && array.shape == expected,
          fmt::format("dtype {}, {} dimensions, told {}", array.dtype, array.shape.size(), said));
      const auto same = [&array](uint8_t value) { return value == array.bytes.front(); };
      add(id + " is not of one constant value",
          !array.bytes.empty() && !std::all_of(array.bytes.begin(), array.bytes.end(), same), said);
    } catch (const Error& e) {
      add(id + " is a valid .npy file", false, e.what());
    }
  }

  // Catches milliseconds that are told as seconds.
  void check_timings(const Pass& pass) {
    bool plausible = true;
    std::string seen;
    for (const SampleOutcome& sample : pass.samples) {
      const store::GeneratedVideo& video = *sample.video;
      plausible =
          plausible && video.latency_s <= video.batch_s + 0.001 && video.batch_s <= pass.wall_s + 0.05;
      seen += fmt::format("latency {:.3f} s of a batch of {:.3f} s; ", video.latency_s, video.batch_s);
    }
    add("timings fit the wall clock", plausible, seen + fmt::format("measured {:.3f} s", pass.wall_s));
  }

  const registry::Model& model_;
  RunnerOptions runner_options_;
  const ConformanceOptions& options_;
  const registry::Environment environment_ = look_up_environment(model_.deployment);
  bool speaks_protocol_ = true, asks_steps_ = true;
  TemporaryDirectory videos_{"vidbench-validate"};
  ConformanceReport report_;
};

}  // namespace

bool ConformanceReport::passed() const {
  return std::all_of(checks.begin(), checks.end(),
                     [](const ConformanceCheck& check) { return check.passed || !check.required; });
}

Json to_json(const ConformanceReport& report) {
  Json checks = Json::array();
  for (const ConformanceCheck& check : report.checks)
    checks.push_back({{"name", check.name},
                      {"passed", check.passed},
                      {"required", check.required},
                      {"detail", check.detail}});
  return {{"model", report.model}, {"passed", report.passed()}, {"checks", checks}};
}

ConformanceReport validate_model(const registry::Model& model, const RunnerOptions& runner_options,
                                 const ConformanceOptions& options) {
  const std::string& kind = model.deployment.runner;
  if (kind != "worker" && kind != "diffusers" && kind != "command")
    throw_input(fmt::format("model '{}' has runner '{}', which starts no program", model.id, kind),
                kind == "http"
                    ? fmt::format("vidbench models request {} shows what would be sent", model.id)
                    : "only models with runner 'worker', 'diffusers' or 'command' can be validated");
  return Conformance(model, runner_options, options).run();
}

}  // namespace vidbench::workers
