#include "registry/weight_sources.h"

namespace vidbench::registry {

std::vector<Json*> weight_sources(Json& settings) {
  std::vector<Json*> sources;
  const auto add = [&sources](Json& value) {
    if (value.is_object()) sources.push_back(&value);
  };
  add(settings);
  if (sources.empty()) return sources;
  if (settings.contains("motion_adapter")) add(settings["motion_adapter"]);
  if (settings.contains("components") && settings["components"].is_object())
    for (Json& component : settings["components"]) add(component);
  if (!settings.contains("lora")) return sources;
  Json& lora = settings["lora"];
  add(lora);
  if (lora.is_array())
    for (Json& one : lora) add(one);
  return sources;
}

}  // namespace vidbench::registry
