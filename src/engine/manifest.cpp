#include "engine/manifest.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/time.h"
#include "engine/evaluation.h"
#include "engine/variants.h"
#include "registry/hub_files.h"
#include "resources/hardware.h"

namespace vidbench::engine {
namespace {

Json describe_suite(const Plan& plan, const RunOptions& options) {
  const auto& suite = plan.suite;
  Json json = {{"id", suite.id},
               {"version", suite.version},
               {"digest", suite.digest},
               {"title", suite.title},
               {"public", suite.is_public},
               {"source", options.suite_source},
               {"prompts", suite.prompts.size()},
               {"profile", suite.score_profile},
               {"warmup", suite.warmup},
               {"single_stream", suite.single_stream},
               {"batch_size", options.plan.batch_size > 0 ? options.plan.batch_size : suite.batch_size}};
  if (suite.reference)
    json["reference"] = {
        {"kind", suite.reference->kind}, {"count", suite.reference->count}, {"seed", suite.reference->seed}};
  return json;
}

// Which commits of which repositories the weights are of.
Json describe_weights(const registry::Model& model) {
  Json weights = Json::array();
  if (const auto references = registry::hub_commits(model.deployment))
    for (const auto& reference : *references)
      weights.push_back({{"repository", reference.repository},
                         {"path", reference.path.empty() ? Json(nullptr) : Json(reference.path)},
                         {"commit", reference.revision}});
  for (const auto& file : model.deployment.weights)
    if (!file.sha256.empty())
      weights.push_back({{"file", file.path.filename().string()}, {"sha256", file.sha256}});
  return weights;
}

Json describe_models(const Plan& plan) {
  Json models = Json::array();
  for (size_t m = 0; m < plan.models.size(); ++m) {
    const auto& model = plan.models[m];
    models.push_back({{"id", model.id},
                      {"base", base_model(model.id)},
                      {"overrides", registry::to_json(model.overrides)},
                      {"title", model.card.title},
                      {"family", model.card.family},
                      {"licence", model.card.licence},
                      {"runner", model.deployment.runner},
                      {"digest", plan.model_digests[m]},
                      {"entry", model.digest},
                      {"weights", describe_weights(model)},
                      {"settings", effective_settings(plan.suite, model)}});
  }
  return models;
}

Json describe_options(const RunOptions& options) {
  Json json = {{"workers", options.workers},
               {"threads", options.threads},
               {"device", options.device},
               {"offline", options.offline},
               {"overlap", options.overlap == Overlap::kAuto ? "auto"
                           : options.overlap == Overlap::kOn ? "on"
                                                             : "off"},
               {"limit", options.plan.limit},
               {"batch_size", options.plan.batch_size},
               {"keep_prompts", options.plan.keep_prompts}};
  return json;
}

// Prompts by reference: a public suite's texts are in the suite; others only when the user said so.
Json kept_prompts(const Plan& plan) {
  Json prompts = Json::object();
  for (size_t i = 0; i < plan.samples.size(); ++i)
    prompts[plan.samples[i].prompt_ref] = plan.requests[i].prompt;
  return prompts;
}

// The content that prompts start from, by reference; never the pixels, and nothing of a private suite.
Json input_digests(const Plan& plan) {
  Json inputs = Json::object();
  for (size_t i = 0; i < plan.samples.size(); ++i) {
    const auto& request = plan.requests[i];
    Json& entry = inputs[plan.samples[i].prompt_ref];
    if (!request.image.empty()) entry["image"] = request.image.sha256;
    if (!request.video.empty()) entry["video"] = request.video.sha256;
    if (entry.is_null()) inputs.erase(plan.samples[i].prompt_ref);
  }
  return inputs;
}

}  // namespace

Json make_manifest(const Plan& plan, const RunOptions& options,
                   const std::vector<store::MetricInfo>& metrics) {
  Json list = Json::array();
  for (const auto& metric : metrics) list.push_back(store::to_json(metric));
  Json manifest = {{"schema", "vidbench.manifest/1"},
                   {"suite", describe_suite(plan, options)},
                   {"models", describe_models(plan)},
                   {"seeds", options.plan.seeds.empty() ? plan.suite.seeds : options.plan.seeds},
                   {"metrics", list},
                   {"reference_key", reference_keys(plan.suite, metrics)},
                   {"options", describe_options(options)},
                   {"hardware", resources::describe_hardware()},
                   {"versions", {{"vidbench", kVersion}, {"compiler", "g++ " __VERSION__}}},
                   {"command", options.command_line},
                   {"configuration", options.configuration},
                   {"created_at", now_rfc3339()}};
  if (plan.suite.is_public || options.plan.keep_prompts) {
    manifest["prompts"] = kept_prompts(plan);
    if (Json inputs = input_digests(plan); !inputs.empty()) manifest["inputs"] = std::move(inputs);
  }
  return manifest;
}

void require_same_experiment(const Json& manifest, const Plan& plan) {
  if (manifest.at("suite").at("digest") != plan.suite.digest)
    throw_input(fmt::format("suite '{}' has changed since the run was made (digest {} → {})", plan.suite.id,
                            manifest["suite"]["digest"].get<std::string>().substr(0, 12),
                            plan.suite.digest.substr(0, 12)),
                "restore the suite file, or start a new run");
  const Json& models = manifest.at("models");
  if (models.size() != plan.models.size())
    throw Error(ErrorCode::kInternal, "plan and manifest differ in models");
  for (size_t m = 0; m < plan.models.size(); ++m)
    if (models[m].at("digest") != plan.model_digests[m])
      throw_input(fmt::format("model '{}' has changed since the run was made", plan.models[m].id),
                  "restore its catalogue entry and weights, or start a new run");
}

}  // namespace vidbench::engine
