#include "report/export.h"

#include "base/files.h"
#include "base/log.h"
#include "cli/context.h"
#include "cli/export_bundle.h"
#include "cli/run_output.h"

namespace vidbench::cli {

void add_export_command(CLI::App& app, Context& context) {
  struct Arguments {
    std::string run, output;
    report::ExportOptions options;
    BundleArguments bundle;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("export", "a run's results as a file for other programs or papers");
  command->add_option("run", arguments->run, "run id, a unique beginning of it, or last")->required();
  command->add_option("--profile", arguments->options.profile, "score profile (default: the suite's)");
  command->add_option("--output,-o", arguments->output, "file to write (default: standard output)");
  command->add_flag("--samples", arguments->options.samples,
                    "one row a sample instead of one a model (csv, json)");
  add_bundle_options(*command, arguments->bundle);
  add_format_option(*command, arguments->options.format, report::export_formats());
  add_store_option(*command, context);
  command->callback([arguments, &context] {
    auto store = context.open_store();
    const std::string run = store->run(arguments->run).id;
    if (!arguments->bundle.path.empty()) return write_bundle(*store, run, arguments->bundle);
    const bool page = arguments->options.format == "html";
    const auto videos = page ? preview_videos(*store, run) : std::vector<report::PreviewVideo>{};
    const std::string text = report::export_run(*store, run, arguments->options, videos);
    if (arguments->output.empty()) {
      print(text);
    } else {
      write_file_atomic(arguments->output, text);
      log_info("wrote " + arguments->output);
    }
  });
}

}  // namespace vidbench::cli
