#include "workers/evaluator.h"

#include <fmt/format.h>

#include "workers/launch.h"
#include "workers/measurements.h"
#include "workers/results.h"
#include "workers/worker_process.h"

namespace vidbench::workers {
namespace {

std::vector<EvaluateOutcome> all_failed(const std::vector<EvaluateRequest>& requests,
                                        const store::Failure& failure) {
  std::vector<EvaluateOutcome> outcomes;
  for (const EvaluateRequest& request : requests) outcomes.push_back({request.id, std::nullopt, failure});
  return outcomes;
}

Json evaluate_request(const EvaluateRequest& request) {
  Json json = {{"id", request.id},
               {"video", std::filesystem::absolute(request.video).string()},
               {"prompt", request.asked.prompt}};
  if (!request.asked.auxiliary.empty()) json["auxiliary"] = request.asked.auxiliary;
  if (!request.paired.empty()) json["paired"] = std::filesystem::absolute(request.paired).string();
  return json;
}

Json encode_request(const EncodeRequest& request) {
  return {{"id", request.id},
          {"video", std::filesystem::absolute(request.video).string()},
          {"output", std::filesystem::absolute(request.output).string()},
          {"scale", request.scale}};
}

}  // namespace

class Evaluator::Impl {
 public:
  Impl(std::vector<std::string> command, RunnerOptions options, EvaluatorTimeouts timeouts)
      : command_(std::move(command)), options_(std::move(options)), timeouts_(timeouts) {}

  void start() {
    worker_.reset();
    worker_ = std::make_unique<WorkerProcess>(worker_options(command_, options_));
    try {
      const Json result = initialize(*worker_, options_, "evaluate", timeouts_.start_s);
      offered_.clear();
      for (const Json& metric : result.value("metrics", Json::array()))
        offered_.push_back(store::metric_info_from_json(metric));
    } catch (const Error& e) {
      worker_.reset();
      throw_environment(fmt::format("cannot start the evaluator {}: {}", command_.front(), e.what()),
                        e.hint());
    }
  }
  void start_if_needed() {
    if (!worker_ || !worker_->alive()) start();
  }
  void stop() noexcept {
    if (worker_) worker_->shutdown();
    worker_.reset();
  }

  // The answer to a request whose failure breaks nothing but itself; a protocol breach in `read` ends the
  // process.
  template <typename Read>
  auto ask(const std::string& method, const Json& params, double timeout_s, const std::stop_token& stop,
           Read read) {
    start_if_needed();
    const Json result = worker_->request(method, params, {timeout_s, timeout_s}, {}, stop);
    try {
      return read(result);
    } catch (const WorkerError& e) {
      worker_->kill();
      throw WorkerError({e.failure().kind, e.failure().message, worker_->log_tail()});
    }
  }

  std::vector<EvaluateOutcome> ask_evaluate(const std::vector<EvaluateRequest>& requests,
                                            const std::vector<std::string>& metrics,
                                            const std::stop_token& stop) {
    Json list = Json::array();
    for (const EvaluateRequest& request : requests) list.push_back(evaluate_request(request));
    const std::vector<store::MetricInfo> chosen = choose_metrics(offered_, metrics);
    return ask("evaluate", {{"metrics", metrics}, {"requests", list}}, for_each(requests.size()), stop,
               [&](const Json& result) {
                 const auto peak = result.find("peak_memory_bytes");
                 if (peak != result.end() && peak->is_number_unsigned())
                   peak_memory_bytes_ = std::max(peak_memory_bytes_, peak->get<uint64_t>());
                 return read_evaluate_result(result, requests, chosen);
               });
  }

  std::map<std::string, store::Failure> ask_encode(const std::vector<EncodeRequest>& requests) {
    Json list = Json::array();
    std::vector<std::string> ids;
    for (const EncodeRequest& request : requests) {
      list.push_back(encode_request(request));
      ids.push_back(request.id);
    }
    return ask("encode", {{"requests", list}}, for_each(requests.size()), {}, [&](const Json& result) {
      const ResultIndex index = index_results(result, ids);
      std::map<std::string, store::Failure> failures;
      for (const EncodeRequest& request : requests) {
        std::optional<store::Failure> failure = index.failure_of(request.id);
        const std::string problem =
            problem_with_output(request.output.parent_path(), request.output.filename());
        if (!failure && !problem.empty()) failure = store::Failure{"bad-output", problem, ""};
        if (failure) failures[request.id] = *failure;
      }
      return failures;
    });
  }

  [[nodiscard]] double for_each(size_t count) const {
    return timeouts_.sample_s * static_cast<double>(count);
  }

  std::vector<std::string> command_;
  RunnerOptions options_;
  EvaluatorTimeouts timeouts_;
  std::unique_ptr<WorkerProcess> worker_;
  std::vector<store::MetricInfo> offered_;
  uint64_t peak_memory_bytes_ = 0;
};

Evaluator::Evaluator(std::vector<std::string> command, RunnerOptions options, EvaluatorTimeouts timeouts)
    : impl_(std::make_unique<Impl>(std::move(command), std::move(options), timeouts)) {}
Evaluator::~Evaluator() { stop(); }

uint64_t Evaluator::peak_memory_bytes() const { return impl_->peak_memory_bytes_; }

std::vector<store::MetricInfo> Evaluator::start() {
  impl_->start();
  return impl_->offered_;
}

void Evaluator::stop() noexcept { impl_->stop(); }

std::vector<EvaluateOutcome> Evaluator::evaluate(const std::vector<EvaluateRequest>& requests,
                                                 const std::vector<std::string>& metrics,
                                                 std::stop_token stop) {
  if (requests.empty()) return {};
  if (stop.stop_requested()) return all_failed(requests, {"interrupted", "'evaluate' was interrupted", ""});
  impl_->start_if_needed();
  try {
    return impl_->ask_evaluate(requests, metrics, stop);
  } catch (const WorkerError& e) {
    if (requests.size() == 1 || e.failure().kind == "interrupted") return all_failed(requests, e.failure());
    std::vector<EvaluateOutcome> outcomes;
    for (const EvaluateRequest& request : requests)
      outcomes.push_back(evaluate({request}, metrics, stop).front());
    return outcomes;
  }
}

std::map<std::string, store::ReferenceFeatures> Evaluator::reference(
    const std::string& kind, int count, uint64_t seed, const std::vector<std::string>& features) {
  const Json params = {{"kind", kind}, {"count", count}, {"seed", seed}, {"features", features}};
  return impl_->ask("reference", params, impl_->timeouts_.reference_s, {}, [&](const Json& result) {
    return read_reference_result(result, count, features, impl_->offered_);
  });
}

std::map<std::string, store::Failure> Evaluator::encode(const std::vector<EncodeRequest>& requests) {
  if (requests.empty()) return {};
  try {
    return impl_->ask_encode(requests);
  } catch (const WorkerError& e) {
    if (requests.size() == 1) return {{requests.front().id, e.failure()}};
    std::map<std::string, store::Failure> failures;
    for (const EncodeRequest& request : requests) failures.merge(encode({request}));
    return failures;
  }
}

}  // namespace vidbench::workers
