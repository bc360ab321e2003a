#include "integration/integration.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/time.h"
#include "integration/steps.h"

namespace vidbench::integration {
namespace {

void take(Work& work, Record& record, Step& step) {
  if (step.name == "registration") return register_model(work, step);
  if (step.name == "environment") return prepare_environment(work, step);
  if (step.name == "validation") return validate(work, step);
  if (step.name == "benchmark") return benchmark(work, step);
  publish(work, step, record.step("benchmark"));
}

// Ends as done, as failed with the reason, or, after a stop request, as pending with what is known so far.
void attempt(Work& work, Record& record, Step& step) {
  const int64_t start_ns = monotonic_ns();
  step.findings.clear();
  try {
    take(work, record, step);
    step.state = StepState::kDone;
  } catch (const Error& e) {
    step.result = e.hint().empty() ? e.what() : fmt::format("{} — {}", e.what(), e.hint());
    step.state = e.code() == ErrorCode::kInterrupted ? StepState::kPending : StepState::kFailed;
    if (step.state == StepState::kPending) {
      save_record(record);
      throw;
    }
  }
  step.at = now_rfc3339();
  step.seconds = seconds_since(start_ns);
  save_record(record);
}

// The steps from that one on have to be taken again.
void forget_from(Record& record, const std::string& name) {
  bool stale = false;
  for (Step& step : record.steps) {
    stale = stale || step.name == name;
    if (stale) step = pending_step(step.name);
  }
}

// The results of another suite are not those that are asked for.
void choose_suite(Record& record, const suites::Suite& suite) {
  if (record.suite_digest != suite.digest) forget_from(record, "benchmark");
  record.suite = suite.id;
  record.suite_digest = suite.digest;
}

std::string content_of(Record& record) { return record.step("environment").detail.value("content", ""); }

}  // namespace

Record integrate(store::Store& store, const std::string& model, const Options& options,
                 engine::Observer& observer, const std::stop_token& stop) {
  Work work{store, registry::Registry::load_default().find(model), options, observer, stop, {}};
  Record record =
      options.again ? new_record(model, work.model.digest) : load_record(model, work.model.digest);
  work.keep = [&record] { save_record(record); };
  (void)record.step(options.until);
  choose_suite(record, options.suite);
  const std::string content = content_of(record);
  for (Step& step : record.steps) {
    // What an environment lacks can change from outside.
    const bool look_again = step.name == "environment";
    if (step.state != StepState::kDone || look_again) {
      options.on_note(step.name);
      attempt(work, record, step);
    }
    // Other weights, packages or code than those that were validated and benchmarked.
    if (look_again && !content.empty() && content_of(record) != content) forget_from(record, "validation");
    if (step.state == StepState::kFailed || step.name == options.until) break;
  }
  return record;
}

}  // namespace vidbench::integration
