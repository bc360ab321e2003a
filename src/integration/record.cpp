#include "integration/record.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/strings.h"

namespace vidbench::integration {
namespace fs = std::filesystem;
namespace {

constexpr size_t kFileLimitBytes = size_t{16} << 20;

StepState state_from(const std::string& text) {
  return text == "done" ? StepState::kDone : text == "failed" ? StepState::kFailed : StepState::kPending;
}

Json step_json(const Step& step) {
  return {{"name", step.name},       {"state", to_string(step.state)}, {"at", step.at},
          {"seconds", step.seconds}, {"result", step.result},          {"findings", step.findings},
          {"detail", step.detail}};
}

void take_steps(Record& record, const Json& steps) {
  for (const Json& json : steps) {
    Step& step = record.step(json.at("name"));
    step.state = state_from(json.at("state"));
    step.at = json.at("at");
    step.seconds = json.at("seconds");
    step.result = json.at("result");
    step.findings = json.at("findings").get<std::vector<std::string>>();
    step.detail = json.at("detail");
  }
}

// In a table's cell.
std::string cell(std::string text) {
  text = one_line(text);
  for (size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2))
    text.insert(at, "\\");
  return text;
}

}  // namespace

std::string to_string(StepState state) {
  return state == StepState::kDone ? "done" : state == StepState::kFailed ? "failed" : "pending";
}

const std::vector<std::string>& step_names() {
  static const std::vector<std::string> names = {"registration", "environment", "validation", "benchmark",
                                                 "publication"};
  return names;
}

bool Record::accepted() const {
  return std::all_of(steps.begin(), steps.end(),
                     [](const Step& step) { return step.state == StepState::kDone; });
}

const Step* Record::failed() const {
  const auto found = std::find_if(steps.begin(), steps.end(),
                                  [](const Step& step) { return step.state == StepState::kFailed; });
  return found == steps.end() ? nullptr : &*found;
}

Step& Record::step(const std::string& name) {
  const auto found =
      std::find_if(steps.begin(), steps.end(), [&](const Step& step) { return step.name == name; });
  if (found == steps.end())
    throw_input(fmt::format("an integration has no step '{}'", name), suggestion(name, step_names()));
  return *found;
}

Step pending_step(const std::string& name) {
  Step step;
  step.name = name;
  return step;
}

Record new_record(const std::string& model, const std::string& digest) {
  Record record;
  record.model = model;
  record.digest = digest;
  for (const std::string& name : step_names()) record.steps.push_back(pending_step(name));
  return record;
}

fs::path record_folder(const std::string& model) { return data_home() / "integrations" / model; }

Record load_record(const std::string& model, const std::string& digest) {
  Record record = new_record(model, digest);
  const fs::path file = record_folder(model) / "state.json";
  std::error_code ec;
  if (!fs::is_regular_file(file, ec)) return record;
  try {
    const Json json = parse_json(read_file(file, kFileLimitBytes), file.string());
    if (json.at("digest") != digest) return record;
    record.suite = json.at("suite");
    record.suite_digest = json.at("suite_digest");
    take_steps(record, json.at("steps"));
    return record;
  } catch (const Json::exception&) {
    return new_record(model, digest);
  } catch (const Error&) {
    return new_record(model, digest);
  }
}

void save_record(const Record& record) {
  const fs::path folder = record_folder(record.model);
  write_file_atomic(folder / "state.json", document(to_json(record)) + "\n");
  write_file_atomic(folder / "report.md", report_markdown(record));
}

Json to_json(const Record& record) {
  Json steps = Json::array();
  for (const Step& step : record.steps) steps.push_back(step_json(step));
  return {{"schema", "vidbench.integration/1"},
          {"model", record.model},
          {"digest", record.digest},
          {"suite", record.suite},
          {"suite_digest", record.suite_digest},
          {"accepted", record.accepted()},
          {"steps", steps}};
}

std::string report_markdown(const Record& record) {
  std::string text = fmt::format("# Integration of {}\n\n", record.model);
  if (record.accepted())
    text += "**Accepted.**\n";
  else if (const Step* failed = record.failed())
    text += fmt::format("**Not accepted**: {} failed. {}\n", failed->name, cell(failed->result));
  else
    text += "**Not finished.**\n";
  text += fmt::format(
      "\nDeployment {:.12}{}\n\n", record.digest,
      record.suite.empty() ? "" : fmt::format(", suite {} ({:.12})", record.suite, record.suite_digest));
  text += "| step | state | took | result |\n|---|---|---:|---|\n";
  for (const Step& step : record.steps)
    text += fmt::format("| {} | {} | {} | {} |\n", step.name, to_string(step.state),
                        step.at.empty() ? "" : human_duration(step.seconds), cell(step.result));
  for (const Step& step : record.steps) {
    if (step.findings.empty()) continue;
    text += fmt::format("\n## {}\n\n", step.name);
    for (const std::string& finding : step.findings) text += fmt::format("- {}\n", cell(finding));
  }
  return text;
}

}  // namespace vidbench::integration
