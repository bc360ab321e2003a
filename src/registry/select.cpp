#include "registry/select.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "base/licence.h"
#include "base/strings.h"

namespace vidbench::registry {
namespace {

using Words = std::vector<std::string>;

// An option of a Filter that lists words: what of a model they are held against, and how (both in lower
// case).
struct WordOption {
  std::string_view name;
  Words Filter::*words;
  Words (*values)(const Model&);
  bool (*fits)(const std::string& value, const std::string& word);
};

bool equal(const std::string& value, const std::string& word) { return value == word; }
bool begins(const std::string& value, const std::string& word) { return value.starts_with(word); }
bool is_task(const std::string& value, const std::string& word) {
  return value.find(word) != std::string::npos || short_task(value) == word;
}

constexpr std::array<WordOption, 6> kWordOptions = {{
    {"task", &Filter::tasks, [](const Model& model) { return model.card.tasks; }, is_task},
    {"licence", &Filter::licences, [](const Model& model) { return Words{model.card.licence}; }, begins},
    {"family", &Filter::families, [](const Model& model) { return Words{model.card.family}; }, equal},
    {"organisation", &Filter::organisations,
     [](const Model& model) { return Words{model.card.organisation}; }, equal},
    {"access", &Filter::accesses, [](const Model& model) { return Words{model.card.access}; }, equal},
    {"runner", &Filter::runners, [](const Model& model) { return Words{model.deployment.runner}; }, equal},
}};

bool answers(const Model& model, const WordOption& option, const std::string& word) {
  const Words values = option.values(model);
  return std::any_of(values.begin(), values.end(), [&, wanted = lower(word)](const std::string& value) {
    return option.fits(lower(value), wanted);
  });
}

bool answers_one(const Model& model, const WordOption& option, const Words& words) {
  return words.empty() || std::any_of(words.begin(), words.end(),
                                      [&](const std::string& word) { return answers(model, option, word); });
}

[[noreturn]] void refuse(const std::vector<Model>& catalogue, const WordOption& option,
                         const std::string& word) {
  std::set<std::string> all;
  for (const Model& model : catalogue)
    for (const std::string& value : option.values(model))
      if (!value.empty()) all.insert(value);
  constexpr size_t kListed = 12;  // more are no hint
  const Words names(all.begin(), all.end());
  const std::string near = nearest(word, names);
  throw_input(fmt::format("no model of the catalogue has the {} '{}'", option.name, one_line(word)),
              !near.empty()             ? fmt::format("did you mean '{}'?", near)
              : names.size() <= kListed ? "one of: " + join(names, ", ")
                                        : "`vidbench models list` shows what there is");
}

bool within(const std::optional<double>& value, const std::optional<double>& low,
            const std::optional<double>& high) {
  if (!low && !high) return true;
  return value && (!low || *value >= *low) && (!high || *value <= *high);
}

bool is_subsequence(std::string_view word, std::string_view text) {
  size_t at = 0;
  for (const char c : text)
    if (at < word.size() && word[at] == c) ++at;
  return at == word.size();
}

// How well a word is found in a text, 0 for not at all. Both in lower case.
int found(std::string_view word, std::string_view text) {
  constexpr size_t kLeastLetters = 4;  // fewer stand in order nearly everywhere
  if (text == word) return 100;
  if (text.starts_with(word)) return 60;
  const size_t at = text.find(word);
  if (at != std::string_view::npos) {
    const char before = text[at - 1];
    return before == '-' || before == ' ' || before == '/' || before == '.' ? 50 : 30;
  }
  return word.size() >= kLeastLetters && is_subsequence(word, text) ? 5 : 0;
}

struct Searched {
  std::string text;
  int weight;
};

std::vector<Searched> searched(const Model& model) {
  const Card& card = model.card;
  return {{lower(model.id), 4},
          {lower(card.title), 4},
          {lower(card.family), 3},
          {lower(card.organisation), 2},
          {lower(join(card.tasks, " ")), 1},
          {lower(card.paper), 1},
          {lower(card.source), 1}};
}

int score(const Model& model, const std::vector<std::string>& words) {
  const auto fields = searched(model);
  int total = 0;
  for (const std::string& word : words) {
    int best = 0;
    for (const Searched& field : fields) {
      const int how = found(word, field.text);
      // Letters in order tell something in a name only.
      if (how > 5 || field.weight > 2) best = std::max(best, how * field.weight);
    }
    if (best == 0) return 0;
    total += best;
  }
  return total;
}

}  // namespace

bool passes(const Model& model, const Filter& filter, std::optional<double> measured_vram_gb) {
  const Card& card = model.card;
  if (filter.deployed && !model.deployed()) return false;
  if (filter.runnable && !model.runnable()) return false;
  if (filter.commercial && (card.licence.empty() || is_non_commercial(card.licence))) return false;
  const auto answered = [&](const WordOption& option) {
    return answers_one(model, option, filter.*option.words);
  };
  return std::all_of(kWordOptions.begin(), kWordOptions.end(), answered) &&
         within(measured_vram_gb ? measured_vram_gb : card.min_vram_gb, {}, filter.max_vram_gb) &&
         within(card.parameters_b, filter.min_parameters_b, filter.max_parameters_b);
}

std::string_view short_task(std::string_view task) {
  if (task == "text-to-video") return "t2v";
  if (task == "image-to-video") return "i2v";
  if (task == "video-to-video") return "v2v";
  return task;
}

void refuse_unknown_words(const std::vector<Model>& catalogue, const Filter& filter) {
  for (const WordOption& option : kWordOptions)
    for (const std::string& word : filter.*option.words)
      if (std::none_of(catalogue.begin(), catalogue.end(),
                       [&](const Model& model) { return answers(model, option, word); }))
        refuse(catalogue, option, word);
}

std::vector<const Model*> search(const std::vector<Model>& models, std::string_view query) {
  std::vector<std::string> words;
  for (const std::string& word : split(lower(query), ' '))
    if (!word.empty()) words.push_back(word);
  std::vector<std::pair<int, const Model*>> hits;
  for (const Model& model : models)
    if (const int points = score(model, words); points > 0) hits.emplace_back(points, &model);
  std::stable_sort(hits.begin(), hits.end(), [](auto& a, auto& b) { return a.first > b.first; });
  std::vector<const Model*> result;
  for (const auto& [points, model] : hits) result.push_back(model);
  return result;
}

}  // namespace vidbench::registry
