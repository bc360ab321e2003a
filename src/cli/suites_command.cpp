#include <fmt/format.h>

#include <map>

#include "base/strings.h"
#include "cli/context.h"
#include "suites/suite.h"

namespace vidbench::cli {
namespace {

void list(const std::string& format) {
  const auto all = suites::list_suites();
  if (format == "json") {
    Json json = Json::array();
    for (const auto& suite : all)
      json.push_back({{"id", suite.id},
                      {"version", suite.version},
                      {"title", suite.title},
                      {"prompts", suite.prompts},
                      {"path", suite.path.string()}});
    print_json(Json{{"schema", "vidbench.suites/1"}, {"suites", json}});
    return;
  }
  report::Table table;
  table.columns = {{"suite"}, {"version", true}, {"prompts", true}, {"title"}};
  for (const auto& suite : all)
    table.rows.push_back(
        {{suite.id}, {std::to_string(suite.version)}, {std::to_string(suite.prompts)}, {suite.title}});
  print_table(table, format);
}

void show(const std::string& name, const std::string& format) {
  const auto suite = suites::find_suite(name);
  if (format == "json") {
    Json json = suites::to_json(suite);
    json["schema"] = "vidbench.suite/1";
    print_json(json);
    return;
  }
  print(fmt::format(
      "{} v{}: {}\n{}\ndigest {}\nseeds {} · batch size {} · single stream {} · warm-up {} · profile {}\n"
      "metrics {}\nmodels {}\n",
      suite.id, suite.version, suite.title, suite.description, suite.digest, fmt::join(suite.seeds, ", "),
      suite.batch_size, suite.single_stream, suite.warmup, suite.score_profile, join(suite.metrics, ", "),
      suite.models.empty() ? "(named with --model)" : join(suite.models, ", ")));
  report::Table table;
  table.columns = {{"prompt"}, {"category"}, {"text"}};
  for (const auto& prompt : suite.prompts)
    table.rows.push_back({{prompt.id}, {prompt.category}, {prompt.text}});
  print_table(table, format);
}

}  // namespace

void add_suites_command(CLI::App& app, Context&) {
  struct Arguments {
    std::string suite, format;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* suites = app.add_subcommand("suites", "list and show suites");
  suites->require_subcommand(1);
  CLI::App* list_command = suites->add_subcommand("list", "the shipped suites");
  add_format_option(*list_command, arguments->format, {"table", "json", "csv", "md"});
  list_command->callback([arguments] { list(arguments->format); });
  CLI::App* show_command = suites->add_subcommand("show", "one suite with its prompts");
  show_command->add_option("suite", arguments->suite, "a suite's name or file")->required();
  add_format_option(*show_command, arguments->format, {"table", "json", "csv", "md"});
  show_command->callback([arguments] { show(arguments->suite, arguments->format); });
}

}  // namespace vidbench::cli
