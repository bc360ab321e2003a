#include "store/video_json.h"

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

}  // namespace vidbench::store
