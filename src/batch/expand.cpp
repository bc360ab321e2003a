#include "batch/expand.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/hash.h"
#include "base/strings.h"
#include "engine/run.h"
#include "engine/variants.h"
#include "workers/container.h"

namespace vidbench::batch {
namespace fs = std::filesystem;
namespace {

// What does not determine what is measured: a run goes on when only these change.
const std::set<std::string> kHow = {"threads",        "overlap",  "max_attempts",
                                    "failure_budget", "previews", "fail_fast"};

[[noreturn]] void fail_at(const std::string& place, const Error& error) {
  throw_input(fmt::format("{}: {}", place, error.what()), error.hint());
}

// Suites by name as the file has it, each read once.
class Suites {
 public:
  explicit Suites(fs::path folder) : folder_(std::move(folder)) {}

  [[nodiscard]] std::string source(const std::string& name) const {
    const fs::path path(name);
    const bool is_file = path.has_parent_path() || path.extension() == ".yaml" || path.extension() == ".yml";
    return is_file ? fs::absolute(folder_ / path).lexically_normal().string() : name;
  }

  std::shared_ptr<const suites::Suite> find(const std::string& source, const std::string& place) {
    auto& known = suites_[source];
    try {
      if (!known) known = std::make_shared<const suites::Suite>(suites::find_suite(source));
    } catch (const Error& e) {
      fail_at(place, e);
    }
    return known;
  }

 private:
  fs::path folder_;
  std::map<std::string, std::shared_ptr<const suites::Suite>> suites_;
};

std::vector<const registry::Model*> choose(const ModelChoice& choice, const registry::Registry& registry) {
  std::vector<const registry::Model*> models;
  if (choice.filter) {
    if (choice.search.empty())
      for (const auto& model : registry.models()) models.push_back(&model);
    else
      models = registry::search(registry.models(), choice.search);
    try {
      registry::refuse_unknown_words(registry.models(), *choice.filter);
    } catch (const Error& e) {
      fail_at(choice.place, e);
    }
    std::erase_if(models, [&](const auto* model) { return !registry::passes(*model, *choice.filter); });
    if (models.empty())
      throw_input(choice.place + ": no model passes this filter", "vidbench models list shows what there is");
    return models;
  }
  for (const std::string& id : choice.ids) try {
      models.push_back(&registry.find(id));
    } catch (const Error& e) {
      fail_at(choice.place, e);
    }
  return models;
}

// The nearer one's values stand instead of the farther one's.
Layer over(Layer far, const Layer& near) {
  if (near.models) far.models = near.models;
  if (!near.suites.empty()) far.suites = near.suites;
  for (const auto& [name, values] : near.options) far.options[name] = values;
  if (!near.place.empty()) far.place = near.place;
  return far;
}

size_t count(const Axes& axes) {
  size_t product = 1;
  for (const auto& [name, values] : axes)
    product = std::min(product * values.size(), kMaxCells + 1);  // no overflow: both are small
  return product;
}

std::vector<Values> multiply(const Axes& axes) {
  std::vector<Values> all(1);
  for (const OptionRule& rule : option_rules()) {
    const auto found = axes.find(rule.name);
    if (found == axes.end()) continue;
    std::vector<Values> more;
    for (const Values& one : all)
      for (const Json& value : found->second) more.emplace_back(one)[rule.name] = value;
    all = std::move(more);
  }
  return all;
}

class Expansion {
 public:
  Expansion(const Batch& batch, const registry::Registry& registry)
      : batch_(batch), registry_(registry), suites_(batch.file.parent_path()), hits_(batch.exclude.size()) {}

  std::vector<Cell> run() {
    for (const Entry& entry : batch_.runs) {
      add(entry, batch_.matrix, true);
      const Layer what{batch_.matrix.models, batch_.matrix.suites, {}, batch_.matrix.place};
      for (const Layer& more : batch_.include) add(entry, over(what, more), false);
    }
    for (size_t i = 0; i < hits_.size(); ++i)
      if (hits_[i] == 0)
        throw_input(batch_.exclude[i].place + ": this excludes nothing", "drop it, or correct it");
    if (cells_.empty())
      throw_input(fmt::format("{}: nothing is left to run", batch_.file.string()), "every cell is excluded");
    std::stable_sort(cells_.begin(), cells_.end(), [](auto& a, auto& b) { return a.priority > b.priority; });
    drop_repeated();
    tell_what_varies();
    ask_engine();
    return std::move(cells_);
  }

 private:
  void add(const Entry& entry, const Layer& matrix, bool may_exclude) {
    const Layer layer = over(over(batch_.defaults, matrix), entry.layer);
    const std::string& place = entry.layer.place.empty() ? batch_.file.string() + ":1" : entry.layer.place;
    if (layer.suites.empty())
      throw_input(place + ": which suite?", "add 'suite: quickstart' here or under 'defaults'");
    for (const std::string& name : layer.suites) {
      const std::string source = suites_.source(name);
      const auto suite = suites_.find(source, layer.place.empty() ? place : layer.place);
      const auto models = models_for(layer, *suite, place);
      if (count(layer.options) * models.size() + cells_.size() > kMaxCells)
        throw_input(fmt::format("{}: more than {} runs", place, kMaxCells), "split the batch");
      for (const auto* model : models)
        for (const Values& values : multiply(layer.options)) {
          if (may_exclude && excluded(*model, source, values)) continue;
          cells_.push_back({entry.name,
                            entry.priority,
                            suite,
                            source,
                            engine::variant(*model, *suite, settings_of(values)),
                            values,
                            {}});
        }
    }
  }

  std::vector<const registry::Model*> models_for(const Layer& layer, const suites::Suite& suite,
                                                 const std::string& place) {
    if (layer.models) return choose(*layer.models, registry_);
    if (suite.models.empty())
      throw_input(fmt::format("{}: which models? Suite '{}' names none of its own", place, suite.id),
                  "add 'models: [ID, …]' or a filter");
    return choose({suite.models, std::nullopt, "", place}, registry_);
  }

  bool excluded(const registry::Model& model, const std::string& source, const Values& values) {
    bool any = false;
    for (size_t i = 0; i < batch_.exclude.size(); ++i) {
      if (!describes(batch_.exclude[i], model, source, values)) continue;
      ++hits_[i];
      any = true;
    }
    return any;
  }

  bool describes(const Layer& pattern, const registry::Model& model, const std::string& source,
                 const Values& values) {
    if (pattern.models) {
      const auto meant = choose(*pattern.models, registry_);
      if (std::find(meant.begin(), meant.end(), &model) == meant.end()) return false;
    }
    if (!pattern.suites.empty() && suites_.source(pattern.suites.front()) != source) return false;
    return std::all_of(pattern.options.begin(), pattern.options.end(), [&](const auto& option) {
      const auto found = values.find(option.first);
      return found != values.end() && found->second == option.second.front();
    });
  }

  void drop_repeated() {
    std::set<std::string> seen;
    std::erase_if(cells_, [&](const Cell& cell) {
      return !seen.insert(Json{cell.model.id, cell.suite_source, cell.options}.dump()).second;
    });
  }

  void tell_what_varies() {
    for (const OptionRule& rule : option_rules()) {
      std::set<std::string> values;
      for (const Cell& cell : cells_) {
        const auto found = cell.options.find(rule.name);
        values.insert(found == cell.options.end() ? "" : found->second.dump());
      }
      if (values.size() < 2) continue;
      for (Cell& cell : cells_)
        if (const auto found = cell.options.find(rule.name); found != cell.options.end())
          cell.varying[rule.name] = found->second;
    }
  }

  // Each image once.
  void ask_engine() {
    std::map<std::string, std::vector<std::string>> known;
    for (Cell& cell : cells_) {
      const std::string& image = cell.model.deployment.environment.image;
      if (image.empty()) continue;
      auto& missing = cell.model.missing;
      if (const auto found = known.find(image); found != known.end()) {
        missing.insert(missing.end(), found->second.begin(), found->second.end());
        continue;
      }
      const auto before = static_cast<std::ptrdiff_t>(missing.size());
      workers::ask_engine(cell.model);
      known[image] = {missing.begin() + before, missing.end()};
    }
  }

  const Batch& batch_;
  const registry::Registry& registry_;
  Suites suites_;
  std::vector<size_t> hits_;  // per exclusion: the cells that it leaves out
  std::vector<Cell> cells_;
};

}  // namespace

std::vector<Cell> expand(const Batch& batch, const registry::Registry& registry) {
  return Expansion(batch, registry).run();
}

engine::Plan plan_of(const Cell& cell, bool allow_missing) {
  engine::RunOptions options;
  apply(cell.options, options);
  options.plan.allow_missing = allow_missing;
  return engine::make_plan(*cell.suite, {cell.model}, options.plan);
}

std::string run_id(const std::string& batch, const Cell& cell, const engine::Plan& plan) {
  Json content = {{"kind", "vidbench.batch-cell/1"}, {"suite", cell.suite->digest}, {"model", cell.model.id}};
  for (const auto& sample : plan.samples) content["samples"].push_back(sample.key);
  for (const auto& [name, value] : cell.options)
    if (!kHow.contains(name)) content["options"][name] = value;
  return fmt::format("{}-{}", batch, sha256_hex(content.dump()).substr(0, 12));
}

}  // namespace vidbench::batch
