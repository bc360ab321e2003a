#include "config/keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/strings.h"

namespace vidbench::config {
namespace {

constexpr double kMost = 1e9;  // of numbers without a limit of their own

std::vector<Key> places() {
  return {{"store",
           Type::kStore,
           "vidbench.db in the data folder",
           "VIDBENCH_STORE",
           "--store",
           {},
           "where results live: sqlite:PATH"},
          {"runs",
           Type::kPath,
           "runs in the data folder",
           "VIDBENCH_RUNS",
           "--out",
           {"run"},
           "folder of the run directories"},
          {.name = "cache",
           .type = Type::kPath,
           .fallback = "vidbench in the cache folder",
           .variable = "VIDBENCH_CACHE",
           .option = "--cache-dir",
           .commands = {"run", "resume"},
           .help = "folder of generated videos and of what can be made again",
           .published = true},
          {.name = "catalogues",
           .type = Type::kCatalogues,
           .fallback = "none",
           .variable = "VIDBENCH_CATALOGUE",
           .help = "folders and Git checkouts with models of your own, beside the shipped catalogue",
           .separator = ':',
           .published = true},
          {.name = "providers",
           .type = Type::kPaths,
           .fallback = "none",
           .variable = "VIDBENCH_PROVIDERS",
           .help = "folders with provider files of your own; they go before the shipped ones",
           .separator = ':',
           .published = true},
          {.name = "repositories",
           .type = Type::kPath,
           .fallback = "repositories in the data folder",
           .variable = "VIDBENCH_REPOSITORIES",
           .help = "folder of the checkouts whose scripts are run (runner: command)",
           .published = true},
          {.name = "python",
           .type = Type::kProgram,
           .fallback = ".venv/bin/python of the installation, else python3",
           .variable = "VIDBENCH_PYTHON",
           .help = "Python interpreter of the diffusers worker",
           .published = true},
          {.name = "containers",
           .type = Type::kProgram,
           .fallback = "podman, else docker",
           .variable = "VIDBENCH_CONTAINERS",
           .help = "engine of models that run in an image; Docker's options when its name has docker in it",
           .published = true}};
}

std::vector<Key> weights() {
  return {{.name = "models.store",
           .type = Type::kPath,
           .fallback = "models in the data folder",
           .variable = "VIDBENCH_MODELS_STORE",
           .help = "folder of models' weights",
           .published = true},
          {.name = "models.quota",
           .type = Type::kSize,
           .fallback = "none",
           .variable = "VIDBENCH_STORE_QUOTA",
           .help = "bytes that models' weights may take: 500 GB",
           .published = true},
          {.name = "models.mirrors",
           .type = Type::kTexts,
           .fallback = "none",
           .variable = "VIDBENCH_MIRRORS",
           .option = "--mirror",
           .commands = {"models pull", "store verify"},
           .help = "base addresses that are asked for models' weights before the hub",
           .separator = ' '},
          {.name = "weights.mirrors",
           .type = Type::kTexts,
           .fallback = "none",
           .variable = "VIDBENCH_WEIGHTS_MIRROR",
           .option = "--mirror",
           .commands = {"weights fetch"},
           .help = "base addresses that are asked for metrics' weights first",
           .separator = ' '},
          {"offline",
           Type::kFlag,
           "false",
           "VIDBENCH_OFFLINE",
           "--offline",
           {"weights fetch", "models pull", "store verify"},
           "never ask the network for weights"}};
}

std::vector<Key> output() {
  return {
      {"format",
       Type::kChoice,
       "table",
       "VIDBENCH_FORMAT",
       "--format",
       {},
       "how results are printed, by the commands that know the format",
       {"table", "json", "jsonl", "csv", "md", "html", "latex"}},
      {.name = "colour",
       .type = Type::kChoice,
       .fallback = "auto",
       .variable = "VIDBENCH_COLOUR",
       .help =
           "colours on standard output; auto asks NO_COLOR, CLICOLOR_FORCE, CLICOLOR, TERM and the terminal",
       .choices = {"auto", "always", "never"},
       .published = true},
      {"score_profile",
       Type::kChoice,
       "the suite's",
       "VIDBENCH_SCORE_PROFILE",
       "--profile",
       {"run", "resume", "leaderboard", "export"},
       "weights of the unified score",
       {"quality", "balanced", "realtime"}}};
}

std::vector<Key> run_options() {
  const std::vector<std::string> both = {"run", "resume"};
  return {{"device",
           Type::kText,
           "auto",
           "VIDBENCH_DEVICE",
           "--device",
           {"run", "models validate"},
           "device that models run on: cpu, cuda, cuda:1"},
          {"evaluator",
           Type::kText,
           "vidbench-eval",
           "VIDBENCH_EVALUATOR",
           "--evaluator",
           {},
           "command of the metric worker"},
          {"run.models",
           Type::kTexts,
           "the suite's",
           "VIDBENCH_RUN_MODELS",
           "--model",
           {"run"},
           "models that are run when none is named"},
          {"run.seeds",
           Type::kWholes,
           "the suite's",
           "VIDBENCH_RUN_SEEDS",
           "--seed",
           {"run"},
           "seeds",
           {},
           0,
           9007199254740991.0},
          {"run.limit",
           Type::kWhole,
           "0",
           "VIDBENCH_RUN_LIMIT",
           "--limit",
           {"run"},
           "only so many prompts; 0 = all",
           {},
           0,
           kMost},
          {"run.batch_size",
           Type::kWhole,
           "the suite's",
           "VIDBENCH_RUN_BATCH_SIZE",
           "--batch-size",
           {"run"},
           "videos generated by one call",
           {},
           1,
           4096},
          {"run.online",
           Type::kFlag,
           "false",
           "VIDBENCH_RUN_ONLINE",
           "--online",
           {"run", "models validate"},
           "let workers download weights"},
          {"run.keep_prompts",
           Type::kFlag,
           "false",
           "VIDBENCH_RUN_KEEP_PROMPTS",
           "--keep-prompts",
           {"run"},
           "write the prompts of a private suite into the manifest"},
          {"run.workers",
           Type::kWhole,
           "1",
           "VIDBENCH_RUN_WORKERS",
           "--workers",
           both,
           "models that generate at the same time",
           {},
           1,
           64},
          {"run.threads",
           Type::kWhole,
           "0",
           "VIDBENCH_RUN_THREADS",
           "--threads",
           both,
           "CPU threads of each worker; 0 = the cores, shared",
           {},
           0,
           4096},
          {"run.overlap",
           Type::kChoice,
           "auto",
           "VIDBENCH_RUN_OVERLAP",
           "--overlap",
           both,
           "evaluate while generating; auto: not when both need the same CPU",
           {"auto", "on", "off"}},
          {"run.max_attempts",
           Type::kWhole,
           "3",
           "VIDBENCH_RUN_MAX_ATTEMPTS",
           "--max-attempts",
           both,
           "generations of one sample before it has failed",
           {},
           1,
           100},
          {"run.failure_budget",
           Type::kNumber,
           "0.5",
           "VIDBENCH_RUN_FAILURE_BUDGET",
           "--failure-budget",
           both,
           "share of a model's samples that may fail before it is given up",
           {},
           0,
           1},
          {"run.fail_fast", Type::kFlag, "false", "VIDBENCH_RUN_FAIL_FAST", "--fail-fast", both,
           "stop at the first failed sample"},
          {"run.previews",
           Type::kWhole,
           "6",
           "VIDBENCH_RUN_PREVIEWS",
           "--previews",
           both,
           "prompts whose videos the report shows",
           {},
           0,
           kMost}};
}

std::vector<Key> score_options() {
  return {{"score.device",
           Type::kText,
           "cpu",
           "VIDBENCH_SCORE_DEVICE",
           "--device",
           {"score"},
           "device of the official networks: cpu, cuda, cuda:1"},
          {"score.precision",
           Type::kChoice,
           "float32",
           "VIDBENCH_SCORE_PRECISION",
           "--precision",
           {"score"},
           "precision of the official networks",
           {"float32", "bfloat16", "float16"}},
          {"score.batch",
           Type::kWhole,
           "1",
           "VIDBENCH_SCORE_BATCH",
           "--batch",
           {"score"},
           "videos that the networks of clips look at together",
           {},
           1,
           256},
          {"score.threads",
           Type::kWhole,
           "0",
           "VIDBENCH_SCORE_THREADS",
           "--threads",
           {"score"},
           "CPU threads of the metric worker; 0 = its choice",
           {},
           0,
           4096}};
}

std::vector<Key> all_keys() {
  std::vector<Key> all;
  for (auto&& part : {places(), weights(), output(), run_options(), score_options()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace

const std::vector<Key>& keys() {
  static const std::vector<Key> kKeys = all_keys();
  return kKeys;
}

const Key* find_key(std::string_view name) {
  const auto found =
      std::find_if(keys().begin(), keys().end(), [name](const Key& key) { return key.name == name; });
  return found == keys().end() ? nullptr : &*found;
}

const Key& require_key(const std::string& name) {
  if (const Key* key = find_key(name)) return *key;
  std::vector<std::string> names;
  for (const Key& key : keys()) names.push_back(key.name);
  const std::string near = nearest(name, names);
  throw_input(
      fmt::format("no key is named '{}'", one_line(name)),
      near.empty() ? "`vidbench config keys` shows what there is" : fmt::format("did you mean '{}'?", near));
}

std::string describe_type(const Key& key) {
  switch (key.type) {
    case Type::kText:
      return "text";
    case Type::kFlag:
      return "true or false";
    case Type::kWhole:
      return key.high < kMost ? fmt::format("whole number from {} to {}", key.low, key.high)
                              : fmt::format("whole number, at least {}", key.low);
    case Type::kNumber:
      return fmt::format("number from {} to {}", key.low, key.high);
    case Type::kChoice:
      return join(key.choices, ", ");
    case Type::kPath:
      return "path";
    case Type::kProgram:
      return "program";
    case Type::kStore:
      return "address of a store";
    case Type::kSize:
      return "size in bytes";
    case Type::kTexts:
      return "list of texts";
    case Type::kWholes:
      return "list of whole numbers";
    case Type::kPaths:
      return "list of folders";
    case Type::kCatalogues:
      return "list of folders and of {git, ref, folder}";
  }
  return "";
}

}  // namespace vidbench::config
