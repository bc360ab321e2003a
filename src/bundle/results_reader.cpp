#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "base/base64.h"
#include "base/strings.h"
#include "bundle/index.h"
#include "bundle/member.h"
#include "bundle/results.h"
#include "store/records_json.h"

namespace vidbench::bundle {
namespace {

constexpr size_t kMaxLine = size_t{256} << 20;              // a long video has many rows of features
constexpr uint64_t kMaxReferenceBytes = uint64_t{4} << 30;  // of one reference

double number(const Json& json, const std::string& where) {
  if (json.is_number()) return json.get<double>();
  if (json == "inf") return std::numeric_limits<double>::infinity();
  if (json == "-inf") return -std::numeric_limits<double>::infinity();
  throw_input(fmt::format("{}: '{}' is not a number", where, one_line(document(json, -1))));
}

std::vector<float> floats(std::string_view bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

std::vector<float> floats(const Json& json, const std::string& where) {
  const auto bytes = json.is_string() ? from_base64(json.get_ref<const std::string&>()) : std::nullopt;
  if (!bytes || bytes->size() % sizeof(float) != 0)
    throw_input(where + ": features are not base64 of float32");
  return floats({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
}

// As store's `from_string`, with the place in the message.
template <typename FromString>
auto state(const Json& json, const std::string& where, FromString from_string) {
  const auto text = member<std::string>(json, "state", where);
  try {
    return from_string(text);
  } catch (const Error& e) {
    throw_input(fmt::format("{}: {}", where, e.what()));
  }
}

const Json& object(const Json& json, const char* name, const std::string& where) {
  const auto found = json.find(name);
  if (found == json.end()) throw_input(fmt::format("{}: member '{}' is missing", where, name));
  if (!found->is_object()) throw_input(fmt::format("{}: member '{}' has the wrong type", where, name));
  return *found;
}

store::Measurements measurements(const Json& json, const std::string& where) {
  store::Measurements result;
  for (const auto& [name, value] : object(json, "values", where).items())
    result.values[name] = number(value, where);
  for (const auto& [name, value] : object(json, "features", where).items())
    result.features[name] = floats(value, where);
  for (const auto& [name, value] : object(json, "missing", where).items()) {
    if (!value.is_string()) throw_input(where + ": member 'missing' has the wrong type");
    result.missing[name] = value.get<std::string>();
  }
  return result;
}

store::GeneratedVideo video(const Json& json, const std::string& where) {
  store::GeneratedVideo video;
  video.sha256 = member<std::string>(json, "sha256", where);
  video.frames = member<int>(json, "frames", where);
  video.height = member<int>(json, "height", where);
  video.width = member<int>(json, "width", where);
  video.fps = member<double>(json, "fps", where);
  video.latency_s = member<double>(json, "latency_s", where);
  video.batch_s = member<double>(json, "batch_s", where);
  video.batch_size = member<int>(json, "batch_size", where);
  video.peak_memory_bytes = member<uint64_t>(json, "peak_memory_bytes", where);
  video.from_cache = member<bool>(json, "from_cache", where);
  return video;
}

store::ModelFacts facts_of(const Json& json, const std::string& where) {
  (void)object(json, "settings", where);
  (void)object(json, "versions", where);
  for (const char* text : {"weights_sha256", "device", "dtype"}) (void)member<std::string>(json, text, where);
  (void)member<double>(json, "load_s", where);
  for (const char* count : {"parameters", "weights_bytes"})
    if (json.contains(count)) (void)member<uint64_t>(json, count, where);
  return store::model_facts_from_json(json);
}

}  // namespace

void ResultsReader::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    if (pending_.size() + std::min(end, bytes.size()) > kMaxLine)
      throw_input(fmt::format("{}:{}: a line longer than {}", origin_, line_ + 1, human_bytes(kMaxLine)));
    pending_ += bytes.substr(0, end);
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    ++line_;
    take_line(pending_);
    pending_.clear();
  }
}

void ResultsReader::take_line(std::string_view line) {
  const std::string where = fmt::format("{}:{}", origin_, line_);
  const Json json = parse_foreign(line, where);
  const auto kind = member<std::string>(json, "kind", where);
  if (kind == "run") return take_run(json, where);
  if (!has_run_) throw_input(where + ": the first record is not the run");
  if (kind == "model") return take_model(json, where);
  if (kind == "sample") return take_sample(json, where);
  if (kind == "aggregate") return take_aggregate(json, where);
  if (kind == "event") return take_event(json, where);
  if (kind == "reference") return take_reference_line(json, where);
  throw_input(fmt::format("{}: a record of unknown kind '{}'", where, one_line(kind)));
}

void ResultsReader::take_run(const Json& json, const std::string& where) {
  if (has_run_) throw_input(where + ": a second run");
  has_run_ = true;
  store::RunRecord& run = content_.run;
  run.id = member<std::string>(json, "id", where);
  run.suite = member<std::string>(json, "suite", where);
  run.suite_digest = member<std::string>(json, "suite_digest", where);
  run.state = state(json, where, store::run_state_from_string);
  run.created_at = member<std::string>(json, "created_at", where);
  run.finished_at = member<std::string>(json, "finished_at", where);
  if (run.state == store::RunState::kRunning) throw_input(where + ": a run in progress");
}

void ResultsReader::take_model(const Json& json, const std::string& where) {
  store::ModelFacts facts = facts_of(object(json, "facts", where), where);
  facts.model = member<std::string>(json, "id", where);
  if (!model_ids_.insert(facts.model).second)
    throw_input(fmt::format("{}: model '{}' is there twice", where, one_line(facts.model)));
  content_.facts.push_back(std::move(facts));
}

void ResultsReader::take_sample(const Json& json, const std::string& where) {
  store::SampleRecord sample;
  sample.id = member<std::string>(json, "id", where);
  sample.model = member<std::string>(json, "model", where);
  sample.prompt_ref = member<std::string>(json, "prompt_ref", where);
  sample.category = member<std::string>(json, "category", where);
  sample.seed = member<uint64_t>(json, "seed", where);
  sample.batch = member<int>(json, "batch", where);
  if (json.contains("key")) sample.key = member<std::string>(json, "key", where);
  sample.state = state(json, where, store::sample_state_from_string);
  sample.attempts = member<int>(json, "attempts", where);
  if (!is_safe_part(sample.id) || !sample_ids_.insert(sample.id).second)
    throw_input(fmt::format("{}: sample id '{}' is not safe in a file name, or there twice", where,
                            one_line(sample.id)));
  if (json.contains("video")) sample.video = video(json["video"], where);
  if (json.contains("measurements")) sample.measurements = measurements(json["measurements"], where);
  if (json.contains("failure")) {
    const Json& failure = json["failure"];
    sample.failure = store::Failure{
        member<std::string>(failure, "kind", where), member<std::string>(failure, "message", where),
        failure.contains("log_tail") ? member<std::string>(failure, "log_tail", where) : ""};
  }
  if (sample.state == store::SampleState::kEvaluated && (!sample.video || !sample.measurements))
    throw_input(
        fmt::format("{}: sample {} is evaluated, but has no video or no measurements", where, sample.id));
  content_.samples.push_back(std::move(sample));
}

void ResultsReader::take_aggregate(const Json& json, const std::string& where) {
  store::Aggregate one;
  one.model = member<std::string>(json, "model", where);
  one.metric = member<std::string>(json, "metric", where);
  one.value = number(member<Json>(json, "value", where), where);
  one.low = number(member<Json>(json, "low", where), where);
  one.high = number(member<Json>(json, "high", where), where);
  one.n = member<int64_t>(json, "n", where);
  if (!aggregates_.insert({one.model, one.metric}).second)
    throw_input(
        fmt::format("{}: {} of '{}' is there twice", where, one_line(one.metric), one_line(one.model)));
  content_.aggregates.push_back(std::move(one));
}

void ResultsReader::take_event(const Json& json, const std::string& where) {
  content_.events.push_back({{"at", member<std::string>(json, "at", where)},
                             {"kind", member<std::string>(json, "event", where)},
                             {"detail", member<Json>(json, "detail", where)}});
}

void ResultsReader::take_reference_line(const Json& json, const std::string& where) {
  const auto key = member<std::string>(json, "key", where);
  const auto file = member<std::string>(json, "file", where);
  const auto rows = member<int64_t>(json, "rows", where), dim = member<int64_t>(json, "dim", where);
  constexpr auto kMost = static_cast<int64_t>(kMaxReferenceBytes / sizeof(float));
  if (rows < 1 || dim < 1 || rows > kMost || dim > kMost / rows)
    throw_input(fmt::format("{}: a reference of {} × {} numbers", where, rows, dim));
  if (file != reference_name(reference_keys_.size()) || content_.references.contains(key))
    throw_input(where + ": references are not in order, or there twice");
  reference_keys_[file] = key;
  reference_bytes_[file] = static_cast<uint64_t>(rows * dim) * sizeof(float);
  content_.references[key] = {rows, dim, {}};
}

void ResultsReader::take_reference(const std::string& name, std::string_view bytes) {
  const auto key = reference_keys_.find(name);
  if (key == reference_keys_.end()) throw_input(fmt::format("{}: no record speaks of {}", origin_, name));
  if (bytes.size() != reference_bytes_.at(name))
    throw_input(fmt::format("{}: {} has {} bytes instead of {}", origin_, name, bytes.size(),
                            reference_bytes_.at(name)));
  content_.references[key->second].data = floats(bytes);
}

void ResultsReader::end() const {
  if (!pending_.empty()) throw_input(fmt::format("{}:{}: the last line is cut off", origin_, line_ + 1));
  if (!has_run_) throw_input(origin_ + ": no run in it");
}

store::RunContent ResultsReader::finish() {
  for (const auto& [name, key] : reference_keys_)
    if (content_.references[key].data.empty()) throw_input(fmt::format("{}: {} is missing", origin_, name));
  return std::move(content_);
}

}  // namespace vidbench::bundle
