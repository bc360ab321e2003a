#include "cli/interactive.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/strings.h"
#include "batch/write.h"
#include "engine/estimate.h"
#include "engine/variants.h"

namespace vidbench::cli {
namespace fs = std::filesystem;
namespace {

const batch::OptionRule& rule_of(const std::string& name) {
  const auto& rules = batch::option_rules();
  return *std::find_if(rules.begin(), rules.end(), [&](const auto& rule) { return rule.name == name; });
}

// What a field's text says for an option, each value a run's; seeds belong together.
std::vector<Json> alternatives(const batch::OptionRule& rule, const std::string& text) {
  std::vector<Json> values = values_of(text);
  if (rule.kind != batch::OptionRule::Kind::kSeeds) return values;
  return {Json(values)};
}

std::string field_complaint(const batch::OptionRule& rule, bool several, const std::string& text) {
  if (trim(text).empty()) return "";
  const auto values = alternatives(rule, text);
  if (values.size() > 1 && !several) return rule.name + " must be one number";
  for (size_t i = 0; i < values.size(); ++i) {
    if (const std::string wanted = batch::complaint(rule, values[i]); !wanted.empty())
      return fmt::format("{} must be {}", rule.name, wanted);
    if (std::find(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(i), values[i]) !=
        values.begin() + static_cast<std::ptrdiff_t>(i))
      return rule.name + " has a value twice";
  }
  return "";
}

Field option_field(const std::string& name, const std::string& label, const std::string& text, bool several) {
  const batch::OptionRule& rule = rule_of(name);
  return {name, label, text,
          [&rule, several](const std::string& answer) { return field_complaint(rule, several, answer); }};
}

// What all the models do of their own accord, "" where they differ.
std::string usual(const std::string& name, const suites::Suite& suite,
                  const std::vector<registry::Model>& models) {
  Json value;
  for (const auto& model : models) {
    const Json settings = engine::effective_settings(suite, model);
    if (!settings.contains(name) || (!value.is_null() && value != settings.at(name))) return "";
    value = settings.at(name);
  }
  return fmt::format("{}", value.get<double>());
}

std::vector<Field> setting_fields(const suites::Suite& suite, const std::vector<registry::Model>& models) {
  std::vector<Field> fields;
  for (const auto& rule : suites::setting_rules()) {
    const std::string name(rule.name);
    const std::string text = usual(name, suite, models);
    const std::string label = std::string(rule.help) + (text.empty() ? " (each model's own)" : "");
    fields.push_back(option_field(name, label, text, true));
  }
  std::vector<std::string> seeds;
  for (const uint64_t seed : suite.seeds) seeds.push_back(std::to_string(seed));
  fields.push_back(option_field("seed", "seeds", join(seeds, ","), true));
  fields.push_back(
      option_field("limit", fmt::format("prompts (all {} when empty)", suite.prompts.size()), "", false));
  return fields;
}

batch::Axes changed(const std::vector<Field>& before, const std::vector<Field>& after) {
  batch::Axes options;
  for (size_t i = 0; i < after.size(); ++i) {
    const std::string text = trim(after[i].text);
    if (!text.empty() && text != before[i].text)
      options[after[i].name] = alternatives(rule_of(after[i].name), text);
  }
  return options;
}

engine::Plan plan_of(const GuidedRun& run, const suites::Suite& suite,
                     const std::vector<registry::Model>& models, const engine::RunOptions& options) {
  engine::PlanOptions plan = options.plan;
  plan.allow_missing = true;
  engine::SettingsGrid grid;
  for (const auto& [name, values] : run.options) {
    if (name == "seed") plan.seeds = values.front().get<std::vector<uint64_t>>();
    if (name == "limit") plan.limit = values.front().get<size_t>();
    if (suites::find_setting(name) == nullptr) continue;
    auto& list = grid.emplace_back(name, std::vector<double>()).second;
    for (const Json& value : values) list.push_back(value.get<double>());
  }
  return engine::make_plan(suite, engine::variants(models, suite, grid), plan);
}

using Estimates = std::vector<engine::ModelEstimate>;

// "12 s", "at least 12 s, unknown for 1 of 2" or "unknown". `get` gives what is known of one model.
template <typename Get, typename Show>
std::string sum_text(const Estimates& estimates, Get get, Show show) {
  decltype(get(estimates.front())) sum;
  size_t unknown = 0;
  for (const auto& one : estimates) {
    const auto value = get(one);
    if (value)
      sum = sum.value_or(0) + *value;
    else
      ++unknown;
  }
  if (!sum) return "unknown";
  if (unknown == 0) return "about " + show(*sum);
  return fmt::format("at least {}, unknown for {} of {}", show(*sum), unknown, estimates.size());
}

std::string memory_text(const Estimates& estimates, const std::vector<registry::Model>& models) {
  uint64_t most = 0;
  for (const auto& one : estimates) most = std::max(most, one.peak_memory_bytes.value_or(0));
  std::string text = most > 0 ? human_bytes(most) + " at most in earlier runs" : "not measured yet";
  double stated = 0;
  for (const auto& model : models) stated = std::max(stated, model.card.min_vram_gb.value_or(0));
  if (stated > 0) text += fmt::format("; makers state {} GB of VRAM", stated);
  return text;
}

std::string cost_text(const Estimates& estimates) {
  double amount = 0;
  std::string currency;
  bool paid = false, known = true;
  for (const auto& one : estimates) {
    if (!one.paid) continue;
    paid = true;
    if (!one.cost || (!currency.empty() && one.cost->currency != currency)) {
      known = false;
      continue;
    }
    currency = one.cost->currency;
    amount += one.cost->amount;
  }
  if (!paid) return "none";
  return known ? fmt::format("about {:.2f} {}", amount, currency) : "unknown";
}

std::vector<std::string> plan_lines(const engine::Plan& plan, const Estimates& estimates) {
  size_t samples = 0, cached = 0;
  std::vector<std::string> ids;
  for (const auto& one : estimates) {
    samples += one.samples;
    cached += one.cached;
    ids.push_back(one.model);
  }
  std::vector<std::string> lines = {
      "The plan",
      fmt::format("suite    {} ({})", plan.suite.id, plan.suite.title),
      fmt::format("models   {}: {}", ids.size(), join(ids, " ")),
      fmt::format("samples  {}, {} of them in the cache", samples, cached),
      "time     " + sum_text(
                        estimates, [](const auto& one) { return one.seconds(); }, human_duration),
      "disk     " + sum_text(
                        estimates, [](const auto& one) { return one.disk_bytes(); }, human_bytes),
      "memory   " + memory_text(estimates, plan.models),
      "cost     " + cost_text(estimates),
  };
  for (const auto& model : plan.models)
    if (!model.runnable())
      lines.push_back(fmt::format("{} cannot run here: {}", model.id, join(model.missing, "; ")));
  return lines;
}

std::string path_complaint(const std::string& text) {
  if (trim(text).empty()) return "";
  const fs::path path(trim(text));
  std::error_code ec;
  if (fs::exists(fs::symlink_status(path, ec)))
    return path.string() + " is there already: choose another name";
  if (path.has_parent_path() && !fs::is_directory(path.parent_path(), ec))
    return path.parent_path().string() + " is not a folder";
  return "";
}

std::string free_path(const std::string& suite) {
  for (int number = 1;; ++number) {
    std::string path =
        number == 1 ? fmt::format("batch-{}.yaml", suite) : fmt::format("batch-{}-{}.yaml", suite, number);
    if (path_complaint(path).empty()) return path;
  }
}

// Letters of the file's name that a batch may be called by.
std::string batch_name(const fs::path& path) {
  std::string name;
  for (const char c : path.stem().string()) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || (!name.empty() && (c == '-' || c == '_' || c == '.'))) name += c;
  }
  name.resize(std::min<size_t>(name.size(), 64));
  return name.empty() ? "batch" : name;
}

// Refuses a file that has come into being meanwhile.
void write_new(const fs::path& path, const std::string& content) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  const bool written =
      fd >= 0 && ::write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size());
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (!written) throw_environment(fmt::format("cannot write {}: {}", path.string(), std::strerror(error)));
}

class Conversation {
 public:
  Conversation(Guide& guide, store::Store& store, const engine::RunOptions& options)
      : guide_(guide), store_(store), options_(options), registry_(registry::Registry::load_default()) {}

  std::optional<GuidedRun> run() {
    if (!ask_models() || !ask_suite() || !ask_settings() || !ask_start() || !ask_file()) return std::nullopt;
    return run_;
  }

 private:
  bool ask_models() {
    const auto ids = guide_.choose(ModelChoices(registry_.models()));
    if (!ids) return false;
    run_.models = *ids;
    for (const std::string& id : *ids) models_.push_back(registry_.find(id));
    return true;
  }

  bool ask_suite() {
    const auto ids = guide_.choose(SuiteChoices(suites::list_suites()));
    if (!ids) return false;
    run_.suite = ids->front();
    suite_ = suites::find_suite(run_.suite);
    return true;
  }

  bool ask_settings() {
    const auto fields = setting_fields(suite_, models_);
    const auto answers = guide_.fill("Settings: several values, separated by commas, are a grid", fields);
    if (!answers) return false;
    run_.options = changed(fields, *answers);
    return true;
  }

  bool ask_start() {
    const engine::Plan plan = plan_of(run_, suite_, models_, options_);
    const Estimates estimates = engine::estimate(store_, plan, options_);
    const bool possible =
        std::all_of(models_.begin(), models_.end(), [](const auto& m) { return m.runnable(); });
    std::vector<std::string> answers = {"Save it as a batch file only", "Leave"};
    if (possible) answers.insert(answers.begin(), "Start now");
    const auto answer = guide_.decide(plan_lines(plan, estimates), answers);
    if (!answer || *answer + 1 == answers.size()) return false;
    run_.start = possible && *answer == 0;
    return true;
  }

  bool ask_file() {
    const std::vector<Field> field = {{"file", "file", free_path(suite_.id), path_complaint}};
    const auto answer = guide_.fill("Save this as a batch file? (empty: no)", field);
    if (!answer) return false;
    run_.saved = trim(answer->front().text);
    if (!run_.saved.empty())
      write_new(run_.saved, batch::to_yaml({batch_name(run_.saved), run_.models, run_.suite, run_.options}));
    return true;
  }

  Guide& guide_;
  store::Store& store_;
  const engine::RunOptions& options_;
  registry::Registry registry_;
  std::vector<registry::Model> models_;
  suites::Suite suite_;
  GuidedRun run_;
};

}  // namespace

std::vector<Json> values_of(const std::string& text) {
  std::vector<Json> values;
  for (const std::string& part : split(text, ',')) {
    const std::string word = trim(part);
    double number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || end != word.data() + word.size())
      values.emplace_back(word);
    else if (std::floor(number) == number && std::abs(number) < 1e15)
      values.emplace_back(static_cast<int64_t>(number));
    else
      values.emplace_back(number);
  }
  return values;
}

std::optional<GuidedRun> ask_for_run(Guide& guide, store::Store& store, const engine::RunOptions& options) {
  return Conversation(guide, store, options).run();
}

std::vector<std::string> equivalent_command(const GuidedRun& run) {
  std::vector<std::string> words = {"vidbench", "run", run.suite, "--model", join(run.models, ",")};
  for (const auto& [name, values] : run.options) {
    std::vector<std::string> texts;
    for (const Json& value : values.front().is_array() ? values.front().get<std::vector<Json>>() : values)
      texts.push_back(value.is_number_integer() ? value.dump() : fmt::format("{}", value.get<double>()));
    words.insert(words.end(), {"--" + name, join(texts, ",")});
  }
  return words;
}

}  // namespace vidbench::cli
