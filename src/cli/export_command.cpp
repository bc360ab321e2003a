#include "report/export.h"

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "cli/context.h"
#include "cli/export_bundle.h"
#include "cli/output.h"
#include "cli/run_output.h"

namespace vidbench::cli {
namespace {

struct Arguments {
  std::string run, path;
  bool has_format = false;  // as asked for by --format
  report::ExportOptions options;
  BundleArguments bundle;
  Output output;
};

std::string text_of(store::Store& store, const std::string& run, report::ExportOptions options,
                    const std::string& format) {
  options.format = format;
  const bool page = format == "html" && !options.samples;
  return report::export_run(store, run, options,
                            page ? preview_videos(store, run) : std::vector<report::PreviewVideo>{});
}

// What --format says, else the name of the file, else JSON.
std::string format_of_output(const Arguments& arguments) {
  if (arguments.has_format) return arguments.options.format;
  try {
    return report::format_of_file(arguments.path);
  } catch (const Error&) {
    return arguments.options.format;
  }
}

void write(const std::string& file, const std::string& text) {
  write_file_atomic(file, text);
  log_info("wrote " + file);
}

void export_files(store::Store& store, const std::string& run, const Arguments& arguments) {
  for (const std::string& file : arguments.output.exports)
    write(file, text_of(store, run, arguments.options, report::format_of_file(file)));
  if (!arguments.path.empty())
    write(arguments.path, text_of(store, run, arguments.options, format_of_output(arguments)));
  else if (arguments.output.exports.empty() || arguments.has_format)
    print(text_of(store, run, arguments.options, arguments.options.format));
}

}  // namespace

void add_export_command(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("export", "a run's results as a file for other programs or papers");
  command->add_option("run", arguments->run, "run id, a unique beginning of it, or last")->required();
  command->add_option("--profile", arguments->options.profile, "score profile (default: the suite's)");
  command
      ->add_option("--output,-o", arguments->path,
                   "file to write instead of standard output, in the format of --format, else of its name")
      ->type_name("FILE");
  command->add_flag("--samples", arguments->options.samples, "one row a sample instead of one a model");
  CLI::Option* format = command->add_option("--format", arguments->options.format, "output format")
                            ->check(CLI::IsMember(report::export_formats()))
                            ->capture_default_str();
  add_export_option(*command, arguments->output);
  add_bundle_options(*command, arguments->bundle);
  add_store_option(*command, context);
  command->callback([arguments, format, &context] {
    auto store = context.open_store();
    const std::string run = store->run(arguments->run).id;
    arguments->has_format = format->count() > 0;
    if (!arguments->bundle.path.empty()) write_bundle(*store, run, arguments->bundle);
    if (arguments->bundle.path.empty() || !arguments->path.empty() || !arguments->output.exports.empty())
      export_files(*store, run, *arguments);
  });
}

}  // namespace vidbench::cli
