// vidbench store: what lies in the weights store, whether it is sound, what can go, and giving it to others.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/amount.h"
#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "base/time.h"
#include "blobs/check.h"
#include "blobs/collect.h"
#include "blobs/lease.h"
#include "blobs/pull.h"
#include "blobs/serve.h"
#include "cli/cells.h"
#include "cli/context.h"
#include "cli/output.h"
#include "cli/pull_options.h"
#include "cli/signals.h"
#include "cli/transfer_view.h"

namespace vidbench::cli {
namespace {

using blobs::CheckedBlob;
using blobs::Store;

struct Arguments {
  std::string format;  // of gc, which prints text
  Output output;
  std::string max_size, listen = "127.0.0.1:8420";
  bool dry_run = false, repair = false;
  int max_connections = blobs::ServeOptions().max_connections;
  PullArguments pull;
};

struct Line {
  const blobs::StoredManifest* stored;
  uint64_t bytes = 0, own_bytes = 0;  // own: of blobs that no other manifest names
  bool complete = false, in_use = false;
};

std::vector<Line> lines_of(const Store& store, const std::vector<blobs::StoredManifest>& manifests,
                           const blobs::InUse& in_use) {
  std::map<std::string, std::map<std::string, uint64_t>> users;  // blob → manifest
  for (const auto& stored : manifests)
    for (const auto& file : stored.manifest.files)
      users[file.sha256][stored.manifest.reference.key()] = file.bytes;
  std::vector<Line> lines;
  for (const auto& stored : manifests) {
    const std::string key = stored.manifest.reference.key();
    Line line{&stored, 0, 0, store.is_complete(stored.manifest), in_use.manifests.contains(key)};
    for (const auto& [sha256, by] : users) {
      if (!by.contains(key)) continue;
      line.bytes += by.at(key);
      if (by.size() == 1) line.own_bytes += by.at(key);
    }
    lines.push_back(line);
  }
  return lines;
}

Json to_json(const Line& line) {
  const blobs::Manifest& manifest = line.stored->manifest;
  return {{"host", manifest.reference.host},
          {"repository", manifest.reference.repository},
          {"revision", manifest.reference.revision},
          {"variant", manifest.reference.variant},
          {"file", manifest.reference.path},
          {"commit", manifest.commit},
          {"files", manifest.files.size()},
          {"bytes", line.bytes},
          {"own_bytes", line.own_bytes},
          {"pulled_at", manifest.pulled_at},
          {"last_used", rfc3339(line.stored->last_used_ns / 1'000'000'000)},
          {"complete", line.complete},
          {"in_use", line.in_use},
          {"pickled", manifest.pickled()}};
}

report::Table table_of(const std::vector<Line>& lines) {
  report::Table table;
  table.columns = {{"weights"},          {"size", true}, {"own size", true, 2}, {"last used", false, 1},
                   {"commit", false, 3}, {"state"},      {"pickled", false, 4}};
  for (const Line& line : lines) {
    const auto& manifest = line.stored->manifest;
    const std::string variant = manifest.reference.variant.empty() ? "" : " " + manifest.reference.variant;
    table.rows.push_back({{manifest.reference.text() + variant},
                          size_cell(line.bytes),
                          size_cell(line.own_bytes),
                          {rfc3339(line.stored->last_used_ns / 1'000'000'000)},
                          {manifest.commit.substr(0, 12)},
                          {!line.complete ? "INCOMPLETE"
                           : line.in_use  ? "in use"
                                          : "complete",
                           line.complete ? report::Emphasis::kGood : report::Emphasis::kBad},
                          {manifest.pickled().empty() ? "" : "PICKLED", report::Emphasis::kBad}});
  }
  return table;
}

void stat(const Arguments& arguments) {
  const Store store = Store::open_default();
  const blobs::StoreLock lock(store, blobs::StoreLock::Kind::kCollect);
  const auto manifests = store.manifests();
  const auto lines = lines_of(store, manifests, blobs::read_leases(store));
  const auto all = store.blobs();
  uint64_t bytes = 0;
  for (const auto& blob : all) bytes += blob.bytes;
  const auto document = [&] {
    Json list = Json::array();
    for (const Line& line : lines) list.push_back(to_json(line));
    const auto quota = blobs::quota();
    return Json{{"schema", "vidbench.store/1"},
                {"folder", store.root().string()},
                {"blobs", all.size()},
                {"bytes", bytes},
                {"quota_bytes", quota ? Json(*quota) : Json(nullptr)},
                {"manifests", list}};
  };
  arguments.output.show(
      {.title = "Weights store", .document = document, .rows = "manifests", .table = [&](bool) {
         return table_of(lines);
       }});
  if (arguments.output.is_table())
    log_info(fmt::format("{}: {} blobs, {}", store.root().string(), all.size(), human_bytes(bytes)));
}

void collect(const Arguments& arguments) {
  blobs::CollectOptions options;
  options.dry_run = arguments.dry_run;
  options.max_bytes = arguments.max_size.empty() ? blobs::quota() : parse_size(arguments.max_size);
  if (!arguments.max_size.empty() && !options.max_bytes)
    throw_input(fmt::format("--max-size: '{}' is no size", one_line(arguments.max_size)),
                "give bytes, or 500MB, 200GiB, 1.5T");
  const Store store = Store::open_default();
  const blobs::Collected collected = blobs::collect(store, options);
  if (options.max_bytes && collected.left_bytes > *options.max_bytes)
    log_warning(fmt::format("{} stay, more than {}: the rest is in use", human_bytes(collected.left_bytes),
                            human_bytes(*options.max_bytes)));
  if (arguments.format == "json") {
    Json evicted = Json::array();
    for (const auto& one : collected.evicted)
      evicted.push_back({{"weights", one.reference},
                         {"bytes", one.bytes},
                         {"last_used", rfc3339(one.last_used_ns / 1'000'000'000)}});
    return print_json({{"schema", "vidbench.store-gc/1"},
                       {"dry_run", options.dry_run},
                       {"evicted", evicted},
                       {"removed_blobs", collected.removed_blobs},
                       {"removed_parts", collected.removed_parts},
                       {"freed_bytes", collected.freed_bytes},
                       {"left_bytes", collected.left_bytes},
                       {"in_use_bytes", collected.in_use_bytes}});
  }
  const char* would = options.dry_run ? "would be " : "";
  for (const auto& one : collected.evicted)
    print(fmt::format("{}: {}evicted ({}, last used {})\n", one.reference, would, human_bytes(one.bytes),
                      rfc3339(one.last_used_ns / 1'000'000'000)));
  print(fmt::format("{} {}freed ({} blobs, {} parts); {} stay, of which {} are in use\n",
                    human_bytes(collected.freed_bytes), would, collected.removed_blobs,
                    collected.removed_parts, human_bytes(collected.left_bytes),
                    human_bytes(collected.in_use_bytes)));
}

const char* to_string(CheckedBlob::State state) {
  switch (state) {
    case CheckedBlob::State::kSound:
      return "sound";
    case CheckedBlob::State::kDamaged:
      return "damaged";
    case CheckedBlob::State::kMissing:
      return "missing";
  }
  throw Error(ErrorCode::kInternal, "a state without a name");
}

std::vector<CheckedBlob> read_all(const Store& store, bool quiet, const std::stop_token& stop) {
  return blobs::check(
      store,
      [quiet](const blobs::StoredBlob& blob) {
        if (!quiet)
          log_info(fmt::format("reading {} ({}) …", blob.sha256.substr(0, 12), human_bytes(blob.bytes)));
      },
      stop);
}

// Damaged blobs go, and what manifests need of them comes again.
void repair(const Store& store, const std::vector<CheckedBlob>& checked, const Arguments& arguments,
            const std::stop_token& stop) {
  blobs::PullOptions options = pull_options(arguments.pull);
  if (options.offline)
    throw_input("--repair fetches, but vidbench is offline (--offline or VIDBENCH_OFFLINE)");
  TransferView view(arguments.pull.quiet);
  options.on_progress = [&](const std::string& file, const auto& progress) { view.show(file, progress); };
  std::error_code ec;
  for (const CheckedBlob& blob : checked)
    if (blob.state == CheckedBlob::State::kDamaged) std::filesystem::remove(store.blob(blob.sha256), ec);
  for (const auto& stored : store.manifests()) {
    if (store.is_complete(stored.manifest)) continue;
    const uint64_t fetched = blobs::restore(store, stored.manifest, options, stop);
    view.clear();
    log_info(
        fmt::format("{}: repaired ({} fetched)", stored.manifest.reference.text(), human_bytes(fetched)));
  }
}

report::Table table_of(const std::vector<CheckedBlob>& checked) {
  report::Table table;
  table.columns = {{"sha256"}, {"state"}, {"size", true}, {"needed by", false, 1}};
  for (const CheckedBlob& blob : checked)
    table.rows.push_back(
        {{blob.sha256.substr(0, 12)},
         {to_string(blob.state), blob.problem.empty() ? report::Emphasis::kGood : report::Emphasis::kBad},
         size_cell(blob.bytes),
         {join(blob.needed_by, ", ")}});
  return table;
}

void show_checked(const Store& store, const std::vector<CheckedBlob>& checked, const Output& output) {
  const auto document = [&] {
    Json list = Json::array();
    for (const CheckedBlob& blob : checked)
      list.push_back({{"sha256", blob.sha256},
                      {"state", to_string(blob.state)},
                      {"bytes", blob.bytes},
                      {"problem", blob.problem},
                      {"needed_by", blob.needed_by}});
    return Json{{"schema", "vidbench.store-verify/1"}, {"folder", store.root().string()}, {"blobs", list}};
  };
  output.show(
      {.title = "Blobs of the weights store", .document = document, .rows = "blobs", .table = [&](bool) {
         return table_of(checked);
       }});
}

void verify(const Arguments& arguments, Context& context) {
  const Store store = Store::open_default();
  const StopOnSignal signals;
  auto checked = read_all(store, arguments.pull.quiet, signals.token());
  const auto is_bad = [](const CheckedBlob& blob) { return blob.state != CheckedBlob::State::kSound; };
  if (arguments.repair && std::any_of(checked.begin(), checked.end(), is_bad)) {
    for (const CheckedBlob& blob : checked)
      if (is_bad(blob)) log_warning(blob.problem);
    repair(store, checked, arguments, signals.token());
    checked = read_all(store, true, signals.token());
  }
  show_checked(store, checked, arguments.output);
  for (const CheckedBlob& blob : checked) {
    if (!is_bad(blob)) continue;
    log(LogLevel::kError, blob.problem + " — vidbench store verify --repair fetches it again");
    context.exit_code = static_cast<int>(ErrorCode::kGateFailed);
  }
}

void serve(const Arguments& arguments) {
  blobs::ServeOptions options;
  blobs::read_listen(arguments.listen, options);
  options.max_connections = arguments.max_connections;
  options.on_ready = [](const std::string& address) { log_info("serving on http://" + address); };
  const Store store = Store::open_default();
  const StopOnSignal signals;
  blobs::serve(store, options, signals.token());
}

void add_serve(CLI::App& command, const std::shared_ptr<Arguments>& arguments) {
  CLI::App* serve_command =
      command.add_subcommand("serve", "be a mirror: blobs and manifests over HTTP, for reading");
  serve_command->add_option("--listen", arguments->listen, "ADDRESS:PORT (port 0: any that is free)")
      ->capture_default_str()
      ->type_name("ADDRESS");
  serve_command->add_option("--max-connections", arguments->max_connections, "more are answered 503")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  serve_command->callback([arguments] { serve(*arguments); });
}

}  // namespace

void add_store_command(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("store", "the weights store: stat, gc, verify, serve");
  command->require_subcommand(1);
  CLI::App* stat_command = command->add_subcommand("stat", "what lies in it");
  add_output_options(*stat_command, arguments->output);
  stat_command->callback([arguments] { stat(*arguments); });
  CLI::App* gc_command = command->add_subcommand(
      "gc", "remove what no model needs, and above a size what was not used for longest");
  gc_command->add_option("--max-size", arguments->max_size,
                         "200G, 1.5T or bytes (default: $VIDBENCH_STORE_QUOTA, else no limit)");
  gc_command->add_flag("--dry-run", arguments->dry_run, "tell, but remove nothing");
  add_format_option(*gc_command, arguments->format, {"text", "json"});
  gc_command->callback([arguments] { collect(*arguments); });
  CLI::App* verify_command = command->add_subcommand("verify", "read every blob and check its digest");
  verify_command->add_flag("--repair", arguments->repair, "fetch again what is damaged or missing");
  add_pull_options(*verify_command, arguments->pull);
  add_output_options(*verify_command, arguments->output);
  verify_command->callback([arguments, &context] { verify(*arguments, context); });
  add_serve(*command, arguments);
}

}  // namespace vidbench::cli
