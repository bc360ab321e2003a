// Checks what a worker answered before anything else of vidbench relies on it.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "store/records.h"
#include "workers/runner.h"

namespace vidbench::workers {

// The entries of `result["results"]` by request id. `unknown` names ids nobody asked for; an id that comes
// twice keeps the first entry and is listed in `twice`.
struct ResultIndex {
  std::map<std::string, Json> entries;
  std::vector<std::string> unknown, twice;
  // Why the request `id` has no usable entry; nullopt = it has one, without "error".
  [[nodiscard]] std::optional<store::Failure> failure_of(const std::string& id) const;
};
// Throws WorkerError (bad-output) when `results` is not a list of objects with an id.
[[nodiscard]] ResultIndex index_results(const Json& result, const std::vector<std::string>& ids);

// A file that the worker says it wrote: a plain name, a regular file and not a link, not empty. Returns what
// is wrong, or "".
[[nodiscard]] std::string problem_with_output(const std::filesystem::path& folder, const std::string& name);

// One outcome for each request, in request order, with bad-output failures for entries that break the
// protocol. `wall_s`: how long the request took, used when the worker does not tell `batch_s`. Throws as
// index_results.
[[nodiscard]] std::vector<SampleOutcome> read_generate_result(const Json& result,
                                                              const std::vector<GenerateRequest>& requests,
                                                              const std::filesystem::path& output_dir,
                                                              double wall_s);

// A whole number of at least 0 in `json[key]`; 0 when absent or anything else.
[[nodiscard]] uint64_t count_or_zero(const Json& json, const char* key);

}  // namespace vidbench::workers
