#include <fmt/format.h>

#include <filesystem>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/context.h"
#include "cli/output.h"
#include "suites/suite.h"
#include "suites/vbench_import.h"

namespace vidbench::cli {
namespace {

void list(const Output& output) {
  const auto all = suites::list_suites();
  const auto document = [&] {
    Json json = Json::array();
    for (const auto& suite : all)
      json.push_back({{"id", suite.id},
                      {"version", suite.version},
                      {"title", suite.title},
                      {"prompts", suite.prompts},
                      {"path", suite.path.string()}});
    return Json{{"schema", "vidbench.suites/1"}, {"suites", json}};
  };
  const auto table_of = [&](bool) {
    report::Table table;
    table.columns = {{"suite"}, {"version", true}, {"prompts", true}, {"title"}};
    for (const auto& suite : all)
      table.rows.push_back(
          {{suite.id}, {std::to_string(suite.version)}, {std::to_string(suite.prompts)}, {suite.title}});
    return table;
  };
  output.show({.title = "Suites", .document = document, .rows = "suites", .table = table_of});
}

report::Table prompts_table(const suites::Suite& suite) {
  report::Table table;
  table.columns = {{"prompt"}, {"category"}, {"text"}};
  for (const auto& prompt : suite.prompts)
    table.rows.push_back({{prompt.id}, {prompt.category}, {prompt.text}});
  return table;
}

std::string description(const suites::Suite& suite) {
  return fmt::format(
      "{} v{}: {}\n{}\ndigest {}\nseeds {} · batch size {} · single stream {} · warm-up {} · profile {}\n"
      "metrics {}\nmodels {}\n",
      suite.id, suite.version, suite.title, suite.description, suite.digest, fmt::join(suite.seeds, ", "),
      suite.batch_size, suite.single_stream, suite.warmup, suite.score_profile, join(suite.metrics, ", "),
      suite.models.empty() ? "(named with --model)" : join(suite.models, ", "));
}

void show(const std::string& name, const Output& output) {
  const auto suite = suites::find_suite(name);
  report::View view;
  view.title = fmt::format("{} v{}: {}", suite.id, suite.version, suite.title);
  view.document = [&] {
    Json json = suites::to_json(suite);
    json["schema"] = "vidbench.suite/1";
    return json;
  };
  view.rows = "prompts";
  view.table = [&](bool) { return prompts_table(suite); };
  view.own["table"] = [&] {
    return description(suite) + report::draw_terminal(prompts_table(suite), stdout_style()).text;
  };
  output.show(view);
}

struct ImportArguments {
  std::string list, output;
  std::vector<std::string> metrics;
  suites::VbenchImport options;
  bool force = false;
};

constexpr size_t kMaxListBytes = size_t{64} << 20;

void import(ImportArguments arguments) {
  arguments.options.metrics = split_lists(arguments.metrics);
  const auto imported =
      suites::import_vbench(parse_json(read_file(arguments.list, kMaxListBytes), arguments.list),
                            arguments.list, arguments.options);
  if (arguments.output.empty()) {
    print(imported.yaml);
  } else {
    if (!arguments.force && std::filesystem::exists(arguments.output))
      throw_input(arguments.output + " is there already", "name another file, or overwrite it with --force");
    write_file_atomic(arguments.output, imported.yaml);
  }
  log_info(fmt::format("{} prompts in {} dimensions from {} entries{}", imported.prompts, imported.dimensions,
                       imported.entries, arguments.output.empty() ? "" : ", written to " + arguments.output));
  if (arguments.options.metrics.empty())
    log_info("the suite names no metrics yet: --metrics ID,… (vidbench metrics list)");
}

void add_import(CLI::App& suites_command) {
  auto arguments = std::make_shared<ImportArguments>();
  CLI::App* command =
      suites_command.add_subcommand("import", "a suite from VBench's prompt list (VBench_full_info.json)");
  command->add_option("list", arguments->list, "the list as VBench publishes it")->required();
  command->add_option("--output,-o", arguments->output, "file to write (default: standard output)")
      ->type_name("FILE");
  command->add_option("--id", arguments->options.id, "the suite's id")->capture_default_str();
  command->add_option("--title", arguments->options.title, "its title")->capture_default_str();
  command->add_option("--licence", arguments->options.licence,
                      "SPDX identifier of the prompts' licence; makes the suite public");
  command->add_option("--seeds", arguments->options.seeds, "one video of each prompt with each of them")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--metrics", arguments->metrics, "metric ids, separated by commas");
  command->add_flag("--force", arguments->force, "overwrite the file");
  command->callback([arguments] { import(*arguments); });
}

}  // namespace

void add_suites_command(CLI::App& app, Context&) {
  struct Arguments {
    std::string suite;
    Output output;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* suites = app.add_subcommand("suites", "list, show and import suites");
  suites->require_subcommand(1);
  CLI::App* list_command = suites->add_subcommand("list", "the shipped suites");
  add_output_options(*list_command, arguments->output);
  list_command->callback([arguments] { list(arguments->output); });
  CLI::App* show_command = suites->add_subcommand("show", "one suite with its prompts");
  show_command->add_option("suite", arguments->suite, "a suite's name or file")->required();
  add_output_options(*show_command, arguments->output);
  show_command->callback([arguments] { show(arguments->suite, arguments->output); });
  add_import(*suites);
}

}  // namespace vidbench::cli
