#include "report/run_data.h"

#include <fmt/format.h>

#include "base/error.h"

namespace vidbench::report {
namespace {

void read_manifest(RunData& data) {
  const Json& manifest = data.run.manifest;
  if (!manifest.is_object())
    throw_input(fmt::format("run {}: its manifest is not a JSON object", data.run.id));
  if (const auto metrics = manifest.find("metrics"); metrics != manifest.end() && metrics->is_array())
    for (const Json& metric : *metrics) data.metrics.push_back(store::metric_info_from_json(metric));
  const auto keys = manifest.find("reference_key");
  if (keys == manifest.end() || !keys->is_object()) return;
  for (const auto& [feature, key] : keys->items())
    if (key.is_string()) data.reference_keys[feature] = key.get<std::string>();
}

}  // namespace

void group(RunData& data) {
  std::map<std::string, size_t> index;
  for (const store::SampleRecord& sample : data.samples) {
    const Unit unit{sample.prompt_ref, sample.seed};
    if (data.unit_index.emplace(unit, data.units.size()).second) data.units.push_back(unit);
    if (index.emplace(sample.model, data.models.size()).second)
      data.models.push_back({sample.model, {}, nullptr});
    data.models[index[sample.model]].samples.push_back(&sample);
  }
  for (const store::ModelFacts& facts : data.facts)
    if (const auto found = index.find(facts.model); found != index.end())
      data.models[found->second].facts = &facts;
}

RunData load_run_data(store::Store& store, const std::string& run, bool with_features) {
  RunData data;
  data.run = store.run(run);
  data.samples = store.samples(data.run.id, with_features);
  data.facts = store.model_facts(data.run.id);
  read_manifest(data);
  if (with_features) {
    for (const auto& [feature, key] : data.reference_keys)
      if (auto features = store.reference(key)) data.references[feature] = std::move(*features);
  }
  group(data);
  return data;
}

std::string comparable_key(const RunData& data) {
  Json metrics = Json::array(), units = Json::array();
  for (const auto& metric : data.metrics) metrics.push_back(store::to_json(metric));
  for (const auto& [unit, index] : data.unit_index) units.push_back({unit.first, unit.second});
  return Json{{"suite", data.run.suite_digest},
              {"metrics", metrics},
              {"reference", data.reference_keys},
              {"units", units}}
      .dump();
}

RunData join_runs(std::vector<RunData> runs,
                  const std::function<std::string(const std::string&, const std::string&)>& label) {
  RunData joined;
  for (RunData& part : runs) {
    for (auto& sample : part.samples) {
      sample.model = label(part.run.id, sample.model);
      joined.samples.push_back(std::move(sample));
    }
    for (auto& facts : part.facts) {
      facts.model = label(part.run.id, facts.model);
      joined.facts.push_back(std::move(facts));
    }
    joined.references.merge(part.references);
  }
  joined.run = std::move(runs.front().run);
  joined.metrics = std::move(runs.front().metrics);
  joined.reference_keys = std::move(runs.front().reference_keys);
  group(joined);
  return joined;
}

std::vector<const store::SampleRecord*> evaluated(const ModelSamples& model) {
  std::vector<const store::SampleRecord*> result;
  for (const store::SampleRecord* sample : model.samples)
    if (sample->state == store::SampleState::kEvaluated && sample->measurements) result.push_back(sample);
  return result;
}

}  // namespace vidbench::report
