#include "registry/catalogue_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/yaml.h"
#include "base/yaml_guard.h"
#include "registry/command_template.h"
#include "registry/container_engine.h"
#include "registry/weight_sources.h"

namespace vidbench::registry {
namespace fs = std::filesystem;
namespace {

// Each reader below asks for its key even when it is absent: the keys that were asked for are the suggestions
// for a mistyped one.

constexpr size_t kFileLimitBytes = size_t{8} << 20;

bool is_id(const std::string& id) {
  const auto allowed = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  };
  return !id.empty() && id.size() <= 100 && id.front() != '.' && id.front() != '-' &&
         std::all_of(id.begin(), id.end(), allowed);
}

// "auto", "cpu", "cuda", "cuda:1", …
bool is_device(const std::string& text) {
  const size_t letters = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz");
  if (text.empty() || letters == 0) return false;
  if (letters == std::string::npos) return true;
  return text[letters] == ':' && letters + 1 < text.size() && text.size() - letters <= 4 &&
         text.find_first_not_of("0123456789", letters + 1) == std::string::npos;
}

void read_count(YamlMap& map, const std::string& key, std::optional<int>& value) {
  const int64_t number = map.integer(key, 1);
  if (!map.has(key)) return;
  if (number < 1 || number > std::numeric_limits<int>::max())
    map.fail(key, fmt::format("'{}' must be a whole number above 0, not {}", key, number));
  value = static_cast<int>(number);
}

void read_number(YamlMap& map, const std::string& key, double minimum, std::optional<double>& value) {
  const double number = map.number(key, minimum);
  if (!map.has(key)) return;
  if (!std::isfinite(number) || number < minimum)
    map.fail(key, fmt::format("'{}' must be a number of at least {}, not {}", key, minimum, number));
  value = number;
}

void read_defaults(YamlMap& model, GenerationDefaults& defaults) {
  auto map = model.optional_map("defaults");
  if (!map) return;
  read_count(*map, "frames", defaults.frames);
  read_count(*map, "width", defaults.width);
  read_count(*map, "height", defaults.height);
  read_count(*map, "steps", defaults.steps);
  read_number(*map, "fps", 0.001, defaults.fps);
  read_number(*map, "guidance", 0, defaults.guidance);
  map->finish();
}

void read_seconds(YamlMap& map, const std::string& key, double& seconds) {
  std::optional<double> value;
  read_number(map, key, 0.001, value);
  seconds = value.value_or(seconds);
}

void read_timeouts(YamlMap& model, Deployment& deployment) {
  auto map = model.optional_map("timeouts");
  if (!map) return;
  read_seconds(*map, "start_s", deployment.start_timeout_s);
  read_seconds(*map, "sample_s", deployment.sample_timeout_s);
  read_seconds(*map, "stall_s", deployment.stall_timeout_s);
  map->finish();
}

bool is_python_version(const std::string& text) {
  return text.size() >= 3 && text.starts_with("3.") && text.size() <= 4 &&
         text.find_first_not_of("0123456789", 2) == std::string::npos;
}

bool is_requirements_file(const std::string& text) {
  const fs::path path = text.starts_with("checkout:") ? text.substr(9) : text;
  return !path.empty() && !path.lexically_normal().string().starts_with("..");
}

void read_image(YamlMap& map, EnvironmentName& environment) {
  for (const char* other : {"requirements", "python"})
    if (map.has(other)) map.fail(other, fmt::format("'{}' beside 'image': the image has its own", other));
  environment.image = map.text("image");
  if (const ImageFault fault = fault_of_image(environment.image); !fault.message.empty())
    map.fail("image", fault.message, fault.hint);
}

void read_environment(YamlMap& model, Deployment& deployment) {
  auto map = model.optional_map("environment");
  if (!map) return;
  EnvironmentName& environment = deployment.environment = {};
  if (map->has("image")) {
    read_image(*map, environment);
    return map->finish();
  }
  environment.requirements = map->text("requirements");
  if (!is_requirements_file(environment.requirements))
    map->fail("requirements", fmt::format("'{}' is not a requirements file", environment.requirements),
              "a path (a relative one starts at the folder that holds catalogue/), or checkout:FILE");
  environment.python = map->text("python", "");
  if (!environment.python.empty() && !is_python_version(environment.python))
    map->fail("python", fmt::format("'{}' is not a version of Python", environment.python),
              "3.10, in quotes");
  map->finish();
}

void read_weights(YamlMap& model, Deployment& deployment) {
  std::vector<YamlMap> files = model.maps("weights");
  if (!model.has("weights")) return;
  deployment.weights.clear();
  for (YamlMap& map : files) {
    WeightFile file{map.text("path"), map.text("sha256", "")};
    if (file.path.empty()) map.fail("path", "'path' must not be empty");
    if (!file.sha256.empty() && !is_sha256(file.sha256))
      map.fail("sha256", fmt::format("'{}' is not a sha256", file.sha256),
               "64 lower-case hexadecimal digits");
    map.finish();
    deployment.weights.push_back(std::move(file));
  }
}

void read_settings(YamlMap& model, Json& settings) {
  const Json own = model.json("settings");
  if (!model.has("settings")) return;
  if (!own.is_object()) model.fail("settings", "'settings' must be a mapping of keys to values");
  settings.update(own);
}

void read_choice(YamlMap& map, const std::string& key, const std::vector<std::string>& allowed,
                 std::string& value) {
  value = map.text(key, value);
  if (map.has(key)) value = map.choice(key, allowed);
}

bool is_month(const std::string& text) {
  const auto digits = [&](size_t first, size_t count) {
    return text.size() >= first + count &&
           std::all_of(text.begin() + static_cast<std::ptrdiff_t>(first),
                       text.begin() + static_cast<std::ptrdiff_t>(first + count),
                       [](char c) { return c >= '0' && c <= '9'; });
  };
  return digits(0, 4) && (text.size() == 4 || (text.size() == 7 && text[4] == '-' && digits(5, 2)));
}

void read_list(YamlMap& map, const std::string& key, std::vector<std::string>& list) {
  std::vector<std::string> own = map.texts(key);
  if (map.has(key)) list = std::move(own);
}

// What is absent keeps its value: the file's `shared` card.
void read_card(YamlMap& map, Card& card) {
  card.title = map.text("title", card.title);
  card.organisation = map.text("organisation", card.organisation);
  card.family = map.text("family", card.family);
  card.released = map.text("released", card.released);
  if (!card.released.empty() && !is_month(card.released))
    map.fail("released", fmt::format("'{}' is not a month", card.released), "2025-02, or 2025");
  read_list(map, "tasks", card.tasks);
  card.description = map.text("description", card.description);
  card.licence = map.text("licence", card.licence);
  read_choice(map, "access", {"weights", "api", "code", "paper"}, card.access);
  card.source = map.text("source", card.source);
  card.code = map.text("code", card.code);
  card.script = map.text("script", card.script);
  card.paper = map.text("paper", card.paper);
  if (auto architecture = map.optional_map("architecture")) {
    card.backbone = architecture->text("backbone", card.backbone);
    card.text_encoder = architecture->text("text_encoder", card.text_encoder);
    card.vae = architecture->text("vae", card.vae);
    architecture->finish();
  }
  read_number(map, "parameters_b", 1e-6, card.parameters_b);
  read_number(map, "min_vram_gb", 1e-3, card.min_vram_gb);
  card.note = map.text("note", card.note);
  read_list(map, "references", card.references);
}

void read_deployment(YamlMap& map, Deployment& deployment) {
  read_choice(map, "runner", runner_kinds(), deployment.runner);
  const std::vector<std::string> command = map.texts("command");
  if (map.has("command")) deployment.command = command;
  read_choice(map, "dtype", {"fp32", "fp16", "bf16"}, deployment.dtype);
  deployment.device = map.text("device", deployment.device);
  if (!is_device(deployment.device))
    map.fail("device", fmt::format("'{}' is not a device", deployment.device), "auto, cpu, cuda or cuda:N");
  const int64_t max_batch = map.integer("max_batch", deployment.max_batch);
  if (max_batch < 0 || max_batch > 1'000'000)
    map.fail("max_batch", fmt::format("'max_batch' must be 0 (no limit) or more, not {}", max_batch));
  deployment.max_batch = static_cast<int>(max_batch);
  read_settings(map, deployment.settings);
  read_defaults(map, deployment.defaults);
  read_environment(map, deployment);
  read_weights(map, deployment);
  read_timeouts(map, deployment);
}

// Reads the fields that stand both in `shared` and in a model; what is absent keeps its value.
void read_fields(YamlMap& map, Model& model) {
  read_card(map, model.card);
  read_deployment(map, model.deployment);
}

void check_environment(const YamlMap& map, const Deployment& deployment) {
  const std::string& requirements = deployment.environment.requirements;
  if (requirements.empty() && deployment.environment.image.empty()) return;
  if (deployment.runner != "command" && deployment.runner != "worker" && deployment.runner != "diffusers")
    map.fail("environment", fmt::format("runner '{}' takes no 'environment'", deployment.runner));
  if (requirements.starts_with("checkout:") && !deployment.settings.contains("repository") &&
      !deployment.settings.contains("directory"))
    map.fail("environment", "'checkout:' without a checkout",
             "name settings.repository or settings.directory");
}

void check_command(const YamlMap& map, const Deployment& deployment) {
  try {
    check_patterns(read_command_template(deployment));
  } catch (const CommandFault& e) {
    map.fail(e.key(), e.what(), e.hint());
  }
  if (deployment.max_batch > 1) map.fail("max_batch", "a command makes one video at a time", "leave it out");
}

void check(const YamlMap& map, const Model& model) {
  const Deployment& deployment = model.deployment;
  check_environment(map, deployment);
  if (deployment.runner == "command") return check_command(map, deployment);
  for (const char* key : {"weights", "path"})
    if (const Json& settings = deployment.settings;
        settings.contains(key) && (!settings[key].is_string() || settings[key].get<std::string>().empty()))
      map.fail("settings", fmt::format("settings.{} must be a path", key));
  if (deployment.runner == "worker" && deployment.command.empty())
    map.fail("runner", fmt::format("model '{}' has runner 'worker' but no 'command'", model.id),
             "add command: [program, argument, …]");
  if (deployment.runner != "worker" && !deployment.command.empty())
    map.fail("command", fmt::format("runner '{}' takes no 'command'", deployment.runner),
             "use runner: command or runner: worker to start a program of your own");
  if (deployment.runner == "replay" && !deployment.settings.contains("path"))
    map.fail("settings", fmt::format("model '{}' has runner 'replay' but no settings.path", model.id),
             "name the folder of the videos");
  for (const char* key : {"provider", "model"})
    if (deployment.runner == "http" && deployment.settings.value(key, Json()).is_string() == false)
      map.fail("settings", fmt::format("model '{}' has runner 'http' but no settings.{}", model.id, key),
               "name a file of providers/ (provider) and the model as it is called there (model)");
  if (deployment.runner == "diffusers" && !deployment.settings.contains("path") &&
      !deployment.settings.contains("repo"))
    map.fail("settings", fmt::format("model '{}' has neither settings.path nor settings.repo", model.id),
             "name a local folder (path) or a Hugging Face repository (repo)");
}

// Computed before the paths are made absolute, so that the digest is the same on every machine.
std::string digest_of(const Deployment& deployment) {
  Json weights = Json::array();
  for (const WeightFile& file : deployment.weights) weights.push_back(file.sha256);
  const Json identity = {{"runner", deployment.runner},
                         {"command", deployment.command},
                         {"settings", deployment.settings},
                         {"dtype", deployment.dtype},
                         {"weights", weights},
                         {"defaults", to_json(deployment.defaults)}};
  return sha256_hex(identity.dump());
}

void make_paths_absolute(Deployment& deployment, const fs::path& root) {
  for (WeightFile& file : deployment.weights) file.path = (root / file.path).lexically_normal();
  if (deployment.runner == "command") return make_locations_absolute(deployment.settings, root);
  for (const char* key : {"weights", "path"})
    if (deployment.settings.contains(key))
      deployment.settings[key] =
          (root / deployment.settings[key].get<std::string>()).lexically_normal().string();
  if (deployment.runner != "diffusers") return;
  for (Json* source : weight_sources(deployment.settings))
    if (source->contains("path") && (*source)["path"].is_string())
      (*source)["path"] = (root / (*source)["path"].get<std::string>()).lexically_normal().string();
}

void add_settings_weights(Deployment& deployment) {
  if (deployment.runner == "command" || !deployment.settings.contains("weights")) return;
  const fs::path path = deployment.settings["weights"].get<std::string>();
  const auto same = [&path](const WeightFile& file) { return file.path == path; };
  if (std::none_of(deployment.weights.begin(), deployment.weights.end(), same))
    deployment.weights.push_back({path, ""});
}

void require_id(const YamlMap& map, const std::string& key, const std::string& id, const char* what) {
  if (!is_id(id))
    map.fail(key, fmt::format("'{}' is not a {}", id, what),
             "lower-case letters, digits, '.', '-' and '_', at most 100");
}

// The deployment is complete: what follows from it.
Model deployed(const YamlMap& map, Model model, const fs::path& root) {
  check(map, model);
  add_settings_weights(model.deployment);
  if (model.deployment.runner == "command") model.deployment.max_batch = 1;
  model.digest = digest_of(model.deployment);
  make_paths_absolute(model.deployment, root);
  return model;
}

// One for each of its deployments.
std::vector<Model> read_model(YamlMap map, int line, const std::string& origin, Model model,
                              const fs::path& root) {
  model.id = map.text("id");
  require_id(map, "id", model.id, "model id");
  read_fields(map, model);
  if (model.card.title.empty()) model.card.title = model.id;
  model.origin = fmt::format("{}:{}", origin, line);
  std::vector<Model> models;
  for (YamlMap& own : map.maps("deployments")) {
    Model one = model;
    const std::string name = own.text("name");
    require_id(own, "name", name, "deployment's name");
    read_deployment(own, one.deployment);
    read_list(own, "tasks", one.card.tasks);
    own.finish();
    if (one.deployment.runner.empty()) own.fail("", fmt::format("deployment '{}' has no 'runner'", name));
    if (!models.empty()) one.id += "@" + name;
    models.push_back(deployed(own, std::move(one), root));
  }
  map.finish();
  if (models.empty()) models.push_back(deployed(map, std::move(model), root));
  return models;
}

YAML::Node parse_mapping(const std::string& text, const std::string& origin) {
  check_plain_yaml(text, origin);
  YAML::Node node = YAML::Load(text);
  if (!node.IsMap())
    throw_input(fmt::format("{}:1: expected a mapping with 'models'", origin),
                "see docs/add-a-model.md for the form");
  return node;
}

}  // namespace

const std::vector<std::string>& runner_kinds() {
  static const std::vector<std::string> kinds = {"worker", "diffusers", "command", "http", "null", "replay"};
  return kinds;
}

std::vector<Model> parse_catalogue(const std::string& text, const std::string& origin, const fs::path& root) {
  const YAML::Node node = parse_mapping(text, origin);
  YamlMap file(node, origin, "");
  Model base;
  base.card.family = file.text("family", "");
  if (auto shared = file.optional_map("shared")) {
    read_fields(*shared, base);
    shared->finish();
  }
  std::vector<YamlMap> entries = file.maps("models");
  file.finish();
  if (entries.empty()) file.fail("models", "no model stands under 'models'");
  std::vector<Model> models;
  for (size_t i = 0; i < entries.size(); ++i) {
    const int line = node["models"][i].Mark().line + 1;
    for (Model& model : read_model(std::move(entries[i]), line, origin, base, root))
      models.push_back(std::move(model));
  }
  return models;
}

std::vector<Model> load_catalogue_file(const fs::path& file, const fs::path& root) {
  const std::string relative = file.lexically_relative(root).string();
  const bool below = !relative.empty() && !relative.starts_with("..");
  return parse_catalogue(read_file(file, kFileLimitBytes), below ? relative : file.string(), root);
}

}  // namespace vidbench::registry
