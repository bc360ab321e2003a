// One video from a hosted model: submit, wait, fetch.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>

#include "workers/http_endpoint.h"
#include "workers/runner.h"

namespace vidbench::workers {

struct HttpJobLimits {
  double sample_s = 600, stall_s = 300;
  double poll_interval_s = 0;  // 0 = the provider's
  uint64_t max_video_bytes = uint64_t{2} << 30;
  std::optional<providers::Price> price;  // the deployment's
};

// A line for the requests' journal: {"event": "accepted", "sample": …, "job": …}; without prompts and
// secrets.
using Record = std::function<void(const Json&)>;

// Never throws for what the provider or the network does: that is the outcome's failure. Kinds: those of
// docs/worker-protocol.md, "network" only when the provider certainly did not take the request,
// "unknown-outcome" when it may have, "provider-error" when it tells that the job failed. A job that was
// accepted and is given up is cancelled where the provider states how.
[[nodiscard]] SampleOutcome run_http_job(HttpEndpoint& endpoint, const HttpJobLimits& limits,
                                         const GenerateRequest& request,
                                         const std::filesystem::path& output_dir,
                                         const ProgressFunction& progress, const Record& record,
                                         const std::stop_token& stop);

[[nodiscard]] providers::Wanted wanted_of(const GenerateRequest& request, const std::string& model);

}  // namespace vidbench::workers
