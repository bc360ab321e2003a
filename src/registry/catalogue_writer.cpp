#include "registry/catalogue_writer.h"

#include <yaml-cpp/yaml.h>

#include <vector>

namespace vidbench::registry {
namespace {

// Scalars that YAML would read as something else than text are quoted by hand: yaml-cpp writes `1.0` for the
// text "1.0".
bool reads_as_text(const std::string& text) {
  if (text.empty()) return false;
  try {
    const YAML::Node node = YAML::Load(text);
    if (!node.IsScalar() || node.Tag() == "!") return false;
    double number = 0;
    bool flag = false;
    return !YAML::convert<double>::decode(node, number) && !YAML::convert<bool>::decode(node, flag);
  } catch (const YAML::Exception&) {
    return false;
  }
}

void write_text(YAML::Emitter& out, const std::string& text) {
  if (reads_as_text(text))
    out << text;
  else
    out << YAML::DoubleQuoted << text;
}

void write_json(YAML::Emitter& out, const Json& json) {
  if (json.is_object()) {
    out << YAML::Flow << YAML::BeginMap;
    for (const auto& [key, value] : json.items()) {
      out << YAML::Key << key << YAML::Value;
      write_json(out, value);
    }
    out << YAML::EndMap;
  } else if (json.is_array()) {
    out << YAML::Flow << YAML::BeginSeq;
    for (const Json& value : json) write_json(out, value);
    out << YAML::EndSeq;
  } else if (json.is_string()) {
    write_text(out, json.get<std::string>());
  } else if (json.is_null()) {
    out << YAML::Null;
  } else {
    out << json.dump();
  }
}

void write(YAML::Emitter& out, const char* key, const std::string& text) {
  if (text.empty()) return;
  out << YAML::Key << key << YAML::Value;
  write_text(out, text);
}

void write(YAML::Emitter& out, const char* key, const std::vector<std::string>& texts, bool one_line = true) {
  if (texts.empty()) return;
  out << YAML::Key << key << YAML::Value << (one_line ? YAML::Flow : YAML::Block) << YAML::BeginSeq;
  for (const std::string& text : texts) write_text(out, text);
  out << YAML::EndSeq;
}

void write(YAML::Emitter& out, const char* key, const std::optional<double>& number) {
  if (number) out << YAML::Key << key << YAML::Value << Json(*number).dump();
}

void write(YAML::Emitter& out, const char* key, const Json& json) {
  if (json.empty()) return;
  out << YAML::Key << key << YAML::Value;
  write_json(out, json);
}

void write_card(YAML::Emitter& out, const Card& card) {
  write(out, "title", card.title);
  write(out, "organisation", card.organisation);
  write(out, "description", card.description);
  write(out, "released", card.released);
  write(out, "tasks", card.tasks);
  write(out, "licence", card.licence);
  write(out, "access", card.access);
  write(out, "source", card.source);
  write(out, "code", card.code);
  write(out, "script", card.script);
  write(out, "paper", card.paper);
  Json architecture = Json::object();
  for (const auto& [key, value] :
       {std::pair{"backbone", &card.backbone}, {"text_encoder", &card.text_encoder}, {"vae", &card.vae}})
    if (!value->empty()) architecture[key] = *value;
  write(out, "architecture", architecture);
  write(out, "parameters_b", card.parameters_b);
  write(out, "min_vram_gb", card.min_vram_gb);
  write(out, "note", card.note);
  write(out, "references", card.references, false);
}

void write_weights(YAML::Emitter& out, const Deployment& deployment) {
  Json files = Json::array();
  for (const WeightFile& file : deployment.weights) {
    files.push_back({{"path", file.path.string()}});
    if (!file.sha256.empty()) files.back()["sha256"] = file.sha256;
  }
  write(out, "weights", files);
}

void write_timeouts(YAML::Emitter& out, const Deployment& deployment) {
  const Deployment usual;
  Json timeouts = Json::object();
  if (deployment.start_timeout_s != usual.start_timeout_s) timeouts["start_s"] = deployment.start_timeout_s;
  if (deployment.sample_timeout_s != usual.sample_timeout_s)
    timeouts["sample_s"] = deployment.sample_timeout_s;
  if (deployment.stall_timeout_s != usual.stall_timeout_s) timeouts["stall_s"] = deployment.stall_timeout_s;
  write(out, "timeouts", timeouts);
}

void write_deployment(YAML::Emitter& out, const Deployment& deployment) {
  const Deployment usual;
  write(out, "runner", deployment.runner);
  write(out, "command", deployment.command);
  write(out, "settings", deployment.settings);
  if (deployment.dtype != usual.dtype) write(out, "dtype", deployment.dtype);
  if (deployment.device != usual.device) write(out, "device", deployment.device);
  write(out, "defaults", to_json(deployment.defaults));
  write(out, "environment", to_json(deployment.environment));
  write_weights(out, deployment);
  if (deployment.max_batch != 0 && deployment.runner != "command")
    out << YAML::Key << "max_batch" << YAML::Value << deployment.max_batch;
  write_timeouts(out, deployment);
}

}  // namespace

std::string catalogue_text(const Model& model, std::span<const std::string> remarks) {
  YAML::Emitter out;
  out.SetIndent(2);
  for (const std::string& remark : remarks) out << YAML::Comment(remark) << YAML::Newline;
  out << YAML::BeginMap;
  write(out, "family", model.card.family);
  out << YAML::Key << "models" << YAML::Value << YAML::BeginSeq << YAML::BeginMap;
  write(out, "id", model.id);
  write_card(out, model.card);
  write_deployment(out, model.deployment);
  out << YAML::EndMap << YAML::EndSeq << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

}  // namespace vidbench::registry
