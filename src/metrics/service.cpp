#include "metrics/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/hash.h"
#include "base/memory.h"
#include "media/encode.h"
#include "metrics/decode_ahead.h"
#include "metrics/measure.h"
#include "metrics/shapes_reference.h"
#include "metrics/shapes_video.h"
#include "metrics/threads.h"

namespace vidbench::metrics {
namespace {

constexpr int64_t kMaxReference = 100'000;
constexpr int kMaxScale = 64;

// A member of `params` of that type; Json's exception, which names the type, is the caller's "invalid
// params".
template <typename T>
T required(const Json& params, const char* name) {
  const auto found = params.find(name);
  if (found == params.end()) throw workers::InvalidParams(fmt::format("'{}' is missing", name));
  return found->get<T>();
}

int64_t whole(const Json& params, const char* name, int64_t low, int64_t high) {
  const auto found = params.find(name);
  if (found == params.end() || !found->is_number_integer() || found->get<int64_t>() < low ||
      found->get<int64_t>() > high)
    throw workers::InvalidParams(fmt::format("'{}' must be a whole number in {}..{}", name, low, high));
  return found->get<int64_t>();
}

// {"class", "message"} of the exception in flight, with what it is about in front.
Json failure(const std::string& about) {
  workers::FailureText text = workers::describe_current_exception("bad-output");
  if (!about.empty()) text.message = about + ": " + text.message;
  return text.json();
}

// How many frames from the beginning the metrics look at; 0: all.
size_t first_frames(const Registry& registry, const std::vector<const Metric*>& metrics) {
  size_t most = 0;
  for (const Metric* metric : metrics) {
    const size_t frames =
        metric->info.is_set ? registry.feature(metric->info.features).first_frames : metric->first_frames;
    if (frames == 0) return 0;
    most = std::max(most, frames);
  }
  return most;
}

// Begins to decode the video of `request`, when it names one.
void decode_next(const Json& request, DecodeAhead& videos) {
  if (request.is_object() && request.contains("video") && request["video"].is_string())
    videos.start(request["video"].get<std::string>());
}

Json evaluate_one(const Registry& registry, const std::vector<const Metric*>& metrics, const Json& request,
                  const Json* next, DecodeAhead& videos) {
  const auto id = required<std::string>(request, "id");
  const std::filesystem::path path = required<std::string>(request, "video");
  store::Asked asked;
  asked.prompt = request.value("prompt", "");
  if (request.contains("auxiliary")) asked.auxiliary = required<Json>(request, "auxiliary");
  if (!asked.auxiliary.is_object()) throw workers::InvalidParams("'auxiliary' must be an object");
  const std::filesystem::path paired = request.value("paired", "");
  std::string about;
  try {
    const media::Video video = videos.take(path);
    if (next != nullptr) decode_next(*next, videos);
    std::function<media::Video()> read_paired;
    if (!paired.empty()) read_paired = [&paired] { return DecodeAhead(0).take(paired); };
    Sample sample(registry, video, std::move(asked), std::move(read_paired));
    store::Measurements answer;
    for (const Metric* metric : metrics) {
      about = path.filename().string() + ": " + metric->info.id;
      measure(*metric, sample, answer);
    }
    Json result = {{"id", id}, {"values", answer.values}};
    if (!answer.features.empty()) result["features"] = answer.features;
    if (!answer.missing.empty()) result["missing"] = answer.missing;
    return result;
  } catch (...) {
    return {{"id", id}, {"error", failure(about)}};
  }
}

Json encode_one(const Json& request) {
  const auto id = required<std::string>(request, "id");
  const std::filesystem::path video = required<std::string>(request, "video");
  const std::filesystem::path output = required<std::string>(request, "output");
  const auto scale = request.contains("scale") ? whole(request, "scale", 1, kMaxScale) : 1;
  try {
    media::write_mp4(output, DecodeAhead(0).take(video), {.scale_up = static_cast<int>(scale)});
    return {{"id", id}, {"bytes", std::filesystem::file_size(output)}};
  } catch (...) {
    return {{"id", id}, {"error", failure("")}};
  }
}

// `one` of each request and the one after it, with progress.
template <typename One>
Json for_each_request(const Json& params, const char* stage, workers::ProgressSink& progress, One one) {
  const auto found = params.find("requests");
  if (found == params.end() || !found->is_array())
    throw workers::InvalidParams("'requests' must be a list of objects");
  Json results = Json::array();
  for (size_t i = 0; i < found->size(); ++i) {
    const Json& request = (*found)[i];
    if (!request.is_object()) throw workers::InvalidParams("'requests' must be a list of objects");
    results.push_back(one(request, i + 1 < found->size() ? &(*found)[i + 1] : nullptr));
    progress.report({{"id", results.back()["id"]},
                     {"stage", stage},
                     {"step", results.size()},
                     {"steps", found->size()},
                     {"peak_memory_bytes", peak_resident_bytes()}});
  }
  return results;
}

}  // namespace

Json Service::describe_metrics() const {
  Json list = Json::array();
  for (const Metric& metric : registry_.metrics()) {
    Json description = store::to_json(metric.info);
    if (!metric.info.is_set) description.erase("features");
    list.push_back(std::move(description));
  }
  return list;
}

Json Service::evaluate(const Json& params, workers::ProgressSink& progress) const {
  std::vector<const Metric*> metrics;
  for (const auto& id : required<std::vector<std::string>>(params, "metrics")) {
    try {
      metrics.push_back(&registry_.metric(id));
    } catch (const Error& e) {
      throw workers::InvalidParams(std::string(e.what()) + (e.hint().empty() ? "" : " (" + e.hint() + ")"));
    }
  }
  DecodeAhead videos(first_frames(registry_, metrics));
  Json results = for_each_request(params, "evaluate", progress, [&](const Json& request, const Json* next) {
    return evaluate_one(registry_, metrics, request, next, videos);
  });
  return {{"results", std::move(results)}, {"peak_memory_bytes", peak_resident_bytes()}};
}

Json Service::reference(const Json& params, workers::ProgressSink& progress) const {
  if (required<std::string>(params, "kind") != "shapes")
    throw workers::InvalidParams("'kind' must be shapes: the metric worker makes no other reference set");
  const int64_t count = whole(params, "count", 1, kMaxReference);
  const auto seed = required<uint64_t>(params, "seed");
  Json features = Json::object();
  Json definition = {kShapesReferenceVersion, count, seed};
  std::vector<std::string> ids = required<std::vector<std::string>>(params, "features");
  std::sort(ids.begin(), ids.end());
  for (const std::string& id : ids) {
    features[id] = Json::array();
    definition.push_back({id, registry_.feature(id).definition});
  }
  for (int64_t i = 0; i < count; ++i) {
    const media::Video video = from_shapes_video(reference_video(seed, static_cast<uint64_t>(i)));
    const std::string no_prompt;
    Sample sample(registry_, video, {});
    for (const std::string& id : ids) features[id].push_back(sample.feature(id));
    progress.report({{"stage", "reference"}, {"step", i + 1}, {"steps", count}});
  }
  return {{"features", std::move(features)}, {"digest", sha256_hex(definition.dump())}};
}

Json Service::encode(const Json& params, workers::ProgressSink& progress) const {
  return {{"results", for_each_request(params, "encode", progress, [](const Json& request, const Json*) {
             return encode_one(request);
           })}};
}

void serve_metrics(workers::WorkerServer& server, const Service& service) {
  server.on("initialize", [&service](const Json& params, workers::ProgressSink&) {
    set_threads(params.contains("threads") ? static_cast<int>(whole(params, "threads", 0, 4096)) : 0);
    return Json{{"metrics", service.describe_metrics()}};
  });
  server.on("evaluate", [&](const Json& p, workers::ProgressSink& s) { return service.evaluate(p, s); });
  server.on("reference", [&](const Json& p, workers::ProgressSink& s) { return service.reference(p, s); });
  server.on("encode", [&](const Json& p, workers::ProgressSink& s) { return service.encode(p, s); });
}

}  // namespace vidbench::metrics
