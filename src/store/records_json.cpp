#include "store/records_json.h"

namespace vidbench::store {

Json to_json(const GeneratedVideo& video) {
  return {{"path", video.path},
          {"sha256", video.sha256},
          {"frames", video.frames},
          {"height", video.height},
          {"width", video.width},
          {"fps", video.fps},
          {"latency_s", video.latency_s},
          {"batch_s", video.batch_s},
          {"batch_size", video.batch_size},
          {"peak_memory_bytes", video.peak_memory_bytes},
          {"from_cache", video.from_cache}};
}

GeneratedVideo generated_video_from_json(const Json& json) {
  GeneratedVideo video;
  video.path = json.at("path");
  video.sha256 = json.at("sha256");
  video.frames = json.at("frames");
  video.height = json.at("height");
  video.width = json.at("width");
  video.fps = json.at("fps");
  video.latency_s = json.at("latency_s");
  video.batch_s = json.at("batch_s");
  video.batch_size = json.at("batch_size");
  video.peak_memory_bytes = json.at("peak_memory_bytes");
  video.from_cache = json.value("from_cache", false);
  return video;
}

Json to_json(const ModelFacts& facts) {
  Json json = {{"settings", facts.settings}, {"weights_sha256", facts.weights_sha256},
               {"device", facts.device},     {"dtype", facts.dtype},
               {"load_s", facts.load_s},     {"versions", facts.versions}};
  if (facts.parameters) json["parameters"] = *facts.parameters;
  if (facts.weights_bytes) json["weights_bytes"] = *facts.weights_bytes;
  return json;
}

ModelFacts model_facts_from_json(const Json& json) {
  ModelFacts facts;
  facts.settings = json.at("settings");
  facts.weights_sha256 = json.at("weights_sha256");
  facts.device = json.at("device");
  facts.dtype = json.at("dtype");
  facts.load_s = json.at("load_s");
  facts.versions = json.at("versions");
  if (json.contains("parameters")) facts.parameters = json["parameters"].get<uint64_t>();
  if (json.contains("weights_bytes")) facts.weights_bytes = json["weights_bytes"].get<uint64_t>();
  return facts;
}

}  // namespace vidbench::store
