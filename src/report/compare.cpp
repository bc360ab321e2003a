#include "report/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/error.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/strings.h"
#include "report/aggregate.h"
#include "report/format.h"
#include "report/set_statistic.h"
#include "stats/paired.h"

namespace vidbench::report {
namespace {

constexpr double kSignificance = 0.05;
constexpr size_t kSetRounds = 499;  // redraws and permutations of a set statistic

struct Side {
  const RunData* data;
  const ModelSamples* model;
};

struct Pair {
  const store::SampleRecord* a;
  const store::SampleRecord* b;
};

std::vector<Pair> match(const Side& a, const Side& b, PairComparison& result) {
  std::map<Unit, const store::SampleRecord*> of_b;
  for (const auto* sample : evaluated(*b.model)) of_b[{sample->prompt_ref, sample->seed}] = sample;
  const auto of_a = evaluated(*a.model);
  std::vector<Pair> pairs;
  for (const auto* sample : of_a)
    if (const auto found = of_b.find({sample->prompt_ref, sample->seed}); found != of_b.end())
      pairs.push_back({sample, found->second});
  result.pairs = pairs.size();
  result.unmatched_a = of_a.size() - pairs.size();
  result.unmatched_b = of_b.size() - pairs.size();
  return pairs;
}

using Value = std::function<double(const store::SampleRecord&)>;

void finish_mean(MetricComparison& row, const std::vector<Pair>& pairs, const Value& value) {
  std::vector<stats::KeyedValue> a, b;
  double sum_a = 0, sum_b = 0;
  for (const Pair& pair : pairs) {
    const double x = value(*pair.a), y = value(*pair.b);
    if (!std::isfinite(x) || !std::isfinite(y)) continue;
    const std::string key = fmt::format("{}\n{}", pair.a->prompt_ref, pair.a->seed);
    a.push_back({key, x});
    b.push_back({key, y});
    sum_a += x;
    sum_b += y;
  }
  if (a.empty()) return;
  row.a = sum_a / static_cast<double>(a.size());
  row.b = sum_b / static_cast<double>(a.size());
  const stats::PairedComparison compared = stats::compare_paired(b, a);
  row.difference = compared.difference;
  row.p_value = compared.p_value;
}

using Features = std::vector<const std::vector<float>*>;

Features features_of(const std::vector<Pair>& pairs, const std::string& feature, bool second) {
  Features rows;
  for (const Pair& pair : pairs)
    rows.push_back(&(second ? pair.b : pair.a)->measurements->features.at(feature));
  return rows;
}

// Redraws of the pairs judge the difference; permutations within them, of the rows of both sides (pair i is
// row i of a and row P + i of b), whether there is any.
class SetComparison {
 public:
  SetComparison(const store::MetricInfo& metric, const Features& a, const Features& b,
                const store::ReferenceFeatures* reference)
      : pairs_(static_cast<Eigen::Index>(a.size())),
        a_(set_statistic(metric, a, reference)),
        b_(set_statistic(metric, b, reference)),
        both_(set_statistic(metric, joined(a, b), reference)) {}

  void run(MetricComparison& row, uint64_t seed) const {
    const auto n = static_cast<size_t>(pairs_);
    const Eigen::VectorXd ones = Eigen::VectorXd::Ones(pairs_);
    row.a = a_.evaluate(ones);
    row.b = b_.evaluate(ones);
    const double observed = row.b - row.a;
    Random random(seed);
    std::vector<double> replicates;
    for (size_t round = 0; round < kSetRounds; ++round) {
      Eigen::VectorXd weights = Eigen::VectorXd::Zero(pairs_);
      for (size_t draw = 0; draw < n; ++draw) ++weights[static_cast<Eigen::Index>(random.below(n))];
      if ((weights.array() > 0).count() < 2) continue;
      replicates.push_back(b_.redraw(weights) - a_.redraw(weights));
    }
    row.difference = replicates.size() < 2 ? stats::Interval{observed, observed, observed, n}
                                           : stats::centred_interval(observed, replicates, n, 0.95);
    size_t as_extreme = 1;  // the observed labelling is one of the permutations
    for (size_t round = 0; round < kSetRounds; ++round) {
      // One side of a permutation, and the other.
      Eigen::VectorXd first = Eigen::VectorXd::Zero(2 * pairs_);
      for (Eigen::Index i = 0; i < pairs_; ++i) first[random.next() >> 63 ? i + pairs_ : i] = 1;
      const Eigen::VectorXd second = Eigen::VectorXd::Ones(2 * pairs_) - first;
      const double permuted = both_.redraw(second) - both_.redraw(first);
      as_extreme += std::abs(permuted) >= std::abs(observed) * (1 - 1e-9);
    }
    row.p_value = static_cast<double>(as_extreme) / static_cast<double>(kSetRounds + 1);
  }

 private:
  static Features joined(Features a, const Features& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  }

  Eigen::Index pairs_;
  SetStatistic a_, b_, both_;
};

bool finish_set(MetricComparison& row, const std::vector<Pair>& pairs, const RunData& data) {
  std::vector<Pair> usable;
  const std::string& feature = row.metric.features;
  for (const Pair& pair : pairs)
    if (pair.a->measurements->features.contains(feature) && pair.b->measurements->features.contains(feature))
      usable.push_back(pair);
  if (usable.size() < 2) return false;
  const auto found = data.references.find(feature);
  if (needs_reference(row.metric) && found == data.references.end()) return false;
  const auto* reference = found == data.references.end() ? nullptr : &found->second;
  const uint64_t seed = std::stoull(sha256_hex("compare " + row.metric.id).substr(0, 16), nullptr, 16);
  SetComparison(row.metric, features_of(usable, feature, false), features_of(usable, feature, true),
                reference)
      .run(row, seed);
  return true;
}

Verdict decide(const MetricComparison& row) {
  if (row.p_adjusted >= kSignificance || row.difference.value == 0) return Verdict::kNoDifference;
  return (row.difference.value > 0) == row.metric.higher_is_better ? Verdict::kBetter : Verdict::kWorse;
}

// Holm within each of two questions, costs and quality: latency has fewer pairs (videos generated alone), and
// the many quality metrics must not hide its difference.
void adjust(std::vector<MetricComparison>& rows) {
  for (const bool costs : {true, false}) {
    std::vector<MetricComparison*> family;
    std::vector<double> p_values;
    for (MetricComparison& row : rows) {
      if ((row.metric.id.find('/') == std::string::npos) != costs) continue;
      family.push_back(&row);
      p_values.push_back(row.p_value);
    }
    if (family.empty()) continue;
    const std::vector<double> adjusted = stats::holm_adjust(p_values);
    for (size_t i = 0; i < family.size(); ++i) {
      family[i]->p_adjusted = adjusted[i];
      family[i]->verdict = decide(*family[i]);
    }
  }
}

void add_metric(PairComparison& result, const store::MetricInfo& metric, const std::vector<Pair>& pairs,
                const RunData& data, const Value& value) {
  MetricComparison row;
  row.metric = metric;
  if (metric.is_set) {
    if (!finish_set(row, pairs, data)) return;
  } else {
    finish_mean(row, pairs, value);
    if (row.difference.n == 0) return;
  }
  result.metrics.push_back(std::move(row));
}

std::string version_of(const RunData& data, const std::string& model) {
  const auto models = data.run.manifest.find("models");
  if (models == data.run.manifest.end() || !models->is_array()) return "";
  for (const Json& one : *models)
    if (one.is_object() && one.value("id", Json()) == model && one.value("digest", Json()).is_string())
      return one["digest"];
  return "";
}

PairComparison compare_models(const Side& a, const Side& b) {
  PairComparison result;
  result.run_a = a.data->run.id;
  result.model_a = a.model->model;
  result.run_b = b.data->run.id;
  result.model_b = b.model->model;
  result.version_a = version_of(*a.data, result.model_a);
  result.version_b = version_of(*b.data, result.model_b);
  const std::vector<Pair> pairs = match(a, b, result);
  if (pairs.empty())
    throw_input(
        fmt::format("compare: {}:{} and {}:{} have no evaluated sample in common", printable(result.run_a),
                    printable(result.model_a), printable(result.run_b), printable(result.model_b)),
        "both need the same prompts and seeds; see 'vidbench runs list'");
  const double nan = std::nan("");
  const auto is_single = [](const Pair& pair) {
    return pair.a->video && pair.b->video && pair.a->video->batch_size == 1 && pair.b->video->batch_size == 1;
  };
  // As in the leaderboard: latency is that of videos generated one at a time when there are enough of them.
  const bool single_only = std::count_if(pairs.begin(), pairs.end(), is_single) >= 5;
  for (const store::MetricInfo& metric : performance_metrics()) {
    const bool is_latency = metric.id == "latency", is_memory = metric.id == "peak_memory";
    if (!is_latency && !is_memory) continue;
    add_metric(result, metric, pairs, *a.data, [&](const store::SampleRecord& sample) {
      if (!sample.video || (is_latency && single_only && sample.video->batch_size != 1)) return nan;
      const double value =
          is_latency ? sample.video->latency_s : static_cast<double>(sample.video->peak_memory_bytes);
      return value > 0 ? value : nan;
    });
  }
  for (const store::MetricInfo& metric : a.data->metrics)
    add_metric(result, metric, pairs, *a.data, [&](const store::SampleRecord& sample) {
      const auto found = sample.measurements->values.find(metric.id);
      return found == sample.measurements->values.end() ? nan : found->second;
    });
  adjust(result.metrics);
  return result;
}

void require_same_definitions(const RunData& a, const RunData& b) {
  const char* hint =
      "numbers of different definitions are never compared; run both under one suite and version";
  if (a.run.suite_digest != b.run.suite_digest)
    throw_input(fmt::format("compare: run {} measured suite {} ({:.12}), run {} suite {} ({:.12})", a.run.id,
                            printable(a.run.suite), a.run.suite_digest, b.run.id, printable(b.run.suite),
                            b.run.suite_digest),
                hint);
  for (const store::MetricInfo& metric : a.metrics)
    for (const store::MetricInfo& other : b.metrics)
      if (metric.id == other.id && metric.version != other.version)
        throw_input(fmt::format("compare: metric {} is version {} in run {} and version {} in run {}",
                                printable(metric.id), metric.version, a.run.id, other.version, b.run.id),
                    hint);
  for (const auto& [feature, key] : a.reference_keys) {
    const auto found = b.reference_keys.find(feature);
    if (found != b.reference_keys.end() && found->second != key)
      throw_input(fmt::format("compare: the reference set of {} differs between run {} and run {}",
                              printable(feature), a.run.id, b.run.id),
                  hint);
  }
}

struct Spec {
  std::string run, model;
};

Spec parse_spec(const std::string& text) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos) return {text, ""};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

const ModelSamples& find_model(const RunData& data, const std::string& name) {
  std::vector<std::string> names;
  for (const ModelSamples& model : data.models) {
    if (model.model == name) return model;
    names.push_back(model.model);
  }
  throw_input(fmt::format("run {} has no model '{}'", data.run.id, printable(name)), suggestion(name, names));
}

// The model that a side means, or null for "each that both have".
const ModelSamples* chosen(const RunData& data, const Spec& spec) {
  if (!spec.model.empty()) return &find_model(data, spec.model);
  if (data.models.empty()) throw_input(fmt::format("run {} has no samples", data.run.id));
  return data.models.size() == 1 ? &data.models.front() : nullptr;
}

}  // namespace

std::string to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kBetter:
      return "better";
    case Verdict::kWorse:
      return "worse";
    case Verdict::kNoDifference:
      return "no difference";
    case Verdict::kUntested:
      break;
  }
  return "untested";
}

Comparison compare(store::Store& store, const std::string& a, const std::string& b) {
  const Spec spec_a = parse_spec(a), spec_b = parse_spec(b);
  const RunData data_a = load_run_data(store, spec_a.run, true);
  const RunData data_b = load_run_data(store, spec_b.run, true);
  require_same_definitions(data_a, data_b);
  const ModelSamples* model_a = chosen(data_a, spec_a);
  const ModelSamples* model_b = chosen(data_b, spec_b);
  Comparison result{a, b, {}};
  if (model_a && model_b) {
    result.pairs.push_back(compare_models({&data_a, model_a}, {&data_b, model_b}));
    return result;
  }
  if (model_a || model_b) {
    const ModelSamples& named = model_a ? *model_a : *model_b;
    result.pairs.push_back(compare_models({&data_a, model_a ? model_a : &find_model(data_a, named.model)},
                                          {&data_b, model_b ? model_b : &find_model(data_b, named.model)}));
    return result;
  }
  for (const ModelSamples& model : data_a.models)
    for (const ModelSamples& other : data_b.models)
      if (model.model == other.model)
        result.pairs.push_back(compare_models({&data_a, &model}, {&data_b, &other}));
  if (result.pairs.empty())
    throw_input(fmt::format("compare: runs {} and {} have no model in common", data_a.run.id, data_b.run.id),
                "name one model on each side: RUN:MODEL");
  return result;
}

}  // namespace vidbench::report
