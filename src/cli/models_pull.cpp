#include "cli/models_pull.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/licence.h"
#include "base/log.h"
#include "base/strings.h"
#include "blobs/lease.h"
#include "blobs/pull.h"
#include "cli/signals.h"
#include "cli/transfer_view.h"
#include "registry/hub_files.h"

namespace vidbench::cli {
namespace {

using Pulled = blobs::Pulled;

Json to_json(const blobs::Reference& reference) {
  Json json = {
      {"host", reference.host}, {"repository", reference.repository}, {"revision", reference.revision}};
  if (!reference.path.empty()) json["file"] = reference.path;
  if (!reference.variant.empty()) json["variant"] = reference.variant;
  return json;
}

std::vector<blobs::Reference> references_of(const registry::Model& model) {
  if (!model.deployed())
    throw_input(fmt::format("model {}: {}", model.id, join(model.missing, "; ")),
                "only what a deployment names can be pulled");
  auto references = registry::hub_references(model.deployment);
  if (references.empty())
    throw_input(fmt::format("model {}: its deployment names no files of a hub", model.id),
                "vidbench models show " + model.id + " tells what it needs");
  return references;
}

std::string to_string(Pulled::How how) {
  switch (how) {
    case Pulled::How::kAlreadyThere:
      return "was there";
    case Pulled::How::kInPlace:
      return "in the Hugging Face cache, used in place";
    case Pulled::How::kFetched:
      return "fetched";
  }
  throw Error(ErrorCode::kInternal, "a way without a name");
}

Json to_json(const blobs::Reference& reference, const Pulled& pulled) {
  Json json = to_json(reference);
  json["how"] = pulled.how == Pulled::How::kFetched   ? "fetched"
                : pulled.how == Pulled::How::kInPlace ? "in-place"
                                                      : "was-there";
  json["path"] = pulled.path.string();
  json["bytes"] = pulled.bytes;
  json["fetched_bytes"] = pulled.fetched_bytes;
  json["commit"] = pulled.manifest ? Json(pulled.manifest->commit) : Json(nullptr);
  json["files"] = pulled.manifest ? Json(pulled.manifest->files.size()) : Json(nullptr);
  json["pickled"] = pulled.manifest ? Json(pulled.manifest->pickled()) : Json::array();
  return json;
}

void tell(const blobs::Reference& reference, const Pulled& pulled, bool quiet) {
  const std::string size = pulled.bytes > 0 ? fmt::format(" ({})", human_bytes(pulled.bytes)) : "";
  if (!quiet) log_info(fmt::format("{}: {}{}", reference.text(), to_string(pulled.how), size));
  const auto pickled = pulled.manifest ? pulled.manifest->pickled() : std::vector<std::string>();
  if (!pickled.empty())
    log_warning(
        fmt::format("{}: no safetensors twin of {}: pickled weights can run code when a worker loads them",
                    reference.text(), join(pickled, ", ")));
}

void pull(const ModelsPullArguments& arguments) {
  const auto registry = registry::Registry::load_default();
  const auto& model = registry.find(arguments.model);
  const auto references = references_of(model);
  blobs::PullOptions options = pull_options(arguments.pull);
  options.update = arguments.update;
  const StopOnSignal signals;
  TransferView view(arguments.pull.quiet);
  options.on_progress = [&](const std::string& file, const auto& progress) { view.show(file, progress); };
  Json list = Json::array();
  for (const blobs::Reference& reference : references) {
    const Pulled pulled = blobs::pull(blobs::Store::open_default(), reference, options, signals.token());
    view.clear();
    tell(reference, pulled, arguments.pull.quiet);
    list.push_back(to_json(reference, pulled));
  }
  if (is_non_commercial(model.card.licence))
    log_warning(fmt::format("{}: {}: for non-commercial use only", model.id, model.card.licence));
  if (arguments.format == "json")
    return print_json({{"schema", "vidbench.pull/1"}, {"model", model.id}, {"pulled", list}});
  for (const Json& pulled : list) print(pulled["path"].get<std::string>() + "\n");
}

void forget(const ModelsPullArguments& arguments) {
  const auto registry = registry::Registry::load_default();
  const auto& model = registry.find(arguments.model);
  const auto store = blobs::Store::open_default();
  const blobs::StoreLock lock(store, blobs::StoreLock::Kind::kCollect);
  const blobs::InUse in_use = blobs::read_leases(store);
  bool any = false;
  for (const blobs::Reference& reference : references_of(model)) {
    const auto manifest = store.read_manifest(reference);
    if (!manifest) continue;
    any = true;
    if (in_use.manifests.contains(reference.key()))
      throw_environment(fmt::format("{} is in use by another process", reference.text()),
                        "wait until it ends");
    store.withdraw(*manifest);
    log_info(fmt::format("{}: forgotten; its {} go with: vidbench store gc", reference.text(),
                         human_bytes(manifest->bytes())));
  }
  if (!any)
    throw_input(fmt::format("nothing of {} is in the store {}", model.id, store.root().string()),
                "what lies in the Hugging Face cache is removed with huggingface-cli delete-cache");
}

}  // namespace

Json cached_files(const registry::Model& model) {
  Json list = Json::array();
  const auto store = blobs::Store::open_default();
  const auto cache = blobs::hub_cache();
  for (const blobs::Reference& reference : registry::hub_references(model.deployment)) {
    Json json = to_json(reference);
    const auto found = blobs::find_files(store, cache, reference);
    json["where"] = !found ? "none" : found->in_store ? "store" : "hub-cache";
    json["path"] = found ? Json(found->path.string()) : Json(nullptr);
    if (found && found->in_store) {
      const auto manifest = store.read_manifest(reference);
      json["bytes"] = manifest ? Json(manifest->bytes()) : Json(nullptr);
      json["commit"] = manifest ? Json(manifest->commit) : Json(nullptr);
      json["pickled"] = manifest ? Json(manifest->pickled()) : Json::array();
    }
    list.push_back(std::move(json));
  }
  return list;
}

std::string cached_word(const registry::Model& model) {
  const auto references = registry::hub_references(model.deployment);
  if (references.empty()) return "";
  const auto store = blobs::Store::open_default();
  const auto cache = blobs::hub_cache();
  const auto there = std::count_if(references.begin(), references.end(), [&](const auto& reference) {
    return blobs::find_files(store, cache, reference).has_value();
  });
  return there == std::ssize(references) ? "yes" : there == 0 ? "no" : "partly";
}

void add_models_pull_commands(CLI::App& models, Context&) {
  auto arguments = std::make_shared<ModelsPullArguments>();
  CLI::App* pull_command =
      models.add_subcommand("pull", "fetch the weights that a model names into the store");
  pull_command->add_option("model", arguments->model, "model id")->required();
  pull_command->add_flag("--update", arguments->update,
                         "ask where the revision leads now, also when it is there");
  add_pull_options(*pull_command, arguments->pull);
  add_format_option(*pull_command, arguments->format, {"text", "json"});
  pull_command->callback([arguments] { pull(*arguments); });
  CLI::App* rm_command = models.add_subcommand("rm", "forget a model's weights in the store");
  rm_command->add_option("model", arguments->model, "model id")->required();
  rm_command->callback([arguments] { forget(*arguments); });
}

}  // namespace vidbench::cli
