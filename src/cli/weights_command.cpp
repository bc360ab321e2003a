// vidbench weights: official weight files, from the network or a folder, and whether they are sound.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/licence.h"
#include "base/log.h"
#include "base/strings.h"
#include "base/time.h"
#include "cli/cells.h"
#include "cli/context.h"
#include "cli/output.h"
#include "cli/pull_options.h"
#include "cli/signals.h"
#include "cli/transfer_view.h"
#include "weights/fetch.h"
#include "weights/folder.h"
#include "weights/import.h"
#include "weights/manifest.h"

namespace vidbench::cli {
namespace {

using weights::FileState;
using weights::OfficialFile;

struct Arguments {
  std::string folder, manifest, source;
  Output output;
  std::vector<std::string> names, metrics, mirrors;
  uint64_t max_bytes = weights::FetchOptions().max_bytes;
  bool all = false, offline = false, quiet = false, pin = false, link = false;

  [[nodiscard]] weights::Manifest read_manifest() const {
    return weights::load_manifest(manifest.empty() ? weights::default_manifest()
                                                   : std::filesystem::path(manifest));
  }
  [[nodiscard]] weights::Folder open_folder() const {
    return weights::Folder(folder.empty() ? data_home() / "weights" : std::filesystem::path(folder));
  }
};

using Files = std::vector<const OfficialFile*>;

const OfficialFile& find(const weights::Manifest& manifest, const std::string& name) {
  if (const OfficialFile* file = manifest.find(name)) return *file;
  std::vector<std::string> names;
  for (const auto& file : manifest.files) names.push_back(file.name);
  throw_input(fmt::format("{} lists no file '{}'", manifest.origin, one_line(name)), suggestion(name, names));
}

Files files_of_metric(const weights::Manifest& manifest, const std::string& metric) {
  Files files;
  std::vector<std::string> known;
  for (const auto& file : manifest.files) {
    known.insert(known.end(), file.used_by.begin(), file.used_by.end());
    if (std::find(file.used_by.begin(), file.used_by.end(), metric) != file.used_by.end())
      files.push_back(&file);
  }
  if (files.empty())
    throw_input(fmt::format("{} lists no file of a metric '{}'", manifest.origin, one_line(metric)),
                suggestion(metric, known));
  return files;
}

// Those that were named, in the manifest's order; with neither names nor metrics `otherwise`.
Files choose(const Arguments& arguments, const weights::Manifest& manifest, bool otherwise_all) {
  Files wanted;
  for (const auto& name : arguments.names) wanted.push_back(&find(manifest, name));
  for (const auto& metric : split_lists(arguments.metrics)) {
    const Files files = files_of_metric(manifest, metric);
    wanted.insert(wanted.end(), files.begin(), files.end());
  }
  const bool all = arguments.all || (otherwise_all && wanted.empty());
  Files files;
  for (const auto& file : manifest.files)
    if (all || std::find(wanted.begin(), wanted.end(), &file) != wanted.end()) files.push_back(&file);
  return files;
}

struct Entry {
  const OfficialFile* file;
  weights::FileStatus status;
  weights::Evidence evidence;
};

std::vector<Entry> look(const weights::Folder& folder, const Files& files, bool fresh, bool quiet) {
  std::vector<Entry> entries;
  for (const OfficialFile* file : files) {
    if (fresh && !quiet) {
      std::error_code ec;
      if (const auto bytes = std::filesystem::file_size(folder.file(file->name), ec); !ec)
        log_info(fmt::format("reading {} ({}) …", file->name, human_bytes(bytes)));
    }
    entries.push_back({file, folder.status(*file, fresh), folder.evidence(*file)});
  }
  return entries;
}

Json to_json(const weights::Folder& folder, const Entry& entry) {
  const OfficialFile& file = *entry.file;
  Json json = {{"file", file.name},
               {"title", file.title},
               {"state", weights::to_string(entry.status.state)},
               {"bytes", entry.status.bytes},
               {"official_bytes", file.bytes ? Json(*file.bytes) : Json(nullptr)},
               {"sha256", entry.status.sha256},
               {"held_against", weights::to_string(entry.evidence)},
               {"problem", entry.status.problem},
               {"path", std::filesystem::absolute(folder.file(file.name)).string()},
               {"licence", file.licence},
               {"non_commercial", is_non_commercial(file.licence)},
               {"used_by", file.used_by},
               {"urls", file.urls},
               {"page", file.page},
               {"note", file.note}};
  return json;
}

report::Cell state_cell(const Entry& entry) {
  switch (entry.status.state) {
    case FileState::kPresent:
      return {"present", report::Emphasis::kGood};
    case FileState::kDamaged:
      return {"DAMAGED", report::Emphasis::kBad};
    default:
      return {weights::to_string(entry.status.state), report::Emphasis::kDim};
  }
}

report::Cell size(const Entry& entry) {
  const auto& official = entry.file->bytes;
  if (entry.status.state == FileState::kMissing) return official ? size_cell(official) : report::Cell{""};
  report::Cell there = size_cell(entry.status.bytes);
  if (entry.status.state == FileState::kPartial && official) there.text += " of " + human_bytes(*official);
  return there;
}

report::Table table_of(const std::vector<Entry>& entries) {
  report::Table table;
  table.columns = {
      {"file"},    {"state"},          {"size", true},       {"sha256", false, 3}, {"held against", false, 2},
      {"licence"}, {"non-commercial"}, {"used by", false, 1}};
  for (const Entry& entry : entries) {
    const bool restricted = is_non_commercial(entry.file->licence);
    table.rows.push_back({{entry.file->name},
                          state_cell(entry),
                          size(entry),
                          {entry.status.sha256.substr(0, 12)},
                          {weights::to_string(entry.evidence)},
                          {entry.file->licence},
                          {restricted ? "NON-COMMERCIAL" : "", report::Emphasis::kBad},
                          {join(entry.file->used_by, ", ")}});
  }
  return table;
}

void print_entries(const weights::Folder& folder, const std::vector<Entry>& entries, const Output& output,
                   const Json& more = Json::object()) {
  const auto document = [&] {
    Json json = more, files = Json::array();
    for (const Entry& entry : entries) files.push_back(to_json(folder, entry));
    json["schema"] = "vidbench.weights/1";
    json["folder"] = std::filesystem::absolute(folder.path()).string();
    json["files"] = std::move(files);
    return json;
  };
  output.show({.title = "Weights", .document = document, .rows = "files", .table = [&](bool) {
                 return table_of(entries);
               }});
}

void list(const Arguments& arguments) {
  const weights::Manifest manifest = arguments.read_manifest();
  const weights::Folder folder = arguments.open_folder();
  const auto entries = look(folder, choose(arguments, manifest, true), false, true);
  print_entries(folder, entries, arguments.output);
  for (const Entry& entry : entries)
    if (!entry.status.problem.empty()) log_warning(entry.status.problem);
}

void verify(const Arguments& arguments, Context& context) {
  const weights::Manifest manifest = arguments.read_manifest();
  const weights::Folder folder = arguments.open_folder();
  auto entries = look(folder, choose(arguments, manifest, true), true, arguments.quiet);
  for (Entry& entry : entries) {
    if (entry.status.state != FileState::kPresent || entry.evidence == weights::Evidence::kManifest) continue;
    if (entry.evidence != weights::Evidence::kPin && arguments.pin) {
      weights::refuse_text(folder.file(entry.file->name));
      folder.keep_pin(*entry.file,
                      {entry.status.sha256, entry.status.bytes, now_rfc3339(), "found in the folder"});
      entry.evidence = folder.evidence(*entry.file);
    }
    if (entry.evidence == weights::Evidence::kNone)
      log_warning(
          fmt::format("{}: no digest is known to hold it against; --pin keeps today's", entry.file->name));
  }
  print_entries(folder, entries, arguments.output);
  const bool named = !arguments.names.empty() || !arguments.metrics.empty();
  for (const Entry& entry : entries) {
    if (entry.status.state == FileState::kPresent || (entry.status.state != FileState::kDamaged && !named))
      continue;
    const bool damaged = entry.status.state == FileState::kDamaged;
    log(LogLevel::kError,
        damaged ? entry.status.problem + " — fetch it again: vidbench weights fetch " + entry.file->name
                : fmt::format("{} is {}", entry.file->name, weights::to_string(entry.status.state)));
    const auto code = static_cast<int>(damaged ? ErrorCode::kGateFailed : ErrorCode::kEnvironment);
    context.exit_code = std::max(context.exit_code, code);
  }
}

weights::FetchOptions fetch_options(const Arguments& arguments) {
  weights::FetchOptions options;
  options.mirrors = arguments.mirrors;
  for (const std::string& mirror : options.mirrors) weights::check_mirror(mirror);
  options.offline = arguments.offline;
  options.max_bytes = arguments.max_bytes;
  return options;
}

void report_failure(const Error& e) {
  log(LogLevel::kError, e.hint().empty() ? e.what() : fmt::format("{} — {}", e.what(), e.hint()));
}

void fetch(const Arguments& arguments, Context& context) {
  const weights::Manifest manifest = arguments.read_manifest();
  const weights::Folder folder = arguments.open_folder();
  const Files files = choose(arguments, manifest, false);
  if (files.empty())
    throw_input("no file is named", "name files or metrics (--metrics ID,…), or all of them with --all");
  weights::FetchOptions options = fetch_options(arguments);
  const StopOnSignal signals;
  TransferView view(arguments.quiet);
  options.on_progress = [&](const auto& file, const auto& progress) { view.show(file.name, progress); };
  for (const OfficialFile* file : files) {
    try {
      const bool fetched =
          weights::fetch(folder, *file, options, signals.token()) == weights::Fetched::kFetched;
      view.clear();
      if (!arguments.quiet) log_info(fmt::format("{}: {}", file->name, fetched ? "fetched" : "was there"));
      if (is_non_commercial(file->licence))
        log_warning(fmt::format("{}: {}: for non-commercial use only", file->name, file->licence));
    } catch (const Error& e) {
      view.clear();
      if (e.code() == ErrorCode::kInterrupted) throw;
      report_failure(e);
      context.exit_code = std::max(context.exit_code, static_cast<int>(e.code()));
    }
  }
  print_entries(folder, look(folder, files, false, true), arguments.output);
}

void import(const Arguments& arguments, Context& context) {
  const weights::Manifest manifest = arguments.read_manifest();
  const weights::Folder folder = arguments.open_folder();
  const StopOnSignal signals;
  const auto result = weights::import_files(folder, manifest, arguments.source,
                                            {.hard_link = arguments.link,
                                             .on_file =
                                                 [&](const OfficialFile& file) {
                                                   if (!arguments.quiet)
                                                     log_info("checking " + file.name + " …");
                                                 }},
                                            signals.token());
  Files files;
  Json unknown = Json::array();
  for (const auto& taken : result.files) {
    files.push_back(manifest.find(taken.name));
    if (taken.problem.empty()) {
      log_info(fmt::format("{}: {}", taken.name,
                           taken.already_there ? "was there" : "taken from " + taken.source.string()));
      continue;
    }
    log(LogLevel::kError, fmt::format("{}: not taken: {}", taken.source.string(), taken.problem));
    context.exit_code = static_cast<int>(ErrorCode::kInput);
  }
  for (const auto& path : result.unknown) {
    unknown.push_back(path.string());
    log_info(fmt::format("{}: not an official weight file by its name", one_line(path.string())));
  }
  print_entries(folder, look(folder, files, false, true), arguments.output, {{"unknown", unknown}});
}

void add_common_options(CLI::App& command, Arguments& arguments) {
  command
      .add_option("--weights-dir", arguments.folder,
                  "the weights folder (default: weights in the data folder)")
      ->type_name("FOLDER");
  command
      .add_option("--manifest", arguments.manifest, "another list of files (default: models/weights.yaml)")
      ->type_name("FILE");
  add_output_options(command, arguments.output);
}

void add_choice(CLI::App& command, Arguments& arguments) {
  command.add_option("files", arguments.names, "official file names");
  command.add_option("--metrics", arguments.metrics, "the files of these metrics, separated by commas");
}

void add_fetch(CLI::App& weights_command, const std::shared_ptr<Arguments>& arguments, Context& context) {
  CLI::App* command =
      weights_command.add_subcommand("fetch", "download files, going on where it was interrupted");
  add_choice(*command, *arguments);
  add_common_options(*command, *arguments);
  command->add_flag("--all", arguments->all, "every file of the list");
  command
      ->add_option("--mirror", arguments->mirrors,
                   "base address to which the file's name is appended, tried first; repeatable "
                   "(also: $VIDBENCH_WEIGHTS_MIRROR)")
      ->type_name("URL")
      ->allow_extra_args(false);
  command->add_option("--max-bytes", arguments->max_bytes, "refuse larger files")->capture_default_str();
  command->add_flag("--offline", arguments->offline, "do not ask the network (also: VIDBENCH_OFFLINE=1)");
  add_quiet_flag(*command, arguments->quiet);
  command->callback([arguments, &context] { fetch(*arguments, context); });
}

}  // namespace

void add_weights_command(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("weights", "official weight files: list, fetch, verify, import");
  command->require_subcommand(1);
  CLI::App* list_command = command->add_subcommand("list", "the files, and which are there");
  add_choice(*list_command, *arguments);
  add_common_options(*list_command, *arguments);
  list_command->callback([arguments] { list(*arguments); });
  add_fetch(*command, arguments, context);
  CLI::App* verify_command =
      command->add_subcommand("verify", "read the files that are there and check their digests");
  add_choice(*verify_command, *arguments);
  add_common_options(*verify_command, *arguments);
  verify_command->add_flag("--pin", arguments->pin, "keep the digests of files whose makers state none");
  add_quiet_flag(*verify_command, arguments->quiet);
  verify_command->callback([arguments, &context] { verify(*arguments, context); });
  CLI::App* import_command = command->add_subcommand("import", "take the official files of a folder");
  import_command->add_option("folder", arguments->source, "searched through, with the folders in it")
      ->required();
  add_common_options(*import_command, *arguments);
  import_command->add_flag("--link", arguments->link, "hard links instead of copies");
  add_quiet_flag(*import_command, arguments->quiet);
  import_command->callback([arguments, &context] { import(*arguments, context); });
}

}  // namespace vidbench::cli
