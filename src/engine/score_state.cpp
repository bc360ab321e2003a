#include "engine/score_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <fstream>
#include <map>
#include <set>
#include <utility>

#include "base/base64.h"
#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/strings.h"

namespace vidbench::engine {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr const char* kSchema = "vidbench.score-state/1";
constexpr const char* kVideos = "videos";
constexpr const char* kReference = "reference";

Json features_json(const std::map<std::string, std::vector<float>>& features) {
  Json json = Json::object();
  for (const auto& [name, vector] : features) json[name] = base64(std::as_bytes(std::span(vector)));
  return json;
}

std::map<std::string, std::vector<float>> features_from(const Json& json) {
  std::map<std::string, std::vector<float>> features;
  for (const auto& [name, text] : json.items()) {
    const auto bytes = from_base64(text.get_ref<const std::string&>());
    if (!bytes || bytes->size() % sizeof(float) != 0)
      throw_input(fmt::format("feature '{}' is not base64 of float32 numbers", name));
    std::vector<float> vector(bytes->size() / sizeof(float));
    if (!vector.empty()) std::memcpy(vector.data(), bytes->data(), bytes->size());
    if (!std::all_of(vector.begin(), vector.end(), [](float x) { return std::isfinite(x); }))
      throw_input(fmt::format("feature '{}' has a number that is not finite", name));
    features[name] = std::move(vector);
  }
  return features;
}

Json video_json(const store::VideoMeasurements& video, const char* set) {
  Json json = {{"set", set}, {"file", video.file}, {"path", video.path}, {"prompt", video.asked.prompt}};
  if (video.failure) json["failure"] = {{"kind", video.failure->kind}, {"message", video.failure->message}};
  if (video.measurements) {
    json["values"] = video.measurements->values;
    json["missing"] = video.measurements->missing;
    json["features"] = features_json(video.measurements->features);
  }
  return json;
}

store::VideoMeasurements video_from(const Json& json) {
  store::VideoMeasurements video;
  json.at("file").get_to(video.file);
  json.at("path").get_to(video.path);
  json.at("prompt").get_to(video.asked.prompt);
  if (json.contains("failure"))
    video.failure = store::Failure{json["failure"].at("kind"), json["failure"].at("message"), ""};
  else
    video.measurements =
        store::Measurements{json.at("values"), features_from(json.at("features")), json.at("missing")};
  return video;
}

void add_line(ScoreState& state, const Json& json) {
  const auto& set = json.at("set").get_ref<const std::string&>();
  if (set != kVideos && set != kReference) throw_input(fmt::format("'{}' is no set of videos", set));
  (set == kVideos ? state.videos : state.reference).push_back(video_from(json));
}

ScoreState read_head(const Json& head) {
  if (head.value("schema", "") != kSchema)
    throw_input(fmt::format("it does not begin as a {} does", kSchema),
                "files of 'vidbench score --state FILE' are wanted");
  ScoreState state;
  state.shard = {head.at("shard").at("index"), head.at("shard").at("count")};
  if (state.shard.index < 1 || state.shard.index > state.shard.count)
    throw_input(fmt::format("there is no shard {} of {}", state.shard.index, state.shard.count));
  for (const Json& metric : head.at("metrics")) state.metrics.push_back(store::metric_info_from_json(metric));
  return state;
}

// Without what may differ between machines.
Json definition(store::MetricInfo metric) {
  metric.unavailable.clear();
  return to_json(metric);
}

void require_same_metrics(const ScoreState& first, const ScoreState& state, const std::string& name) {
  if (first.metrics.size() != state.metrics.size())
    throw_input(fmt::format("{}: has {} metrics where the first has {}", name, state.metrics.size(),
                            first.metrics.size()),
                "measure all shards with the same --metrics");
  for (size_t i = 0; i < state.metrics.size(); ++i)
    if (definition(first.metrics[i]) != definition(state.metrics[i]))
      throw_input(fmt::format("{}: metric '{}' is not defined as in the first file (version, weights)", name,
                              state.metrics[i].id),
                  "measure all shards with one version of vidbench and the same weights");
}

void sort_by_name(std::vector<store::VideoMeasurements>& videos, const char* set) {
  // As paths, in the order that find_videos has.
  std::sort(videos.begin(), videos.end(), [](const auto& a, const auto& b) {
    return std::filesystem::path(a.file) < std::filesystem::path(b.file);
  });
  const auto twice = std::adjacent_find(videos.begin(), videos.end(),
                                        [](const auto& a, const auto& b) { return a.file == b.file; });
  if (twice != videos.end())
    throw_input(fmt::format("{} of the {} is in two of the files", one_line(twice->file), set));
}

}  // namespace

Shard parse_shard(const std::string& text) {
  Shard shard;
  const char* const end = text.data() + text.size();
  const auto [slash, first] = std::from_chars(text.data(), end, shard.index);
  if (first == std::errc{} && slash != end && *slash == '/') {
    const auto [rest, second] = std::from_chars(slash + 1, end, shard.count);
    if (second == std::errc{} && rest == end && shard.index >= 1 && shard.index <= shard.count) return shard;
  }
  throw_input(fmt::format("'{}' is no shard", one_line(text)), "2/4 is the second of four");
}

std::vector<store::VideoMeasurements> take_shard(std::vector<store::VideoMeasurements> videos,
                                                 const Shard& shard) {
  std::vector<store::VideoMeasurements> taken;
  for (size_t i = shard.index - 1; i < videos.size(); i += shard.count) taken.push_back(std::move(videos[i]));
  return taken;
}

void write_score_state(const std::filesystem::path& path, const ScoreState& state) {
  Json metrics = Json::array();
  for (const auto& metric : state.metrics) metrics.push_back(to_json(metric));
  std::string text = document({{"schema", kSchema},
                               {"shard", {{"index", state.shard.index}, {"count", state.shard.count}}},
                               {"metrics", metrics}},
                              -1);
  for (const auto& video : state.videos) text += "\n" + document(video_json(video, kVideos), -1);
  for (const auto& video : state.reference) text += "\n" + document(video_json(video, kReference), -1);
  text += "\n" + document({{"end", state.videos.size() + state.reference.size()}}, -1) + "\n";
  write_file_atomic(path, text);
}

ScoreState read_score_state(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw_input(fmt::format("{}: cannot be read", path.string()));
  std::optional<ScoreState> state;
  size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    const std::string place = fmt::format("{}:{}", path.string(), ++number);
    const Json json = parse_json(line, place);
    try {
      if (!state) {
        state = read_head(json);
      } else if (json.contains("end")) {
        if (json["end"] != state->videos.size() + state->reference.size())
          throw_input("the number of videos is another one");
        return *std::move(state);
      } else {
        add_line(*state, json);
      }
    } catch (const Error& e) {
      throw_input(place + ": " + e.what(), e.hint());
    } catch (const Json::exception& e) {
      throw_input(place + ": " + e.what());
    }
  }
  throw_input(fmt::format("{}: ends early, after {} lines", path.string(), number), "write it again");
}

ScoreState merge_score_states(const std::vector<std::filesystem::path>& paths) {
  if (paths.empty()) throw_input("no files of 'vidbench score --state FILE' to put together");
  ScoreState whole;
  std::set<size_t> found;
  for (const auto& path : paths) {
    ScoreState state = read_score_state(path);
    if (found.empty()) {
      whole.metrics = state.metrics;
      whole.shard = state.shard;
    }
    if (state.shard.count != whole.shard.count)
      throw_input(fmt::format("{}: is a shard of {}, the first file one of {}", path.string(),
                              state.shard.count, whole.shard.count));
    if (!found.insert(state.shard.index).second)
      throw_input(fmt::format("{}: shard {} is there twice", path.string(), state.shard.index));
    require_same_metrics(whole, state, path.string());
    std::move(state.videos.begin(), state.videos.end(), std::back_inserter(whole.videos));
    std::move(state.reference.begin(), state.reference.end(), std::back_inserter(whole.reference));
  }
  for (size_t index = 1; index <= whole.shard.count; ++index)
    if (!found.contains(index))
      throw_input(fmt::format("shard {} of {} is missing", index, whole.shard.count),
                  "name the files of all shards");
  whole.shard = {};
  sort_by_name(whole.videos, "videos");
  sort_by_name(whole.reference, "reference");
  return whole;
}

}  // namespace vidbench::engine
