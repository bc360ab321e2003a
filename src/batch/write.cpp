#include "batch/write.h"

#include <yaml-cpp/yaml.h>

namespace vidbench::batch {
namespace {

// Texts are quoted, so that none is taken for a number or a flag.
void write(YAML::Emitter& out, const Json& value) {
  if (value.is_string())
    out << YAML::DoubleQuoted << value.get<std::string>();
  else if (value.is_boolean())
    out << value.get<bool>();
  else if (value.is_number_float())
    out << value.get<double>();
  else if (value.is_number())
    out << value.get<int64_t>();
}

void write_list(YAML::Emitter& out, const std::vector<Json>& values) {
  out << YAML::Flow << YAML::BeginSeq;
  for (const Json& value : values) write(out, value);
  out << YAML::EndSeq;
}

// One value as it is, several as a list; seeds are a list of their own.
void write_values(YAML::Emitter& out, const std::vector<Json>& values) {
  if (values.size() == 1 && values.front().is_array())
    write_list(out, values.front().get<std::vector<Json>>());
  else if (values.size() == 1)
    write(out, values.front());
  else
    write_list(out, values);
}

}  // namespace

std::string to_yaml(const SimpleBatch& batch) {
  YAML::Emitter out;
  out << YAML::BeginMap << YAML::Key << "name" << YAML::Value << YAML::DoubleQuoted << batch.name;
  out << YAML::Key << "runs" << YAML::Value << YAML::BeginSeq << YAML::BeginMap;
  out << YAML::Key << "suite" << YAML::Value << YAML::DoubleQuoted << batch.suite;
  out << YAML::Key << "models" << YAML::Value;
  write_list(out, {batch.models.begin(), batch.models.end()});
  for (const OptionRule& rule : option_rules())
    if (const auto found = batch.options.find(rule.name); found != batch.options.end()) {
      out << YAML::Key << rule.name << YAML::Value;
      write_values(out, found->second);
    }
  out << YAML::EndMap << YAML::EndSeq << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

}  // namespace vidbench::batch
