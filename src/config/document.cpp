#include "config/document.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "config/keys.h"

namespace vidbench::config {
namespace {

Json list_of(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }

Json checkout_schema() {
  const Json text = {{"type", "string"}, {"minLength", 1}};
  return {{"type", "object"},
          {"required", {"git"}},
          {"additionalProperties", false},
          {"properties", {{"git", text}, {"ref", text}, {"folder", text}}}};
}

Json type_schema(const Key& key) {
  const Json text = {{"type", "string"}, {"minLength", 1}};
  switch (key.type) {
    case Type::kFlag:
      return {{"type", "boolean"}};
    case Type::kWhole:
      return {{"type", "integer"}, {"minimum", key.low}, {"maximum", key.high}};
    case Type::kNumber:
      return {{"type", "number"}, {"minimum", key.low}, {"maximum", key.high}};
    case Type::kChoice:
      return {{"enum", key.choices}};
    case Type::kTexts:
    case Type::kPaths:
      return list_of(text);
    case Type::kWholes:
      return list_of({{"type", "integer"}, {"minimum", key.low}});
    case Type::kCatalogues:
      return list_of({{"oneOf", {text, checkout_schema()}}});
    default:
      return text;
  }
}

Json* group_of(Json& properties, const std::string& name) {
  Json* at = &properties;
  const std::vector<std::string> parts = split(name, '.');
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    Json& group = (*at)[parts[i]];
    if (group.is_null())
      group = {{"type", {"object", "null"}}, {"additionalProperties", false}, {"properties", Json::object()}};
    at = &group["properties"];
  }
  return at;
}

Json properties() {
  Json all = Json::object();
  for (const Key& key : keys()) {
    Json schema = type_schema(key);
    schema["description"] = key.help;
    (*group_of(all, key.name))[key.name.substr(key.name.rfind('.') + 1)] = std::move(schema);
  }
  return all;
}

}  // namespace

Json file_schema() {
  Json own = properties();
  own["profiles"] = {{"type", {"object", "null"}},
                     {"description", "values that count with --profile NAME"},
                     {"additionalProperties", {{"$ref", "#/$defs/values"}}}};
  return {
      {"$schema", "https://json-schema.org/draft/2020-12/schema"},
      {"$id", "vidbench.config-file/1"},
      {"title", "A configuration file of vidbench"},
      {"type", {"object", "null"}},
      {"additionalProperties", false},
      {"properties", own},
      {"$defs",
       {{"values",
         {{"type", {"object", "null"}}, {"additionalProperties", false}, {"properties", properties()}}}}}};
}

std::string empty_file() {
  std::string text = "# Configuration of vidbench; `vidbench config keys` explains each key.\n";
  std::string group;
  for (const Key& key : keys()) {
    const size_t dot = key.name.find('.');
    const std::string own = dot == std::string::npos ? "" : key.name.substr(0, dot);
    if (own != group && !own.empty()) text += fmt::format("\n# {}:\n", own);
    if (own != group && own.empty()) text += "\n";
    group = own;
    const std::string name = dot == std::string::npos ? key.name : "  " + key.name.substr(dot + 1);
    text += fmt::format("# {}:   # {}\n", name, key.help);
  }
  return text + "\n# profiles:\n#   ci:\n#     format: json\n";
}

}  // namespace vidbench::config
