#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/hash.h"
#include "report/aggregate.h"

namespace vidbench::report {
namespace {

constexpr size_t kSingleEnough = 5;  // videos generated alone, from which latency is read

store::MetricInfo info(std::string id, std::string title, std::string unit, bool higher,
                       std::string definition) {
  store::MetricInfo metric;
  metric.id = std::move(id);
  metric.title = std::move(title);
  metric.unit = std::move(unit);
  metric.higher_is_better = higher;
  metric.minimum = 0;
  metric.definition = std::move(definition);
  return metric;
}

std::vector<const store::GeneratedVideo*> timed_videos(const ModelSamples& model) {
  std::vector<const store::GeneratedVideo*> all, single;
  for (const store::SampleRecord* sample : model.samples) {
    if (sample->state == store::SampleState::kFailed || !sample->video) continue;
    if (!std::isfinite(sample->video->latency_s) || sample->video->latency_s <= 0) continue;
    all.push_back(&*sample->video);
    if (sample->video->batch_size == 1) single.push_back(&*sample->video);
  }
  return single.size() >= kSingleEnough ? single : all;
}

struct Batch {
  size_t videos = 0;
  int size = 0;
  double seconds = 0;
};

// The batches of the largest size: a last batch that is not full would make the model look slower than it is.
std::vector<Batch> full_batches(const ModelSamples& model) {
  std::map<int, Batch> batches;
  int largest = 0;
  for (const store::SampleRecord* sample : model.samples) {
    if (sample->state == store::SampleState::kFailed || !sample->video || !(sample->video->batch_s > 0))
      continue;
    Batch& batch = batches[sample->batch];
    ++batch.videos;
    batch.size = sample->video->batch_size;
    batch.seconds = std::max(batch.seconds, sample->video->batch_s);
    largest = std::max(largest, batch.size);
  }
  std::vector<Batch> full;
  for (const auto& [number, batch] : batches)
    if (batch.size == largest) full.push_back(batch);
  return full;
}

using IndexStatistic = stats::IndexStatistic;

Estimate bootstrap_estimate(size_t n, const std::string& name, const IndexStatistic& statistic) {
  const uint64_t seed = std::stoull(sha256_hex("performance " + name).substr(0, 16), nullptr, 16);
  Estimate result{stats::bootstrap(n, statistic, {.replicates = kMeanReplicates, .seed = seed}), {}};
  result.replicates =
      stats::bootstrap_replicates(n, statistic, {.replicates = kJointReplicates, .seed = seed});
  return result;
}

Estimate constant(double value) {
  return {{value, value, value, 1}, std::vector<double>(kJointReplicates, value)};
}

void estimate_latency(const ModelSamples& model, ModelEstimates& result) {
  const auto videos = timed_videos(model);
  if (videos.empty()) {
    result.missing["latency"] = "no video was generated";
    return;
  }
  std::vector<double> picked;
  const auto quantile = [&](double q) {
    return [&, q](std::span<const size_t> indices) {
      picked.clear();
      for (const size_t i : indices) picked.push_back(videos[i]->latency_s);
      return stats::quantile(picked, q);
    };
  };
  result.metrics["latency"] = bootstrap_estimate(videos.size(), "latency " + model.model, quantile(0.5));
  result.metrics["latency_p95"] = bootstrap_estimate(videos.size(), "latency " + model.model, quantile(0.95));
}

void estimate_throughput(const ModelSamples& model, ModelEstimates& result) {
  const std::vector<Batch> batches = full_batches(model);
  if (batches.empty()) {
    result.missing["throughput"] = "no batch was completed";
    return;
  }
  result.metrics["throughput"] =
      bootstrap_estimate(batches.size(), "throughput " + model.model, [&](std::span<const size_t> indices) {
        double videos = 0, seconds = 0;
        for (const size_t i : indices) {
          videos += static_cast<double>(batches[i].videos);
          seconds += batches[i].seconds;
        }
        return videos / seconds;
      });
}

void estimate_memory(const ModelSamples& model, ModelEstimates& result) {
  std::vector<double> peaks;
  for (const store::SampleRecord* sample : model.samples) {
    if (sample->state != store::SampleState::kFailed && sample->video && sample->video->peak_memory_bytes > 0)
      peaks.push_back(static_cast<double>(sample->video->peak_memory_bytes));
  }
  if (peaks.empty()) {
    result.missing["peak_memory"] = "the worker reported none";
    return;
  }
  // A maximum can only be understated by a redraw: its interval ends at the value.
  result.metrics["peak_memory"] =
      bootstrap_estimate(peaks.size(), "memory " + model.model, [&](std::span<const size_t> indices) {
        double peak = 0;
        for (const size_t i : indices) peak = std::max(peak, peaks[i]);
        return peak;
      });
}

}  // namespace

const std::vector<store::MetricInfo>& performance_metrics() {
  static const std::vector<store::MetricInfo> metrics = {
      info("latency", "Latency", "s", false,
           "Median seconds from the start of a request until its frames are complete in memory (device "
           "synchronised; loading, warm-up and file writing excluded). Over videos generated one at a time "
           "when "
           "there are at least 5, else over all videos."),
      info("latency_p95", "Latency p95", "s", false, "95th percentile of the same times."),
      info("throughput", "Throughput", "videos/s", true,
           "Videos divided by batch seconds, over the batches of the largest size."),
      info("peak_memory", "Peak memory", "B", false,
           "Largest memory in use during generation as the framework sees it: the allocator's peak on a GPU, "
           "the "
           "process's peak resident size on a CPU."),
      info("load_time", "Load time", "s", false,
           "Seconds from starting the worker until the model can generate."),
      info("model_size", "Model size", "B", false, "Size of the weights."),
      info("parameters", "Parameters", "parameters", false, "Number of weights."),
  };
  return metrics;
}

void estimate_performance(const ModelSamples& model, ModelEstimates& result) {
  estimate_latency(model, result);
  estimate_throughput(model, result);
  estimate_memory(model, result);
  if (!model.facts) return;
  if (std::isfinite(model.facts->load_s) && model.facts->load_s > 0)
    result.metrics["load_time"] = constant(model.facts->load_s);
  if (model.facts->weights_bytes)
    result.metrics["model_size"] = constant(static_cast<double>(*model.facts->weights_bytes));
  if (model.facts->parameters)
    result.metrics["parameters"] = constant(static_cast<double>(*model.facts->parameters));
}

}  // namespace vidbench::report
