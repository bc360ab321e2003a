#include "report/compare.h"

#include "cli/context.h"
#include "cli/output.h"

namespace vidbench::cli {

void add_compare_command(CLI::App& app, Context& context) {
  struct Arguments {
    std::string a, b;
    Output output;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("compare", "two models or runs on their common prompts and seeds");
  command->add_option("a", arguments->a, "RUN or RUN:MODEL")->required();
  command->add_option("b", arguments->b, "RUN or RUN:MODEL")->required();
  add_output_options(*command, arguments->output);
  add_store_option(*command, context);
  command->callback([arguments, &context] {
    auto store = context.open_store();
    const auto comparison = report::compare(*store, arguments->a, arguments->b);
    arguments->output.show(report::comparison_view(comparison, stdout_style()));
  });
}

}  // namespace vidbench::cli
