// Models as JSON: what is printed, and what the index keeps.
#include <fmt/format.h>

#include "registry/registry.h"

namespace vidbench::registry {
namespace {

template <typename T>
void take(const Json& json, const char* key, T& value) {
  if (const auto found = json.find(key); found != json.end()) found->get_to(value);
}

template <typename T>
void take(const Json& json, const char* key, std::optional<T>& value) {
  if (const auto found = json.find(key); found != json.end()) value = found->get<T>();
}

GenerationDefaults defaults_from_json(const Json& json) {
  GenerationDefaults defaults;
  take(json, "frames", defaults.frames);
  take(json, "width", defaults.width);
  take(json, "height", defaults.height);
  take(json, "fps", defaults.fps);
  take(json, "steps", defaults.steps);
  take(json, "guidance", defaults.guidance);
  return defaults;
}

Card card_from_json(const Json& json) {
  Card card;
  take(json, "title", card.title);
  take(json, "organisation", card.organisation);
  take(json, "family", card.family);
  take(json, "description", card.description);
  take(json, "released", card.released);
  take(json, "tasks", card.tasks);
  take(json, "licence", card.licence);
  take(json, "access", card.access);
  take(json, "source", card.source);
  take(json, "code", card.code);
  take(json, "script", card.script);
  take(json, "paper", card.paper);
  take(json, "backbone", card.backbone);
  take(json, "text_encoder", card.text_encoder);
  take(json, "vae", card.vae);
  take(json, "parameters_b", card.parameters_b);
  take(json, "min_vram_gb", card.min_vram_gb);
  take(json, "note", card.note);
  take(json, "references", card.references);
  return card;
}

Deployment deployment_from_json(const Json& json) {
  Deployment deployment;
  take(json, "runner", deployment.runner);
  take(json, "command", deployment.command);
  deployment.settings = json.at("settings");
  take(json, "dtype", deployment.dtype);
  take(json, "device", deployment.device);
  deployment.defaults = defaults_from_json(json.at("defaults"));
  const Json& environment = json.at("environment");
  take(environment, "requirements", deployment.environment.requirements);
  take(environment, "python", deployment.environment.python);
  take(environment, "image", deployment.environment.image);
  for (const Json& file : json.at("weights"))
    deployment.weights.push_back({file.at("path").get<std::string>(),
                                  file.at("sha256").is_null() ? "" : file.at("sha256").get<std::string>()});
  take(json, "max_batch", deployment.max_batch);
  const Json& timeouts = json.at("timeouts");
  take(timeouts, "start_s", deployment.start_timeout_s);
  take(timeouts, "sample_s", deployment.sample_timeout_s);
  take(timeouts, "stall_s", deployment.stall_timeout_s);
  return deployment;
}

}  // namespace

Json to_json(const GenerationDefaults& defaults) {
  Json json = Json::object();
  const auto add = [&json](const char* key, const auto& value) {
    if (value) json[key] = *value;
  };
  add("frames", defaults.frames);
  add("width", defaults.width);
  add("height", defaults.height);
  add("fps", defaults.fps);
  add("steps", defaults.steps);
  add("guidance", defaults.guidance);
  return json;
}

Json to_json(const EnvironmentName& environment) {
  Json json = Json::object();
  if (!environment.requirements.empty()) json["requirements"] = environment.requirements;
  if (!environment.python.empty()) json["python"] = environment.python;
  if (!environment.image.empty()) json["image"] = environment.image;
  return json;
}

Json to_json(const Card& card) {
  Json json = Json::object();
  const auto add = [&json](const char* key, const std::string& value) {
    if (!value.empty()) json[key] = value;
  };
  add("title", card.title);
  add("organisation", card.organisation);
  add("family", card.family);
  add("description", card.description);
  add("released", card.released);
  if (!card.tasks.empty()) json["tasks"] = card.tasks;
  add("licence", card.licence);
  add("access", card.access);
  add("source", card.source);
  add("code", card.code);
  add("script", card.script);
  add("paper", card.paper);
  add("backbone", card.backbone);
  add("text_encoder", card.text_encoder);
  add("vae", card.vae);
  if (card.parameters_b) json["parameters_b"] = *card.parameters_b;
  if (card.min_vram_gb) json["min_vram_gb"] = *card.min_vram_gb;
  add("note", card.note);
  if (!card.references.empty()) json["references"] = card.references;
  return json;
}

Json to_json(const Model& model) {
  const Deployment& deployment = model.deployment;
  Json weights = Json::array();
  for (const WeightFile& file : deployment.weights)
    weights.push_back(
        {{"path", file.path.string()}, {"sha256", file.sha256.empty() ? Json(nullptr) : Json(file.sha256)}});
  return {{"id", model.id},
          {"card", to_json(model.card)},
          {"runner", deployment.runner},
          {"command", deployment.command},
          {"settings", deployment.settings},
          {"dtype", deployment.dtype},
          {"device", deployment.device},
          {"defaults", to_json(deployment.defaults)},
          {"environment", to_json(deployment.environment)},
          {"weights", weights},
          {"max_batch", deployment.max_batch},
          {"timeouts",
           {{"start_s", deployment.start_timeout_s},
            {"sample_s", deployment.sample_timeout_s},
            {"stall_s", deployment.stall_timeout_s}}},
          {"deployed", model.deployed()},
          {"runnable", model.runnable()},
          {"missing", model.missing},
          {"origin", model.origin},
          {"digest", model.digest}};
}

Model model_from_json(const Json& json) {
  Model model;
  take(json, "id", model.id);
  model.card = card_from_json(json.at("card"));
  model.deployment = deployment_from_json(json);
  take(json, "missing", model.missing);
  take(json, "origin", model.origin);
  take(json, "digest", model.digest);
  return model;
}

}  // namespace vidbench::registry
