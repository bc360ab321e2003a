#include <fmt/format.h>

#include <filesystem>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/log.h"
#include "base/strings.h"
#include "blobs/hub.h"
#include "blobs/hub_cache.h"
#include "blobs/pull.h"
#include "cli/context.h"
#include "cli/guide.h"
#include "cli/models_commands.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "registry/catalogue_file.h"
#include "registry/catalogue_writer.h"
#include "registry/command_places.h"
#include "registry/draft.h"

namespace vidbench::cli {
namespace fs = std::filesystem;
namespace {

struct AddArguments {
  std::string source, command, id, title, licence, script, weights, to;
  std::vector<std::string> tasks;
  registry::GenerationDefaults defaults;
  bool online = false, dry_run = false, plain = false;
};

bool has_file(const Json& description, const char* name) {
  const Json files = description.value("siblings", Json::array());
  return std::any_of(files.begin(), files.end(), [&](const Json& file) {
    return file.is_object() && file.value("rfilename", Json()) == name;
  });
}

registry::Draft draft_of_download(const fs::path& snapshot, const std::string& repository) {
  registry::Draft draft = registry::draft_of_folder(snapshot);
  registry::Model& model = draft.model;
  model.card.title = repository.substr(repository.find('/') + 1);
  model.id = registry::id_from(model.card.title);
  model.card.organisation = repository.substr(0, repository.find('/'));
  model.card.source = "hf:" + repository;
  model.card.references = {"https://huggingface.co/" + repository};
  model.deployment.settings.erase("path");
  model.deployment.settings.update({{"repo", repository}, {"revision", snapshot.filename().string()}});
  return draft;
}

registry::Draft draft_of_hub(const std::string& repository, bool online) {
  if (!blobs::is_repository(repository))
    throw_input(fmt::format("'{}' is no name of a hub repository", one_line(repository)), "hf:owner/name");
  if (!online) {
    if (const auto snapshot = blobs::hub_snapshot(blobs::hub_cache(), repository))
      return draft_of_download(*snapshot, repository);
    throw_environment(fmt::format("{} is not in the Hugging Face cache", repository),
                      "--online asks the hub about it");
  }
  const StopOnSignal signals;
  const double stall_s = blobs::PullOptions().transfer.stall_s;
  const blobs::Hub hub;
  const blobs::Reference reference{blobs::hub_host(), repository};
  const Json description = hub.describe(reference, stall_s, signals.token());
  const std::string commit = text_or_empty(description, "sha");
  Json pipeline;
  if (has_file(description, "model_index.json") && blobs::is_hex(commit, 40)) {
    const std::string index = hub.read(reference, commit, "model_index.json", stall_s, signals.token());
    pipeline = parse_json(index, hub.address(repository, commit, "model_index.json"));
  }
  return registry::draft_of_hub(description, pipeline);
}

registry::Draft draft_of_repository(const std::string& name, const AddArguments& arguments) {
  if (split(name, '/').size() != 2) throw_input(fmt::format("'{}' is no owner/name on GitHub", name));
  registry::Deployment deployment;
  deployment.settings["repository"] = "github:" + name;
  const fs::path checkout = registry::checkout_of(deployment);
  if (!fs::is_directory(checkout))
    throw_environment(fmt::format("the checkout {} is not there", checkout.string()),
                      fmt::format("git clone https://github.com/{} {}", name, checkout.string()));
  return registry::draft_of_checkout(checkout, name, arguments.script, arguments.weights);
}

// The rest of `text` behind one of the beginnings.
std::optional<std::string> behind(const std::string& text, const std::vector<std::string>& beginnings) {
  for (const std::string& beginning : beginnings)
    if (text.starts_with(beginning)) return text.substr(beginning.size());
  return std::nullopt;
}

registry::Draft draft_of(const AddArguments& arguments) {
  const std::string& source = arguments.source;
  if (!arguments.command.empty()) return registry::draft_of_worker(split(arguments.command, ' '));
  if (const auto name = behind(source, {"hf:", "https://huggingface.co/"}))
    return draft_of_hub(*name, arguments.online);
  if (const auto name = behind(source, {"github:", "https://github.com/"}))
    return draft_of_repository(*name, arguments);
  if (const auto hosted = behind(source, {"hosted:"})) {
    const size_t slash = hosted->find('/');
    if (slash == std::string::npos)
      throw_input("hosted:PROVIDER/MODEL names a hosted model",
                  "hosted:fal/fal-ai/wan-25-preview/text-to-video");
    return registry::draft_of_hosted(hosted->substr(0, slash), hosted->substr(slash + 1));
  }
  if (fs::is_directory(source))
    return fs::exists(fs::path(source) / "model_index.json")
               ? registry::draft_of_folder(source)
               : registry::draft_of_checkout(source, "", arguments.script, arguments.weights);
  if (split(source, '/').size() == 2 && source.front() != '.' && source.front() != '/')
    return draft_of_hub(source, arguments.online);
  throw_input(fmt::format("'{}' is neither a folder nor a name that is known here", source),
              "hf:owner/name, github:owner/name, hosted:PROVIDER/MODEL or a folder");
}

void take_arguments(registry::Model& model, const AddArguments& arguments) {
  if (!arguments.id.empty()) model.id = arguments.id;
  if (!arguments.title.empty()) model.card.title = arguments.title;
  if (!arguments.licence.empty()) model.card.licence = arguments.licence;
  if (!arguments.tasks.empty()) model.card.tasks = arguments.tasks;
  const auto take = [](const auto& given, auto& own) {
    if (given) own = given;
  };
  registry::GenerationDefaults& own = model.deployment.defaults;
  take(arguments.defaults.frames, own.frames);
  take(arguments.defaults.width, own.width);
  take(arguments.defaults.height, own.height);
  take(arguments.defaults.fps, own.fps);
  take(arguments.defaults.steps, own.steps);
  take(arguments.defaults.guidance, own.guidance);
}

// The answers to questions on a terminal; what is left ends the command and writes nothing.
class Interview {
 public:
  explicit Interview(bool plain) : guide_(make_guide(plain)) {}

  void ask_source(AddArguments& arguments) {
    const size_t kind = decide({"What do you add?"},
                               {"a repository of the Hugging Face Hub", "a folder with a diffusers pipeline",
                                "a repository's checkout, with a script that generates",
                                "a program that speaks the worker protocol", "a model of a hosted service"});
    if (kind == 0) {
      arguments.source = "hf:" + ask("repository", "its name (owner/name)");
      arguments.online = arguments.online || decide({"May the hub be asked about it?"}, {"yes", "no"}) == 0;
    } else if (kind == 1 || kind == 2) {
      arguments.source = ask("folder", "the folder");
    } else if (kind == 3) {
      arguments.command = ask("command", "program and arguments");
    } else {
      arguments.source = "hosted:" + ask("model", "provider and model (fal/fal-ai/new-model)");
    }
  }

  void ask_facts(registry::Model& model) {
    const auto anything = [](const std::string&) { return std::string(); };
    const auto fields = given(guide_->fill(
        "What is known of it", {{"id", "id", model.id, something},
                                {"title", "title", model.card.title, anything},
                                {"licence", "licence of the weights", model.card.licence, anything},
                                {"tasks", "tasks", join(model.card.tasks, ","), anything}}));
    model.id = fields[0].text;
    model.card.title = fields[1].text;
    model.card.licence = fields[2].text;
    model.card.tasks = split_lists({fields[3].text});
  }

  [[nodiscard]] bool confirm(const std::string& text, const fs::path& file) {
    return decide(split(text, '\n'), {"write it to " + file.string(), "write nothing"}) == 0;
  }

 private:
  static std::string something(const std::string& text) { return text.empty() ? "an answer is needed" : ""; }

  template <typename Answer>
  static Answer given(std::optional<Answer> answer) {
    if (!answer) throw Error(ErrorCode::kInterrupted, "left", "nothing was written");
    return *std::move(answer);
  }

  size_t decide(const std::vector<std::string>& lines, const std::vector<std::string>& answers) {
    return given(guide_->decide(lines, answers));
  }
  std::string ask(const char* name, const std::string& label) {
    return given(guide_->fill("Where it is", {{name, label, "", something}})).front().text;
  }

  std::unique_ptr<Guide> guide_;
};

fs::path target(const AddArguments& arguments, const std::string& id) {
  return arguments.to.empty() ? registry::own_catalogue() / (id + ".yaml") : fs::path(arguments.to);
}

void refuse_known(const std::string& id) {
  const auto registry = registry::Registry::load_default();
  for (const auto& model : registry.models())
    if (model.id == id)
      throw_input(fmt::format("model '{}' is already defined in {}", id, model.origin),
                  "--id gives it another");
}

void report_next(const fs::path& file, const std::string& id, const std::vector<std::string>& remarks) {
  log_info("written to " + file.string());
  for (const std::string& remark : remarks) log_warning(remark);
  const auto registry = registry::Registry::load_default();
  const auto& models = registry.models();
  const auto found =
      std::find_if(models.begin(), models.end(), [&](const auto& model) { return model.id == id; });
  if (found == models.end())
    return log_warning(
        fmt::format("{} lies in no catalogue folder: add its folder to VIDBENCH_CATALOGUE", file.string()));
  for (const std::string& missing : found->missing) log_warning("missing here: " + missing);
  log_info(fmt::format("next: vidbench models show {0}, vidbench models validate {0}", id));
}

void add(AddArguments arguments) {
  std::optional<Interview> interview;
  if (arguments.source.empty() && arguments.command.empty()) {
    if (!can_ask())
      throw_input("models add needs a source",
                  "hf:owner/name, github:owner/name, hosted:PROVIDER/MODEL or a folder");
    interview.emplace(arguments.plain);
    interview->ask_source(arguments);
  }
  registry::Draft draft = draft_of(arguments);
  take_arguments(draft.model, arguments);
  if (interview) interview->ask_facts(draft.model);
  if (draft.model.id.empty()) throw_input("the model needs an id", "--id my-model");
  const std::string text = registry::catalogue_text(draft.model, draft.remarks);
  const fs::path file = target(arguments, draft.model.id);
  (void)registry::parse_catalogue(text, file.string(), resource_root());
  if (arguments.dry_run) return print(text);
  refuse_known(draft.model.id);
  if (fs::exists(file)) throw_input(file.string() + " is there already", "--to names another file");
  if (interview && !interview->confirm(text, file)) return log_info("nothing was written");
  write_file_atomic(file, text);
  report_next(file, draft.model.id, draft.remarks);
}

}  // namespace

void add_models_add_command(CLI::App& models) {
  auto arguments = std::make_shared<AddArguments>();
  CLI::App* command = models.add_subcommand("add", "write a catalogue entry; without arguments by questions");
  command->add_option(
      "source", arguments->source,
      "hf:owner/name, github:owner/name, hosted:PROVIDER/MODEL, or a folder: of a diffusers pipeline, "
      "or a checkout");
  command->add_option("--command", arguments->command,
                      "a program that speaks the worker protocol, split at spaces");
  command->add_option("--id", arguments->id, "model id (default: from its name)");
  command->add_option("--title", arguments->title, "name that people read");
  command->add_option("--licence", arguments->licence, "SPDX identifier of the weights' licence");
  command->add_option("--task", arguments->tasks, "text-to-video, …")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_option("--frames", arguments->defaults.frames,
                      "frames that it makes unless a suite says otherwise");
  command->add_option("--width", arguments->defaults.width, "their width in pixels");
  command->add_option("--height", arguments->defaults.height, "their height in pixels");
  command->add_option("--fps", arguments->defaults.fps, "frames a second that it was trained at");
  command->add_option("--steps", arguments->defaults.steps, "denoising steps");
  command->add_option("--guidance", arguments->defaults.guidance, "guidance scale");
  command->add_option("--script", arguments->script, "of a checkout: the script that generates");
  command->add_option("--weights", arguments->weights,
                      "of a checkout: where they lie (hf:owner/name, checkout:PATH, PATH)");
  command
      ->add_option("--to", arguments->to,
                   "file to write (default: ID.yaml in `catalogue` of the data folder)")
      ->type_name("FILE");
  command->add_flag("--online", arguments->online, "ask the hub");
  command->add_flag("--plain", arguments->plain, "plain numbered questions");
  command->add_flag("--dry-run", arguments->dry_run, "print the entry, write nothing");
  command->callback([arguments] { add(*arguments); });
}

}  // namespace vidbench::cli
