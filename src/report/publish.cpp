#include "report/publish.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/strings.h"
#include "base/time.h"
#include "report/format.h"

namespace vidbench::report {
namespace {

std::string digest_of(const Json& manifest, const std::string& model) {
  const Json models = manifest.value("models", Json::array());
  for (const Json& entry : models)
    if (entry.is_object() && entry.value("id", Json()) == model && entry.value("digest", Json()).is_string())
      return entry["digest"];
  return "";
}

const ModelSamples* find_model(const RunData& data, const std::string& model) {
  const auto found = std::find_if(data.models.begin(), data.models.end(),
                                  [&](const ModelSamples& samples) { return samples.model == model; });
  return found == data.models.end() ? nullptr : &*found;
}

std::vector<store::Publication> of_suite(store::Store& store, std::string suite) {
  std::vector<store::Publication> all = store.publications();
  if (all.empty()) throw_input("nothing is published yet", "vidbench publish RUN --model MODEL");
  const auto newest = std::max_element(
      all.begin(), all.end(), [](const auto& a, const auto& b) { return a.published_at < b.published_at; });
  if (suite.empty()) suite = newest->suite;
  std::set<std::string> suites;
  for (const auto& publication : all) suites.insert(publication.suite);
  const std::vector<std::string> names(suites.begin(), suites.end());
  std::erase_if(all, [&](const auto& publication) { return publication.suite != suite; });
  if (all.empty())
    throw_input(fmt::format("nothing is published of a suite '{}'", printable(suite)),
                suggestion(suite, names));
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.published_at > b.published_at; });
  return all;
}

// What must agree for numbers to stand in one column.
Json definitions(const RunData& data) {
  Json list = Json::array();
  for (const store::MetricInfo& metric : data.metrics)
    list.push_back({metric.id, metric.version, metric.weights_sha256});
  return {data.run.suite_digest, list, data.reference_keys};
}

// One after the other, newest first: the first one's run stands for all.
class Collector {
 public:
  explicit Collector(store::Store& store) : store_(store) {}

  void add(const store::Publication& publication) {
    RunData data = load_run_data(store_, publication.run, true);
    if (first_.run.id.empty()) {
      start(data);
    } else if (definitions(data) != definitions_) {
      notes_.push_back(fmt::format("{} of run {} is left out: its metrics or suite are defined otherwise",
                                   printable(publication.model), publication.run));
      return;
    }
    if (data.run.manifest.value("hardware", Json()) != first_.run.manifest.value("hardware", Json()))
      notes_.push_back(fmt::format("{} was measured on other hardware: its times are not comparable",
                                   printable(publication.model)));
    take(data, publication);
  }

  Leaderboard finish(const std::string& profile) {
    group(first_);
    Leaderboard board = build_leaderboard(first_, profile);
    board.run = "published";
    board.directory.clear();
    board.notes.insert(board.notes.end(), notes_.begin(), notes_.end());
    return board;
  }

 private:
  void start(RunData& data) {
    definitions_ = definitions(data);
    first_.run = data.run;
    first_.metrics = data.metrics;
    first_.references = std::move(data.references);
    first_.reference_keys = data.reference_keys;
  }

  void take(const RunData& data, const store::Publication& publication) {
    std::string name = publication.model;
    if (!names_.insert(name).second) name += fmt::format(" ({:.8})", publication.model_digest);
    for (const store::SampleRecord& sample : data.samples) {
      if (sample.model != publication.model) continue;
      first_.samples.push_back(sample);
      first_.samples.back().model = name;
    }
    for (const store::ModelFacts& facts : data.facts) {
      if (facts.model != publication.model) continue;
      first_.facts.push_back(facts);
      first_.facts.back().model = name;
    }
  }

  store::Store& store_;
  RunData first_;
  Json definitions_;
  std::set<std::string> names_;
  std::vector<std::string> notes_;
};

}  // namespace

std::vector<std::string> objections(const RunData& data, const std::string& model) {
  const ModelSamples* samples = find_model(data, model);
  if (samples == nullptr) return {"the run has no samples of it"};
  std::vector<std::string> found;
  const size_t done = evaluated(*samples).size();
  if (done < samples->samples.size())
    found.push_back(fmt::format("{} of {} samples have no result", samples->samples.size() - done,
                                samples->samples.size()));
  for (const store::MetricInfo& metric : data.metrics)
    if (metric.unverified)
      found.push_back(fmt::format("{} was measured with unverified weights", printable(metric.id)));
  if (digest_of(data.run.manifest, model).empty())
    found.emplace_back("the manifest does not tell its version");
  return found;
}

store::Publication publish(store::Store& store, const std::string& run, const std::string& model) {
  const RunData data = load_run_data(store, run, false);
  if (find_model(data, model) == nullptr) {
    std::vector<std::string> names;
    for (const ModelSamples& samples : data.models) names.push_back(samples.model);
    throw_input(fmt::format("run {} has no model '{}'", data.run.id, printable(model)),
                suggestion(model, names));
  }
  if (const auto reasons = objections(data, model); !reasons.empty())
    throw Error(ErrorCode::kGateFailed, fmt::format("{} of run {} is not published: {}", printable(model),
                                                    data.run.id, join(reasons, "; ")));
  const store::Publication publication = {
      data.run.id,           model,        digest_of(data.run.manifest, model), data.run.suite,
      data.run.suite_digest, now_rfc3339()};
  store.publish(publication);
  return publication;
}

Leaderboard published_leaderboard(store::Store& store, const std::string& suite, const std::string& profile) {
  Collector collector(store);
  for (const store::Publication& publication : of_suite(store, suite)) collector.add(publication);
  return collector.finish(profile);
}

}  // namespace vidbench::report
