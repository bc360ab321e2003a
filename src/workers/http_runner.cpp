#include "workers/http_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/strings.h"
#include "base/time.h"
#include "workers/builtin_runners.h"
#include "workers/http_endpoint.h"
#include "workers/http_job.h"

namespace vidbench::workers {
namespace {
namespace fs = std::filesystem;

constexpr int kMostAtOnce = 64;

double number_setting(const registry::Model& model, const char* key, double fallback, double minimum,
                      double maximum) {
  const Json value = model.deployment.settings.value(key, Json());
  if (value.is_null()) return fallback;
  if (!value.is_number() || value.get<double>() < minimum || value.get<double>() > maximum)
    throw_input(
        fmt::format("{}: settings.{} must be a number from {} to {}", model.origin, key, minimum, maximum));
  return value;
}

std::optional<providers::Price> price_of(const registry::Model& model) {
  const Json price = model.deployment.settings.value("price", Json());
  if (price.is_null()) return std::nullopt;
  try {
    return providers::Price{
        price.at("currency"), price.value("per_video", 0.0), price.value("per_second", 0.0), {}};
  } catch (const Json::exception&) {
    throw_input(model.origin + ": settings.price needs a 'currency' and numbers 'per_video', 'per_second'");
  }
}

HttpJobLimits limits_of(const registry::Model& model) {
  HttpJobLimits limits;
  limits.sample_s = model.deployment.sample_timeout_s;
  limits.stall_s = model.deployment.stall_timeout_s;
  limits.poll_interval_s = number_setting(model, "poll_interval_s", 0, 0.01, 3600);
  limits.max_video_bytes = static_cast<uint64_t>(number_setting(model, "max_video_mib", 2048, 1, 1 << 20))
                           << 20;
  limits.price = price_of(model);
  return limits;
}

class HttpRunner : public Runner {
 public:
  HttpRunner(const registry::Model& model, RunnerOptions options)
      : model_(model),
        options_(std::move(options)),
        endpoint_(model),
        limits_(limits_of(model)),
        at_once_(static_cast<int>(number_setting(model, "concurrency", 1, 1, kMostAtOnce))) {}

  store::ModelFacts start() override {
    if (options_.offline)  // of the user's making: trying again is no use
      throw_input(fmt::format("model {} is hosted by {}: without --online nothing is sent", model_.id,
                              endpoint_.provider().title),
                  "prompts then leave this machine, and the provider bills what it makes");
    const auto missing = providers::find_missing(model_.deployment.settings);
    if (!missing.empty()) throw_environment(fmt::format("model {}: {}", model_.id, join(missing, "; ")));
    started_ = true;
    return facts();
  }

  [[nodiscard]] bool alive() const override { return started_; }
  void stop() noexcept override { started_ = false; }

  // Nothing of a service gets warm that is worth the price of a video.
  [[nodiscard]] bool warms_up() const override { return false; }
  // A job that may have been billed is never made again: only what certainly was not taken is.
  [[nodiscard]] bool may_repeat(const store::Failure& failure) const override {
    return failure.kind == "network";
  }

  BatchOutcome generate(const std::vector<GenerateRequest>& requests, const fs::path& output_dir,
                        const ProgressFunction& progress, std::stop_token stop) override {
    fs::create_directories(output_dir);
    const fs::path folder = fs::absolute(output_dir);
    const int64_t start_ns = monotonic_ns();
    BatchOutcome batch;
    batch.samples.resize(requests.size());
    std::mutex progress_mutex;
    const ProgressFunction serial = [&](const Progress& p) {
      const std::scoped_lock lock(progress_mutex);
      if (progress) progress(p);
    };
    const Record record = [this](const Json& line) { write(line); };
    std::atomic<size_t> next = 0;
    const auto work = [&] {
      for (size_t i = next++; i < requests.size() && !stop.stop_requested(); i = next++)
        batch.samples[i] =
            run_http_job(endpoint_, limits_, with_defaults(requests[i], model_.deployment.defaults), folder,
                         serial, record, stop);
    };
    {
      std::vector<std::jthread> others;
      for (int i = 1; i < std::min(at_once_, static_cast<int>(requests.size())); ++i)
        others.emplace_back(work);
      work();
    }
    // What is done is kept: it may have been paid for.
    const store::Failure interrupted{"interrupted", "'generate' was interrupted", ""};
    if (stop.stop_requested() && std::none_of(batch.samples.begin(), batch.samples.end(),
                                              [](const auto& sample) { return sample.video; }))
      return {{}, interrupted};
    for (size_t i = 0; i < requests.size(); ++i) {
      SampleOutcome& sample = batch.samples[i];
      if (!sample.video && !sample.failure) sample = {requests[i].id, std::nullopt, interrupted};
      if (!sample.video) continue;
      sample.video->batch_size = static_cast<int>(requests.size());
      sample.video->batch_s = seconds_since(start_ns);
    }
    return batch;
  }

 private:
  [[nodiscard]] store::ModelFacts facts() const {
    store::ModelFacts facts;
    facts.model = model_.id;
    facts.device = "hosted";
    facts.settings = to_json(model_.deployment.defaults);
    facts.settings["provider"] = endpoint_.provider().name;
    facts.settings["provider_model"] = endpoint_.model_id();
    const bool seeded = endpoint_.fields().contains("seed");
    facts.settings["seed"] = seeded ? "taken" : "not taken: repeats are independent draws";
    if (model_.deployment.settings.contains("request"))
      facts.settings["request"] = model_.deployment.settings["request"];
    const Json body = constant_body();
    const Json rewriting = body.is_null() ? Json() : endpoint_.prompt_rewriting(body);
    if (!rewriting.is_null())
      facts.settings["prompt_rewriting"] =
          rewriting["off"].get<bool>() ? "off" : "on: " + rewriting["value"].dump();
    facts.versions["provider_file"] = endpoint_.provider().digest.substr(0, 12);
    return facts;
  }

  // The body of a request that asks for nothing in particular; null when the provider needs more.
  [[nodiscard]] Json constant_body() const {
    try {
      GenerateRequest request = with_defaults({}, model_.deployment.defaults);
      request.prompt = "x";
      return endpoint_.body(wanted_of(request, endpoint_.model_id()), "x");
    } catch (const Error&) {
      return nullptr;
    }
  }

  // Beside the log: what was accepted, what it took, what it cost.
  void write(const Json& line) {
    if (options_.log_path.empty()) return;
    const std::scoped_lock lock(record_mutex_);
    fs::path path = options_.log_path;
    std::ofstream file(path.replace_extension(".requests.jsonl"), std::ios::app);
    file << document(line, -1) << "\n" << std::flush;
  }

  registry::Model model_;
  RunnerOptions options_;
  HttpEndpoint endpoint_;
  HttpJobLimits limits_;
  int at_once_;
  bool started_ = false;
  std::mutex record_mutex_;
};

}  // namespace

std::unique_ptr<Runner> make_http_runner(const registry::Model& model, const RunnerOptions& options) {
  return std::make_unique<HttpRunner>(model, options);
}

std::optional<VideoPrice> price_of_video(const registry::Model& model) {
  if (model.deployment.runner != "http") return std::nullopt;
  auto price = price_of(model);
  if (!price) price = providers::find_provider(model.deployment.settings.at("provider")).price;
  if (!price || (price->per_video <= 0 && price->per_second <= 0)) return std::nullopt;
  return VideoPrice{price->currency, price->per_video, price->per_second};
}

RequestDescription describe_request(const registry::Model& model, const GenerateRequest& request) {
  if (model.deployment.runner != "http")
    throw_input(fmt::format("model '{}' is run by '{}', not over HTTP", model.id, model.deployment.runner));
  HttpEndpoint endpoint(model, HttpEndpoint::Mode::kShown);
  const providers::Call& submit = endpoint.provider().submit;
  RequestDescription description;
  description.provider = endpoint.provider().name;
  description.body = endpoint.body(
      wanted_of(with_defaults(request, model.deployment.defaults), endpoint.model_id()), "<uuid>");
  const net::HttpRequest prepared = endpoint.prepare(submit, endpoint.values(), description.body);
  description.method = prepared.method;
  description.url = prepared.url;
  description.headers = prepared.headers;
  description.multipart = submit.multipart;
  description.takes_seed = endpoint.fields().contains("seed");
  description.prompt_rewriting = endpoint.prompt_rewriting(description.body);
  return description;
}

Json to_json(const RequestDescription& description) {
  Json headers = Json::object();
  for (const auto& [name, value] : description.headers) headers[name] = value;
  return {{"provider", description.provider},
          {"method", description.method},
          {"url", description.url},
          {"headers", headers},
          {"encoding", description.multipart ? "multipart" : "json"},
          {"body", description.body},
          {"takes_seed", description.takes_seed},
          {"prompt_rewriting", description.prompt_rewriting}};
}

}  // namespace vidbench::workers
