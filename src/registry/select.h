// Which models of the catalogue somebody means.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/registry.h"

namespace vidbench::registry {

// Empty lists and unset numbers let everything pass; of a list one entry must hold. A model of which the
// number is not known does not pass a limit on it.
struct Filter {
  // One of the model's tasks is the word, or has it as a part ("image"), or is short for it ("t2v").
  std::vector<std::string> tasks;
  std::vector<std::string> licences;  // the licence begins with it, whatever the case
  std::vector<std::string> families, accesses, runners, organisations;  // equal, whatever the case
  std::optional<double> max_vram_gb;  // measured, or its makers' stated minimum
  std::optional<double> min_parameters_b, max_parameters_b;
  bool commercial = false;  // the licence is known and nothing in its name limits use to research
  bool deployed = false;    // it is known how to run it
  bool runnable = false;    // nothing is missing here
};

// `measured_vram_gb`: a measured number, which counts instead of the stated one.
[[nodiscard]] bool passes(const Model& model, const Filter& filter,
                          std::optional<double> measured_vram_gb = std::nullopt);

// "t2v" for "text-to-video"; a task that has no short name is its own.
[[nodiscard]] std::string_view short_task(std::string_view task);

// Throws Error(kInput) for a word of `filter` that no model of the whole catalogue answers to, with the
// nearest that one does: a list that is empty because of a slip looks like an answer.
void refuse_unknown_words(const std::vector<Model>& catalogue, const Filter& filter);

// The models in which every word of `query` is found (id, title, family, organisation, tasks, paper, source),
// the nearest first: the word as a whole counts more than its beginning, that more than a part, and letters
// in order ("hyvid" in "hunyuan-video") least.
[[nodiscard]] std::vector<const Model*> search(const std::vector<Model>& models, std::string_view query);

}  // namespace vidbench::registry
