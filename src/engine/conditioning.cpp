#include "engine/conditioning.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/digest_memo.h"
#include "base/error.h"
#include "base/files.h"
#include "base/strings.h"
#include "registry/command_template.h"

namespace vidbench::engine {
namespace {

// What a prompt may give, as errors name it.
enum class Input { kTextOnly, kImage, kVideo };

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string::npos; }

// Tasks are free text in the catalogue: a task that tells nothing of inputs ("world-model") allows any.
bool allows(const std::string& task, Input input) {
  const bool image = contains(task, "image-to-") || contains(task, "image2") || contains(task, "frame-to-") ||
                     contains(task, "reference-to-") || contains(task, "subject-to-") ||
                     contains(task, "transition");
  const bool video = contains(task, "video-to-") || contains(task, "video-editing") ||
                     contains(task, "control-to-") || contains(task, "video-prompted");
  const bool text = contains(task, "text-to-") || (!image && !video && contains(task, "audio-to-"));
  if (!image && !video && !text) return true;
  return input == Input::kImage ? image : input == Input::kVideo ? video : text;
}

bool takes(const registry::Model& model, Input input) {
  const auto& tasks = model.card.tasks;
  return tasks.empty() ||
         std::any_of(tasks.begin(), tasks.end(), [&](const auto& task) { return allows(task, input); });
}

// The runner's own limit, whatever the model could do.
bool has_place(const registry::Deployment& deployment, const std::string& file) {
  if (deployment.runner == "http") return false;
  return deployment.runner != "command" || registry::read_command_template(deployment).uses(file);
}

void require_file(const registry::Model& model, Input input, const std::string& file) {
  const bool known = takes(model, input);
  if (known && has_place(model.deployment, file)) return;
  const std::string tasks = join(model.card.tasks, ", ");
  throw_input(known ? fmt::format("model '{}': its deployment (runner '{}') has no place for a prompt's {}",
                                  model.id, model.deployment.runner, file)
                    : fmt::format("model '{}' takes no {}, which prompts of the suite give (it does: {})",
                                  model.id, file, tasks),
              fmt::format("choose other models (vidbench models list --task {}-to-video)", file));
}

}  // namespace

void require_inputs(const registry::Model& model, const std::vector<const suites::Prompt*>& prompts) {
  for (const suites::Prompt* prompt : prompts) {
    if (!prompt->image.empty()) require_file(model, Input::kImage, "image");
    if (!prompt->video.empty()) require_file(model, Input::kVideo, "video");
    if (prompt->image.empty() && prompt->video.empty() && !takes(model, Input::kTextOnly))
      throw_input(
          fmt::format("model '{}' makes nothing from text alone (it does: {}), and prompts of the suite "
                      "have neither image nor video",
                      model.id, join(model.card.tasks, ", ")),
          "give each prompt an 'image' or 'video' (docs/add-a-suite.md), or choose other models");
  }
}

std::optional<store::Failure> changed_input(const std::vector<workers::GenerateRequest>& requests) {
  const DigestMemo digests(cache_home() / "digests");
  for (const auto& request : requests)
    for (const InputFile* file : {&request.image, &request.video}) {
      if (file->empty()) continue;
      std::error_code ec;
      const bool there = std::filesystem::is_regular_file(file->path, ec);
      if (!there || digests.sha256(file->path) != file->sha256)
        return store::Failure{"invalid-request",
                              fmt::format("{} {} since the run was planned; restore it, or start a new run",
                                          file->path.string(), there ? "has changed" : "has gone"),
                              ""};
    }
  return std::nullopt;
}

}  // namespace vidbench::engine
