// vidbench catalogues: models of one's own beside the shipped catalogue, and the fetching of those in Git.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/context.h"
#include "cli/output.h"
#include "config/catalogue.h"
#include "registry/git_checkout.h"
#include "registry/program.h"
#include "registry/registry.h"
#include "workers/child_process.h"

namespace vidbench::cli {
namespace fs = std::filesystem;
namespace {

using config::Catalogue;

constexpr double kGitTimeout_s = 3600;

std::vector<Catalogue> configured(const Context& context) {
  std::vector<Catalogue> catalogues;
  const Json& value = context.configuration().at("catalogues").value;
  for (const Json& entry : value.is_null() ? Json::array() : value)
    catalogues.push_back(config::catalogue_of(entry));
  return catalogues;
}

bool is_there(const Catalogue& catalogue) {
  std::error_code ec;
  return fs::is_directory(catalogue.folder, ec);
}

std::string state_of(const Catalogue& catalogue) {
  if (is_there(catalogue)) return "there";
  return catalogue.address.empty() ? "not there" : "not fetched: vidbench catalogues update";
}

report::Table table_of(const std::vector<Catalogue>& catalogues) {
  report::Table table;
  table.columns = {{"folder"}, {"address", false, 1}, {"ref", false, 2}, {"commit"}, {"state"}};
  for (const Catalogue& catalogue : catalogues)
    table.rows.push_back(
        {{config::home_as_tilde(catalogue.folder)},
         {config::without_password(catalogue.address)},
         {catalogue.ref},
         {registry::commit_above(catalogue.folder).substr(0, 12)},
         {state_of(catalogue), is_there(catalogue) ? report::Emphasis::kGood : report::Emphasis::kBad}});
  return table;
}

Json document_of(const std::vector<Catalogue>& catalogues) {
  Json entries = Json::array();
  for (const Catalogue& catalogue : catalogues) {
    const std::string commit = registry::commit_above(catalogue.folder);
    const std::string address = config::without_password(catalogue.address);
    entries.push_back({{"folder", catalogue.folder.string()},
                       {"address", address.empty() ? Json() : Json(address)},
                       {"ref", catalogue.ref.empty() ? Json() : Json(catalogue.ref)},
                       {"commit", commit.empty() ? Json() : Json(commit)},
                       {"there", is_there(catalogue)}});
  }
  return {{"schema", "vidbench.catalogues/1"}, {"catalogues", entries}};
}

void list(const Output& output, const Context& context) {
  const std::vector<Catalogue> catalogues = configured(context);
  output.show({.title = "Catalogues",
               .document = [&] { return document_of(catalogues); },
               .rows = "catalogues",
               .table = [&](bool) { return table_of(catalogues); }});
}

// What git prints goes to stderr; it asks no questions.
void git(const std::vector<std::string>& words, const fs::path& folder) {
  const registry::ProgramSearch program = registry::find_program("git");
  if (!program.path) throw_environment(program.complaint("git"), "apt-get install git");
  workers::ChildOptions options;
  options.argv = words;
  options.argv.insert(options.argv.begin(), program.path->string());
  options.environment = {{"GIT_TERMINAL_PROMPT", "0"}, {"GIT_ALLOW_PROTOCOL", "https:http:ssh:git:file"}};
  options.stderr_fd = STDERR_FILENO;
  options.directory = folder.string();
  workers::ChildProcess child(std::move(options));
  child.close_stdin();
  const auto status = child.wait(kGitTimeout_s);
  if (!status || status->signalled || status->value != 0)
    throw_environment(fmt::format("git {} {}", words.front(), status ? status->text() : "does not end"),
                      "what it says stands above");
}

void fetch(const Catalogue& catalogue, const fs::path& checkout) {
  git({"fetch", "--quiet", "--depth", "1", "origin", catalogue.ref.empty() ? "HEAD" : catalogue.ref},
      checkout);
  git({"-c", "advice.detachedHead=false", "checkout", "--quiet", "--force", "--detach", "FETCH_HEAD"},
      checkout);
}

// A first checkout is made beside its place, so that one that was interrupted is none.
void clone(const Catalogue& catalogue) {
  const fs::path parent = catalogue.checkout.parent_path();
  const fs::path fresh = parent / fmt::format(".{}.{}", catalogue.checkout.filename().string(), ::getpid());
  std::error_code ec;
  fs::create_directories(fresh, ec);
  if (ec) throw_environment(fmt::format("cannot create {}: {}", fresh.string(), ec.message()));
  try {
    git({"init", "--quiet", "--template="}, fresh);
    git({"remote", "add", "--", "origin", catalogue.address}, fresh);
    fetch(catalogue, fresh);
    fs::rename(fresh, catalogue.checkout, ec);
    if (ec) throw_environment(fmt::format("cannot write {}: {}", catalogue.checkout.string(), ec.message()));
  } catch (...) {
    fs::remove_all(fresh, ec);
    throw;
  }
}

void update(const Context& context) {
  size_t fetched = 0;
  for (const Catalogue& catalogue : configured(context)) {
    if (catalogue.address.empty()) continue;
    std::error_code ec;
    const std::string before = registry::commit_above(catalogue.checkout);
    log_info(fmt::format("fetching {} …", config::without_password(catalogue.address)));
    if (fs::is_directory(catalogue.checkout, ec))
      fetch(catalogue, catalogue.checkout);
    else
      clone(catalogue);
    if (!is_there(catalogue))
      throw_input(fmt::format("{} has no folder {}", config::without_password(catalogue.address),
                              catalogue.folder.lexically_relative(catalogue.checkout).string()),
                  "see `folder` of the key catalogues");
    const std::string after = registry::commit_above(catalogue.checkout);
    log_info(before == after ? fmt::format("{} as before", after.substr(0, 12))
                             : fmt::format("{} → {}", before.empty() ? "nothing" : before.substr(0, 12),
                                           after.substr(0, 12)));
    ++fetched;
  }
  if (fetched == 0)
    return log_info("no catalogue is configured with an address: catalogues: [{git: https://…}]");
  // Whether the models of all of them go together.
  const auto registry = registry::Registry::load_default();
  log_info(fmt::format("{} models", registry.models().size()));
}

}  // namespace

void add_catalogues_command(CLI::App& app, Context& context) {
  auto output = std::make_shared<Output>();
  CLI::App* command = app.add_subcommand("catalogues", "catalogues of your own: list, update");
  command->require_subcommand(1);
  CLI::App* list_command =
      command->add_subcommand("list", "the configured folders and Git checkouts with their commits");
  add_output_options(*list_command, *output);
  list_command->callback([output, &context] { list(*output, context); });
  command->add_subcommand("update", "fetch those that have a Git address")->callback([&context] {
    update(context);
  });
}

}  // namespace vidbench::cli
