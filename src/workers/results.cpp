#include "workers/results.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "base/strings.h"
#include "workers/worker_error.h"

namespace vidbench::workers {
namespace {

constexpr int64_t kMaximumExtent = 1 << 20;  // frames, rows or columns; larger is a mistake, not a video

store::Failure bad_output(const std::string& message) { return {"bad-output", message, ""}; }

bool read_extent(const Json& entry, const char* key, int& value) {
  if (!entry.contains(key) || !entry[key].is_number_integer()) return false;
  const auto number = entry[key].get<int64_t>();
  if (number < 1 || number > kMaximumExtent) return false;
  value = static_cast<int>(number);
  return true;
}

bool read_number(const Json& entry, const char* key, double minimum, double& value) {
  if (!entry.contains(key) || !entry[key].is_number()) return false;
  value = entry[key].get<double>();
  return std::isfinite(value) && value >= minimum;
}

// Throws WorkerError naming the member that breaks the protocol.
store::GeneratedVideo read_video(const Json& entry, const std::filesystem::path& output_dir) {
  const auto demand = [](bool good, const std::string& what) {
    if (!good) throw WorkerError(bad_output(what));
  };
  demand(entry.contains("video") && entry["video"].is_string(), "the result has no 'video'");
  const std::string name = entry["video"];
  const std::string problem = problem_with_output(output_dir, name);
  demand(problem.empty(), problem);
  store::GeneratedVideo video;
  video.path = (output_dir / name).string();
  demand(read_extent(entry, "frames", video.frames), "'frames' must be a whole number above 0");
  demand(read_extent(entry, "height", video.height), "'height' must be a whole number above 0");
  demand(read_extent(entry, "width", video.width), "'width' must be a whole number above 0");
  demand(read_number(entry, "fps", 1e-6, video.fps), "'fps' must be a number above 0");
  demand(read_number(entry, "latency_s", 0, video.latency_s), "'latency_s' must be a number of at least 0");
  return video;
}

SampleOutcome read_sample(const ResultIndex& index, const std::string& id,
                          const std::filesystem::path& output_dir) {
  SampleOutcome outcome{id, std::nullopt, index.failure_of(id)};
  if (outcome.failure) return outcome;
  try {
    outcome.video = read_video(index.entries.at(id), output_dir);
  } catch (const WorkerError& e) {
    outcome.failure = e.failure();
  }
  return outcome;
}

}  // namespace

uint64_t count_or_zero(const Json& json, const char* key) {
  if (!json.is_object() || !json.contains(key)) return 0;
  const Json& value = json[key];
  if (value.is_number_unsigned()) return value.get<uint64_t>();
  return value.is_number_integer() && value.get<int64_t>() > 0 ? static_cast<uint64_t>(value.get<int64_t>())
                                                               : 0;
}

std::optional<store::Failure> ResultIndex::failure_of(const std::string& id) const {
  if (std::find(twice.begin(), twice.end(), id) != twice.end())
    return bad_output(fmt::format("two results for sample '{}'", id));
  const auto found = entries.find(id);
  if (found == entries.end())
    return bad_output(unknown.empty() ? fmt::format("no result for sample '{}'", id)
                                      : fmt::format("no result for sample '{}', but one for the unknown '{}'",
                                                    id, one_line(unknown.front())));
  if (!found->second.contains("error")) return std::nullopt;
  const Json& error = found->second["error"];
  if (!error.is_object() || !error.contains("class") || !error["class"].is_string())
    return bad_output(fmt::format("the error of sample '{}' has no 'class'", id));
  const bool told = error.contains("message") && error["message"].is_string();
  return store::Failure{known_failure_class(error["class"].get<std::string>()),
                        told ? one_line(error["message"].get<std::string>()) : "no message", ""};
}

ResultIndex index_results(const Json& result, const std::vector<std::string>& ids) {
  if (!result.is_object() || !result.contains("results") || !result["results"].is_array())
    throw WorkerError(bad_output("the result has no list 'results'"));
  ResultIndex index;
  for (const Json& entry : result["results"]) {
    if (!entry.is_object() || !entry.contains("id") || !entry["id"].is_string())
      throw WorkerError(bad_output("an entry of 'results' is not an object with an 'id'"));
    const std::string id = entry["id"];
    if (std::find(ids.begin(), ids.end(), id) == ids.end())
      index.unknown.push_back(id);
    else if (!index.entries.emplace(id, entry).second)
      index.twice.push_back(id);
  }
  return index;
}

std::string problem_with_output(const std::filesystem::path& folder, const std::string& name) {
  const std::string shown = one_line(name);
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos ||
      name.find('\0') != std::string::npos)
    return fmt::format("'{}' is not a file name inside the output folder", shown);
  // O_NONBLOCK: opening a named pipe must not hang.
  const int fd = ::open((folder / name).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 && errno == ELOOP) return fmt::format("'{}' is a symbolic link", shown);
  if (fd < 0) return fmt::format("cannot open '{}': {}", shown, std::strerror(errno));
  struct stat info {};
  const bool known = ::fstat(fd, &info) == 0;
  ::close(fd);
  if (!known || !S_ISREG(info.st_mode)) return fmt::format("'{}' is not a regular file", shown);
  return info.st_size > 0 ? "" : fmt::format("'{}' is empty", shown);
}

std::vector<SampleOutcome> read_generate_result(const Json& result,
                                                const std::vector<GenerateRequest>& requests,
                                                const std::filesystem::path& output_dir, double wall_s) {
  std::vector<std::string> ids;
  for (const GenerateRequest& request : requests) ids.push_back(request.id);
  const ResultIndex index = index_results(result, ids);
  double batch_s = 0;
  if (!read_number(result, "batch_s", 0, batch_s)) batch_s = wall_s;
  std::vector<SampleOutcome> outcomes;
  for (const std::string& id : ids) {
    SampleOutcome outcome = read_sample(index, id, output_dir);
    if (outcome.video) {
      outcome.video->batch_s = batch_s;
      outcome.video->batch_size = static_cast<int>(requests.size());
      outcome.video->peak_memory_bytes = count_or_zero(result, "peak_memory_bytes");
    }
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

}  // namespace vidbench::workers
