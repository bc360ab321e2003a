#include "cli/model_versions.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/model_memory.h"
#include "registry/hub_files.h"
#include "report/format.h"

namespace vidbench::cli {
namespace {

std::string unit_of(const std::string& metric) {
  if (metric == "latency" || metric == "latency_p95" || metric == "load_time") return "s";
  if (metric == "throughput") return "videos/s";
  return metric == "peak_memory" || metric == "model_size" ? "B" : "";
}

// What a run of the model would have as its digest; none where its files are not here.
std::optional<std::string> present_digest(const registry::Model& model) {
  if (!model.deployed()) return std::nullopt;
  try {
    if (!registry::hub_commits(model.deployment)) return std::nullopt;
    return registry::content_digest(model);
  } catch (const Error& e) {
    log_warning(fmt::format("{}: its present files cannot be read: {}", model.id, e.what()));
    return std::nullopt;
  }
}

bool is_present(const store::ModelInRun& run, const registry::Model& model,
                const std::optional<std::string>& digest) {
  return digest ? run.digest == *digest : run.entry == model.digest;
}

std::vector<ModelVersion> versions_of(const registry::Model& model, store::Store* store) {
  std::vector<ModelVersion> versions;
  const auto runs = store == nullptr ? std::vector<store::ModelInRun>{} : store->model_runs(model.id);
  const auto digest = runs.empty() ? std::nullopt : present_digest(model);
  for (const auto& run : runs) {
    auto version = std::find_if(versions.begin(), versions.end(),
                                [&](const ModelVersion& one) { return one.digest == run.digest; });
    if (version == versions.end())
      version =
          versions.insert(versions.end(), {model.id, run.digest, is_present(run, model, digest), {}, {}, ""});
    version->runs.push_back(run);
    if (!version->numbers.empty()) continue;
    for (auto& number : store->aggregates(run.peak.run))
      if (number.model == run.model) version->numbers.push_back(std::move(number));
    if (!version->numbers.empty()) version->numbers_of = run.peak.run + ":" + run.model;
  }
  std::stable_sort(versions.begin(), versions.end(),
                   [](const auto& a, const auto& b) { return a.present && !b.present; });
  if (model.deployed() && (versions.empty() || !versions.front().present))
    versions.insert(versions.begin(), {model.id, digest.value_or(""), true, {}, {}, ""});
  return versions;
}

Json run_json(const store::ModelInRun& run) {
  return {{"run", run.peak.run},
          {"model", run.model},
          {"suite", run.suite},
          {"suite_digest", run.suite_digest},
          {"state", run.state},
          {"created_at", run.created_at},
          {"origin", run.imported_from.empty() ? "here" : "imported"},
          {"weights_sha256", run.weights_sha256},
          {"device", run.peak.device},
          {"machine", run.peak.machine},
          {"dtype", run.peak.dtype},
          {"peak_memory_bytes", run.peak.bytes == 0 ? Json(nullptr) : Json(run.peak.bytes)},
          {"samples", {{"planned", run.planned}, {"evaluated", run.evaluated}, {"failed", run.failed}}}};
}

}  // namespace

std::vector<ModelVersion> model_versions(const registry::Registry& registry, const std::string& id,
                                         store::Store* store) {
  const registry::Model& named = registry.find(id);
  std::vector<ModelVersion> all;
  for (const registry::Model& model : registry.models()) {
    if (model.id != named.id && !model.id.starts_with(named.id + "@")) continue;
    const auto versions = versions_of(model, store);
    all.insert(all.end(), versions.begin(), versions.end());
  }
  return all;
}

std::string pin_text(const registry::Deployment& deployment) {
  if (deployment.runner.empty()) return "";
  std::vector<std::string> pins;
  for (const auto& file : deployment.weights)
    pins.push_back(file.sha256.empty() ? file.path.filename().string() + " as it is on the disk"
                                       : fmt::format("sha256 {} ({})", file.sha256.substr(0, 12),
                                                     file.path.filename().string()));
  for (blobs::Reference reference : registry::hub_references(deployment)) {
    const std::string revision = std::exchange(reference.revision, "main");
    pins.push_back(blobs::is_commit(revision)
                       ? fmt::format("commit {} of {}", revision, reference.text())
                       : fmt::format("nothing: {} is what the hub has under '{}' when it is pulled",
                                     reference.text(), revision));
  }
  if (const std::string path = text_or_empty(deployment.settings, "path"); !path.empty())
    pins.push_back("the content of " + path);
  if (deployment.runner == "http") pins.emplace_back("hosted: its provider decides");
  return join(pins, "; ");
}

Json pin_json(const registry::Deployment& deployment) {
  Json weights = Json::array();
  for (const auto& file : deployment.weights)
    weights.push_back({{"file", file.path.filename().string()},
                       {"sha256", file.sha256.empty() ? Json(nullptr) : Json(file.sha256)}});
  Json hub = Json::array();
  for (const blobs::Reference& reference : registry::hub_references(deployment))
    hub.push_back({{"repository", reference.repository},
                   {"path", reference.path.empty() ? Json(nullptr) : Json(reference.path)},
                   {"revision", reference.revision},
                   {"pinned", blobs::is_commit(reference.revision)}});
  return {{"weights", weights}, {"hub", hub}};
}

report::Cell number_cell(const ModelVersion& version, const std::string& metric) {
  for (const auto& number : version.numbers)
    if (number.metric == metric)
      return {report::format_interval(number.value, number.low, number.high, unit_of(metric)),
              report::Emphasis::kNone, report::exact(number.value)};
  return {""};
}

Json to_json(const ModelVersion& version) {
  Json runs = Json::array(), metrics = Json::object();
  for (const auto& run : version.runs) runs.push_back(run_json(run));
  for (const auto& number : version.numbers)
    metrics[number.metric] = {
        {"value", number.value}, {"low", number.low}, {"high", number.high}, {"n", number.n}};
  return {{"model", version.model},
          {"digest", version.digest.empty() ? Json(nullptr) : Json(version.digest)},
          {"present", version.present},
          {"runs", runs},
          {"metrics", metrics},
          {"metrics_of", version.numbers_of.empty() ? Json(nullptr) : Json(version.numbers_of)}};
}

}  // namespace vidbench::cli
