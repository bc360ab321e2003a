#include "synthetic_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace vidbench::report {
namespace {

constexpr size_t kDim = 12, kClasses = 8, kReferenceRows = 256;

struct Definition {
  const char *id, *title, *reducer, *features;
  bool higher;
};
constexpr Definition kMetrics[] = {
    {"shapes/frechet", "Fréchet distance", "frechet", "shapes/classifier", false},
    {"shapes/kernel", "Kernel distance", "kernel", "shapes/classifier", false},
    {"shapes/inception", "Inception Score", "inception", "shapes/posterior", true},
    {"shapes/text-alignment", "Text alignment", "mean", "", true},
    {"shapes/frame-consistency", "Frame consistency", "mean", "", true},
    {"shapes/flicker", "Flicker", "mean", "", true},
    {"shapes/motion-amount", "Motion amount", "mean", "", true},
    {"shapes/colour-accuracy", "Colour accuracy", "mean", "", true},
    {"shapes/shape-accuracy", "Shape accuracy", "mean", "", true},
    {"shapes/motion-accuracy", "Motion accuracy", "mean", "", true},
};

Json metric_list(int frechet_version) {
  Json list = Json::array();
  for (const Definition& definition : kMetrics) {
    store::MetricInfo metric;
    metric.id = definition.id;
    metric.title = definition.title;
    metric.version = metric.id == "shapes/frechet" ? frechet_version : 1;
    metric.higher_is_better = definition.higher;
    metric.reducer = definition.reducer;
    metric.features = definition.features;
    metric.is_set = metric.reducer != "mean";
    metric.definition =
        "What the shapes evaluator computes; labelled shapes/… and not comparable with other figures.";
    metric.citation = "vidbench shapes world";
    metric.licence = "Apache-2.0";
    list.push_back(store::to_json(metric));
  }
  return list;
}

std::vector<float> feature(Random& random, double quality) {
  std::vector<float> row(kDim);
  for (float& value : row) value = static_cast<float>(3 * random.normal() + 12 * (1 - quality));
  return row;
}

std::vector<float> posterior(Random& random, double quality, size_t prompt) {
  std::vector<float> row(kClasses, static_cast<float>((1 - quality) / kClasses));
  row[(prompt + (random.uniform() < quality ? 0 : random.below(kClasses))) % kClasses] +=
      static_cast<float>(quality);
  return row;
}

store::Measurements measure(const SyntheticModel& model, size_t prompt, Random& random) {
  store::Measurements result;
  const double difficulty = 0.15 * std::sin(static_cast<double>(prompt));
  for (const Definition& definition : kMetrics) {
    if (std::string(definition.reducer) != "mean") continue;
    const std::string id = definition.id;
    double value = std::clamp(model.quality + difficulty + 0.04 * random.normal(), 0.0, 1.0);
    if (id.ends_with("accuracy")) value = random.uniform() < model.quality + difficulty ? 1.0 : 0.0;
    if (id == "shapes/text-alignment") value *= 96;
    if (id == "shapes/frame-consistency") value = 0.91 + 0.06 * value;
    if (id == "shapes/flicker") value = 0.83 + 0.17 * value;
    result.values[definition.id] = value;
  }
  result.features["shapes/classifier"] = feature(random, model.quality);
  result.features["shapes/posterior"] = posterior(random, model.quality, prompt);
  return result;
}

class Builder {
 public:
  Builder(store::Store& store, const SyntheticOptions& options) : store_(store), options_(options) {}

  void run() {
    for (const SyntheticModel& model : options_.models) plan(model);
    store::RunRecord record;
    record.id = options_.run;
    record.suite = "quickstart";
    record.suite_digest = options_.suite_digest;
    record.state = store::RunState::kRunning;
    record.created_at = "2026-11-25T08:15:30Z";
    record.directory = "/home/user/runs/" + options_.run;
    record.manifest = manifest();
    store_.create_run(record, planned_);
    if (!options_.done) return;
    put_reference();
    for (const SyntheticModel& model : options_.models) finish(model);
    store_.set_run_state(options_.run, store::RunState::kDone);
  }

 private:
  [[nodiscard]] Json manifest() const {
    Json prompts = Json::object();
    for (size_t p = 0; p < options_.prompts; ++p)
      prompts[fmt::format("quickstart/{}", p)] =
          fmt::format("a large red circle moving left on grey, variant {}", p);
    return {{"schema", "vidbench.manifest/1"},
            {"suite",
             {{"id", "quickstart"},
              {"version", 1},
              {"title", "Shapes quickstart"},
              {"public", true},
              {"profile", "balanced"},
              {"warmup", 1},
              {"single_stream", options_.single_stream},
              {"batch_size", options_.batch_size},
              {"digest", options_.suite_digest}}},
            {"metrics", metric_list(options_.frechet_version)},
            {"reference_key", {{"shapes/classifier", "ref-classifier"}}},
            {"hardware", {{"cpu", "AMD EPYC 9654"}, {"cores", 2}, {"memory_bytes", 25769803776}}},
            {"versions", {{"vidbench", "0.1.0"}}},
            {"command", {"vidbench", "run", "quickstart"}},
            {"prompts", prompts}};
  }

  void plan(const SyntheticModel& model) {
    const size_t count = options_.prompts * options_.seeds;
    size_t in_batch = 0;
    for (size_t i = 0; i < count; ++i) {
      store::SampleRecord sample;
      sample.id = fmt::format("s{:06}", planned_.size());
      sample.model = model.id;
      sample.prompt_ref = fmt::format("quickstart/{}", i / options_.seeds);
      sample.seed = 1 + i % options_.seeds;
      sample.key = "key-" + sample.id;
      const bool starts_batch = i <= options_.single_stream || in_batch == options_.batch_size;
      if (starts_batch) {
        ++batch_;
        in_batch = 0;
      }
      ++in_batch;
      sample.batch = batch_;
      planned_.push_back(sample);
    }
  }

  void put_reference() {
    Random random(99);
    store::ReferenceFeatures reference{kReferenceRows, kDim, {}};
    for (size_t i = 0; i < kReferenceRows; ++i)
      for (const float value : feature(random, 1.0)) reference.data.push_back(value);
    store_.put_reference("ref-classifier", reference);
  }

  void finish(const SyntheticModel& model) {
    store::ModelFacts facts;
    facts.model = model.id;
    facts.settings = {{"steps", 8},  {"guidance", 3.0}, {"frames", 16},
                      {"width", 32}, {"height", 32},    {"fps", 8}};
    facts.parameters = 2700000;
    facts.weights_bytes = 5400000;
    facts.weights_sha256 = "c0ffee00c0ffee00c0ffee00";
    facts.device = "cpu";
    facts.dtype = "fp32";
    facts.load_s = 0.8;
    store_.put_model_facts(options_.run, facts);
    std::map<int, int> sizes;
    for (const auto& sample : planned_)
      if (sample.model == model.id) ++sizes[sample.batch];
    Random random(std::hash<std::string>{}(model.id));
    std::vector<store::SampleRecord> outcomes;
    size_t index = 0;
    for (store::SampleRecord sample : planned_) {
      if (sample.model != model.id) continue;
      sample.attempts = 1;
      if (index < model.failures) {
        sample.state = store::SampleState::kFailed;
        sample.failure =
            store::Failure{"oom", "allocator: 2.1 GiB asked, 0.4 GiB free", "Traceback\n  line 2"};
      } else {
        const int size = sizes[sample.batch];
        const double seconds = model.latency_s * (1 + 0.03 * random.normal()) * (1 + 0.6 * (size - 1));
        sample.state = store::SampleState::kEvaluated;
        sample.video = store::GeneratedVideo{
            "/v.npy", "sha",
            16,       32,
            32,       8.0,
            seconds,  seconds,
            size,     static_cast<uint64_t>(model.memory_bytes * (1 + 0.01 * random.uniform())),
            false};
        sample.measurements = measure(model, index / options_.seeds, random);
      }
      ++index;
      outcomes.push_back(std::move(sample));
    }
    store_.commit(options_.run, outcomes);
  }

  store::Store& store_;
  const SyntheticOptions& options_;
  std::vector<store::SampleRecord> planned_;
  int batch_ = -1;
};

}  // namespace

std::vector<SyntheticModel> eight_models() {
  return {{"shapes-base-4", 0.62, 0.055, 4.2e8},      {"shapes-base-8", 0.78, 0.11, 4.2e8},
          {"shapes-base-24", 0.84, 0.33, 4.2e8},      {"shapes-base-8-bf16", 0.77, 0.09, 3.4e8},
          {"shapes-small-4", 0.45, 0.021, 3.1e8},     {"shapes-small-8", 0.58, 0.042, 3.1e8},
          {"shapes-small-24", 0.60, 0.125, 3.1e8, 2}, {"shapes-weak-8", 0.2, 0.04, 3.1e8}};
}

SyntheticStore::SyntheticStore()
    : store_(store::open_store("sqlite:" + (folder_.path() / "t.db").string())) {}

void SyntheticStore::add(const SyntheticOptions& options) { Builder(*store_, options).run(); }

}  // namespace vidbench::report
