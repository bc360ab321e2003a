#include "report/compare.h"

#include "cli/context.h"

namespace vidbench::cli {

void add_compare_command(CLI::App& app, Context& context) {
  struct Arguments {
    std::string a, b, format;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("compare", "two models or runs on their common prompts and seeds");
  command->add_option("a", arguments->a, "RUN or RUN:MODEL")->required();
  command->add_option("b", arguments->b, "RUN or RUN:MODEL")->required();
  add_format_option(*command, arguments->format, {"table", "json", "csv", "md"});
  add_store_option(*command, context);
  command->callback([arguments, &context] {
    auto store = context.open_store();
    const auto comparison = report::compare(*store, arguments->a, arguments->b);
    if (arguments->format == "json")
      print_json(report::to_json(comparison));
    else if (arguments->format == "csv")
      print(report::comparison_csv(comparison));
    else if (arguments->format == "md")
      print(report::comparison_markdown(comparison));
    else
      print(report::comparison_terminal(comparison, stdout_style()));
  });
}

}  // namespace vidbench::cli
