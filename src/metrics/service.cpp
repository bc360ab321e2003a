#include "metrics/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "base/hash.h"
#include "base/log.h"
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

// One request of `evaluate`, with its video once it is read.
class Subject {
 public:
  explicit Subject(const Json& request)
      : id_(required<std::string>(request, "id")),
        path_(required<std::string>(request, "video")),
        paired_(request.value("paired", "")) {
    asked_.prompt = request.value("prompt", "");
    if (request.contains("auxiliary")) asked_.auxiliary = required<Json>(request, "auxiliary");
    if (!asked_.auxiliary.is_object()) throw workers::InvalidParams("'auxiliary' must be an object");
  }

  // A video that cannot be read leaves no sample.
  void read(const Registry& registry, DecodeAhead& videos) {
    try {
      video_ = std::make_unique<media::Video>(videos.take(path_));
      std::function<media::Video()> read_paired;
      if (!paired_.empty()) read_paired = [path = paired_] { return DecodeAhead(0).take(path); };
      sample_ = std::make_unique<Sample>(registry, *video_, std::move(asked_), std::move(read_paired));
    } catch (...) {
      failure_ = failure("");
    }
  }
  [[nodiscard]] Sample* sample() { return sample_.get(); }

  // The request's result; the video is no longer needed then.
  [[nodiscard]] Json measure(const std::vector<const Metric*>& metrics) {
    store::Measurements answer;
    std::string about;
    try {
      for (const Metric* metric : metrics) {
        if (!sample_) break;
        about = path_.filename().string() + ": " + metric->info.id;
        metrics::measure(*metric, *sample_, answer);
      }
    } catch (...) {
      failure_ = failure(about);
    }
    sample_.reset();
    video_.reset();
    if (!failure_.is_null()) return {{"id", id_}, {"error", failure_}};
    Json result = {{"id", id_}, {"values", answer.values}};
    if (!answer.features.empty()) result["features"] = answer.features;
    if (!answer.missing.empty()) result["missing"] = answer.missing;
    return result;
  }

 private:
  std::string id_;
  std::filesystem::path path_, paired_;
  store::Asked asked_;
  std::unique_ptr<media::Video> video_;
  std::unique_ptr<Sample> sample_;
  Json failure_;
};

// A network that fails at several videos fails at the one to blame when each is measured.
void prepare_together(const Registry& registry, const std::vector<const Metric*>& metrics,
                      std::vector<Subject>& subjects) {
  std::vector<Sample*> samples;
  for (Subject& subject : subjects)
    if (subject.sample() != nullptr) samples.push_back(subject.sample());
  for (const Metric* metric : metrics) {
    try {
      prepare(registry, *metric, samples);
    } catch (...) {
      log_info(fmt::format("{}: {} videos at once failed ({}); one by one", metric->info.id, samples.size(),
                           workers::describe_current_exception().message));
    }
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

const Json& requests_of(const Json& params) {
  const auto found = params.find("requests");
  const auto is_object = [](const Json& request) { return request.is_object(); };
  if (found == params.end() || !found->is_array() || !std::all_of(found->begin(), found->end(), is_object))
    throw workers::InvalidParams("'requests' must be a list of objects");
  return *found;
}

void add_result(Json result, const char* stage, size_t of, Json& results, workers::ProgressSink& progress) {
  results.push_back(std::move(result));
  progress.report({{"id", results.back()["id"]},
                   {"stage", stage},
                   {"step", results.size()},
                   {"steps", of},
                   {"peak_memory_bytes", peak_resident_bytes()}});
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
  const Json& requests = requests_of(params);
  DecodeAhead videos(first_frames(registry_, metrics));
  const auto decode = [&](size_t first) {
    for (size_t i = first; i < std::min(first + at_once_, requests.size()); ++i)
      decode_next(requests[i], videos);
  };
  Json results = Json::array();
  decode(0);
  for (size_t first = 0; first < requests.size(); first += at_once_) {
    std::vector<Subject> subjects;
    for (size_t i = first; i < std::min(first + at_once_, requests.size()); ++i)
      subjects.emplace_back(requests[i]).read(registry_, videos);
    decode(first + at_once_);
    if (at_once_ > 1) prepare_together(registry_, metrics, subjects);
    for (Subject& subject : subjects)
      add_result(subject.measure(metrics), "evaluate", requests.size(), results, progress);
  }
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
  const Json& requests = requests_of(params);
  Json results = Json::array();
  for (const Json& request : requests)
    add_result(encode_one(request), "encode", requests.size(), results, progress);
  return {{"results", std::move(results)}};
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
