#include "integration/steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "base/licence.h"
#include "base/strings.h"
#include "blobs/hub_cache.h"
#include "environments/build.h"
#include "registry/environment.h"
#include "registry/hub_files.h"
#include "report/publish.h"
#include "workers/container.h"

namespace vidbench::integration {
namespace {

[[noreturn]] void refuse(const std::string& reason, const std::string& hint = {}) {
  throw Error(ErrorCode::kGateFailed, reason, hint);
}

// What a reader of the leaderboard will ask.
std::vector<std::string> gaps(const registry::Model& model) {
  std::vector<std::string> found;
  if (model.card.licence.empty()) found.emplace_back("the licence of the weights is not known");
  if (is_non_commercial(model.card.licence))
    found.push_back(fmt::format("{} allows no commercial use", model.card.licence));
  if (model.card.tasks.empty()) found.emplace_back("the task is not known");
  if (model.card.references.empty()) found.emplace_back("the entry does not say where its facts were read");
  for (const auto& reference : registry::hub_references(model.deployment))
    if (!blobs::is_commit(reference.revision))
      found.push_back(
          fmt::format("{} is not pinned to a commit: what it names can change", reference.text()));
  return found;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// By what the failed samples say most often.
std::string failure_text(store::Store& store, const std::string& run) {
  std::map<std::string, size_t> count;
  for (const auto& sample : store.samples(run, false))
    if (sample.failure)
      ++count[fmt::format("{}: {}", sample.failure->kind, one_line(sample.failure->message))];
  const auto most = std::max_element(count.begin(), count.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == count.end() ? "" : most->first;
}

// The run's id is kept before it begins, so that a killed integration goes on with it.
engine::RunResult run_suite(Work& work, Step& step, const engine::Plan& plan) {
  engine::RunOptions options = work.options.run;
  const std::string earlier = step.detail.value("run", "");
  if (work.store.has_run(earlier)) {
    try {
      return engine::resume_run(work.store, work.store.run(earlier), plan, options, work.observer, work.stop,
                                true);
    } catch (const Error& e) {
      if (e.code() != ErrorCode::kInput) throw;  // the suite or the model has changed since: a new run
    }
  }
  options.run_id = engine::new_run_id(plan.suite.id);
  step.detail["run"] = options.run_id;
  work.keep();
  return engine::start_run(work.store, plan, options, work.observer, work.stop);
}

// What of the hub's files is not here yet, when they may be fetched.
void pull_weights(Work& work, Step& step) {
  const blobs::Store store = blobs::Store::open_default();
  uint64_t bytes = 0;
  for (const blobs::Reference& reference : registry::hub_references(work.model.deployment)) {
    if (blobs::find_files(store, blobs::hub_cache(), reference)) continue;
    work.options.on_note("fetching " + reference.text());
    const blobs::Pulled pulled = blobs::pull(store, reference, *work.options.pull, work.stop);
    bytes += pulled.fetched_bytes;
    if (pulled.manifest && !pulled.manifest->pickled().empty())
      step.findings.push_back(
          fmt::format("{} has pickled weights, which can run code when they are loaded", reference.text()));
  }
  if (bytes > 0) step.result += fmt::format("; {} of weights fetched", human_bytes(bytes));
}

}  // namespace

void register_model(Work& work, Step& step) {
  if (!work.model.deployed())
    refuse(fmt::format("no way to run it is known: {}", join(work.model.missing, "; ")),
           "add a deployment (docs/add-a-model.md)");
  step.findings = gaps(work.model);
  step.detail["origin"] = work.model.origin;
  step.result = fmt::format("{}, runner {}", work.model.origin, work.model.deployment.runner);
}

void prepare_environment(Work& work, Step& step) {
  const auto environment = workers::look_up_environment(work.model.deployment);
  if (environment.state == registry::EnvironmentState::kNone) {
    step.result = "it names no environment";
  } else if (environment.ready()) {
    step.result = fmt::format("{} is {}", environment.name, to_string(environment.state));
  } else {
    const bool image = !environment.image.empty();
    work.options.on_note(fmt::format("{} {}", image ? "pulling" : "building", environment.name));
    (void)environments::build(environment, {work.options.on_note}, work.stop);
    step.result = fmt::format("{} was {}", environment.name, image ? "pulled" : "built");
  }
  if (!environment.requirements.lines.empty() && !environment.requirements.locked)
    step.findings.emplace_back("its requirements are not pinned: another day may install others");
  step.detail["environment"] = environment.name;
  if (work.options.pull) pull_weights(work, step);
  work.model = registry::Registry::load_default().find(work.model.id);
  if (!work.model.runnable()) refuse(join(work.model.missing, "; "));
  step.detail["content"] = registry::content_digest(work.model);
}

void validate(Work& work, Step& step) {
  const std::string& runner = work.model.deployment.runner;
  if (runner == "http" || runner == "null" || runner == "replay") {
    step.result = fmt::format("runner {} starts no program: there is nothing to validate", runner);
    return;
  }
  const TemporaryDirectory logs("vidbench-integrate");
  workers::RunnerOptions options;
  options.log_path = logs.path() / "worker.log";
  options.device = work.options.run.device;
  options.offline = work.options.run.offline;
  const auto report = workers::validate_model(work.model, options, work.options.conformance);
  step.detail["validation"] = workers::to_json(report);
  std::vector<std::string> failed;
  for (const auto& check : report.checks) {
    if (check.passed) continue;
    const std::string text = fmt::format("{}: {}", check.name, first_line(check.detail));
    if (check.required) failed.push_back(text);
    step.findings.push_back(text);
  }
  if (!report.passed())
    refuse(join(failed, "; "), fmt::format("vidbench models validate {} shows all checks", work.model.id));
  step.result = fmt::format("{} checks passed", report.checks.size() - step.findings.size());
}

void benchmark(Work& work, Step& step) {
  const auto plan = engine::make_plan(work.options.suite, {work.model}, work.options.run.plan);
  const engine::RunResult result = run_suite(work, step, plan);
  if (result.state == store::RunState::kInterrupted)
    throw Error(ErrorCode::kInterrupted,
                fmt::format("interrupted with {} of {} samples done", result.evaluated, result.planned));
  if (result.evaluated < result.planned)
    refuse(fmt::format("{} of {} samples have no result ({})", result.planned - result.evaluated,
                       result.planned, failure_text(work.store, result.run)),
           fmt::format("vidbench runs show {}", result.run));
  step.result = fmt::format("run {}: {} samples", result.run, result.planned);
}

void publish(Work& work, Step& step, const Step& benchmark) {
  const auto publication = report::publish(work.store, benchmark.detail.at("run"), work.model.id);
  step.detail["run"] = publication.run;
  step.result = fmt::format("on the leaderboard of suite {}", publication.suite);
}

}  // namespace vidbench::integration
