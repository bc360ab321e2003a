#include "workers/process_runner.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "base/time.h"
#include "registry/hub_files.h"
#include "workers/builtin_runners.h"
#include "workers/launch.h"
#include "workers/model_lease.h"
#include "workers/results.h"

namespace vidbench::workers {
namespace {
namespace fs = std::filesystem;

std::string text_or(const Json& json, const char* key, const std::string& fallback) {
  return json.contains(key) && json[key].is_string() ? one_line(json[key].get<std::string>()) : fallback;
}

Progress read_progress(const Json& params) {
  Progress progress;
  if (!params.is_object()) return progress;
  progress.id = text_or(params, "id", "");
  progress.stage = text_or(params, "stage", "");
  progress.step = static_cast<int>(std::min<uint64_t>(count_or_zero(params, "step"), 1'000'000'000));
  progress.steps = static_cast<int>(std::min<uint64_t>(count_or_zero(params, "steps"), 1'000'000'000));
  progress.peak_memory_bytes = count_or_zero(params, "peak_memory_bytes");
  return progress;
}

}  // namespace

Json request_to_json(const GenerateRequest& request) {
  Json json = registry::to_json(registry::GenerationDefaults{request.frames, request.width, request.height,
                                                             request.steps, request.fps, request.guidance});
  json["id"] = request.id;
  json["prompt"] = request.prompt;
  json["negative_prompt"] = request.negative_prompt;
  json["seed"] = request.seed;
  if (!request.image.empty()) json["image"] = request.image.path.string();
  if (!request.video.empty()) json["video"] = request.video.path.string();
  return json;
}

Json load_params(const registry::Model& model, const RunnerOptions& options) {
  return {{"model", model.id},
          {"settings", registry::local_settings(model.deployment)},
          {"device", options.device == "auto" ? model.deployment.device : options.device},
          {"dtype", model.deployment.dtype},
          {"offline", options.offline}};
}

void ProcessRunner::stop() noexcept {
  if (worker_) last_exit_ = worker_->shutdown();
  worker_.reset();
  held_ = {};
  lease_.reset();
}

store::ModelFacts ProcessRunner::start() {
  stop();
  held_ = hold_environment(model_);
  lease_ = hold_files(model_);
  registry::verify_weights(model_);
  const int64_t start_ns = monotonic_ns();
  const double timeout_s = model_.deployment.start_timeout_s;
  const Launch launch = launch_worker(model_, held_.environment, options_);
  worker_ = std::make_unique<WorkerProcess>(launch.worker);
  try {
    (void)initialize(*worker_, options_, "generate", timeout_s);
    const Json loaded = load(std::max(timeout_s - seconds_since(start_ns), 0.001));
    measured_ = launch.container.empty() ? worker_->pid() : container_pid(launch.container);
    return facts_from(loaded, seconds_since(start_ns));
  } catch (const WorkerError& e) {
    worker_.reset();
    store::Failure failure = e.failure();
    failure.message =
        fmt::format("model {}: cannot start: {} ({})", model_.id, failure.message, failure.kind);
    throw WorkerError(failure);
  } catch (...) {
    worker_.reset();
    throw;
  }
}

Json ProcessRunner::load(double seconds_left) {
  const Json params = load_params(model_, options_);
  Json loaded = worker_->request("load", params, {seconds_left, seconds_left});
  if (!loaded.is_object())
    throw WorkerError({"bad-output", "the answer to 'load' is not an object", worker_->log_tail()});
  on_cpu_ = text_or(loaded, "device", params["device"]).starts_with("cpu");
  return loaded;
}

store::ModelFacts ProcessRunner::facts_from(const Json& loaded, double load_s) const {
  store::ModelFacts facts;
  facts.model = model_.id;
  facts.device = text_or(loaded, "device", "");
  facts.dtype = text_or(loaded, "dtype", model_.deployment.dtype);
  facts.settings = Json::object();
  if (loaded.contains("defaults") && loaded["defaults"].is_object())
    facts.settings.update(loaded["defaults"]);
  facts.settings.update(to_json(model_.deployment.defaults));
  facts.settings["dtype"] = facts.dtype;
  if (const uint64_t count = count_or_zero(loaded, "parameters")) facts.parameters = count;
  if (const uint64_t count = count_or_zero(loaded, "weights_bytes")) facts.weights_bytes = count;
  facts.weights_sha256 = text_or(loaded, "weights_sha256", "");
  if (loaded.contains("versions") && loaded["versions"].is_object()) facts.versions = loaded["versions"];
  if (const std::string name = held_.environment.content_name(); !name.empty())
    facts.versions["environment"] = name;
  facts.load_s = load_s;
  return facts;
}

BatchOutcome ProcessRunner::generate(const std::vector<GenerateRequest>& requests, const fs::path& output_dir,
                                     const ProgressFunction& progress, std::stop_token stop) {
  if (!alive()) throw Error(ErrorCode::kInternal, "generate on a runner that is not started");
  if (requests.empty()) return {};
  fs::create_directories(output_dir);
  try {
    return {ask(requests, fs::absolute(output_dir), progress, stop), std::nullopt};
  } catch (const WorkerError& e) {
    if (e.failure().kind == "bad-output") worker_->kill();
    return {{}, e.failure()};
  }
}

std::vector<SampleOutcome> ProcessRunner::ask(const std::vector<GenerateRequest>& requests,
                                              const fs::path& output_dir, const ProgressFunction& progress,
                                              const std::stop_token& stop) {
  Json list = Json::array();
  for (const GenerateRequest& request : requests)
    list.push_back(request_to_json(with_defaults(request, model_.deployment.defaults)));
  const auto notified = [&progress](const std::string& method, const Json& params) {
    if (method == "progress" && progress) progress(read_progress(params));
  };
  const Limits limits{model_.deployment.sample_timeout_s * static_cast<double>(requests.size()),
                      model_.deployment.stall_timeout_s};
  const int64_t start_ns = monotonic_ns();
  const Json result = worker_->request("generate", {{"output_dir", output_dir.string()}, {"requests", list}},
                                       limits, notified, stop);
  std::vector<SampleOutcome> samples =
      read_generate_result(result, requests, output_dir, seconds_since(start_ns));
  const uint64_t resident = on_cpu_ ? peak_resident_bytes(measured_) : 0;
  const std::string tail = worker_->log_tail();
  for (SampleOutcome& sample : samples) {
    if (sample.video) sample.video->peak_memory_bytes = std::max(sample.video->peak_memory_bytes, resident);
    if (sample.failure) sample.failure->log_tail = tail;
  }
  return samples;
}

std::unique_ptr<Runner> make_process_runner(const registry::Model& model, const RunnerOptions& options) {
  return std::make_unique<ProcessRunner>(model, options);
}

}  // namespace vidbench::workers
