#include "registry/select.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "base/error.h"
#include "base/licence.h"
#include "base/strings.h"

namespace vidbench::registry {
namespace {

// Whether `allowed` is empty or `fits` one of its words, in lower case.
template <typename Fits>
bool one_of(const std::vector<std::string>& allowed, Fits fits) {
  return allowed.empty() || std::any_of(allowed.begin(), allowed.end(),
                                        [&](const std::string& word) { return fits(lower(word)); });
}

bool equals_one(const std::vector<std::string>& allowed, const std::string& value) {
  return one_of(allowed, [own = lower(value)](const std::string& word) { return own == word; });
}

bool within(const std::optional<double>& value, const std::optional<double>& low,
            const std::optional<double>& high) {
  if (!low && !high) return true;
  return value && (!low || *value >= *low) && (!high || *value <= *high);
}

bool is_task(const Card& card, const std::string& word) {
  return std::any_of(card.tasks.begin(), card.tasks.end(), [&](const std::string& task) {
    return task.find(word) != std::string::npos || short_task(task) == word;
  });
}

bool is_licence(const Card& card, const std::string& word) { return lower(card.licence).starts_with(word); }

bool has_task(const Card& card, const std::vector<std::string>& wanted) {
  return one_of(wanted, [&](const std::string& word) { return is_task(card, word); });
}

// One option of a Filter: what a model answers to, and whether it does.
void refuse_unknown(const std::vector<Model>& catalogue, std::string_view what,
                    const std::vector<std::string>& words,
                    const std::function<std::vector<std::string>(const Model&)>& values,
                    const std::function<bool(const Model&, const std::string&)>& fits) {
  for (const std::string& word : words) {
    const auto known = [&](const Model& model) { return fits(model, lower(word)); };
    if (std::any_of(catalogue.begin(), catalogue.end(), known)) continue;
    std::set<std::string> all;
    for (const Model& model : catalogue)
      for (const std::string& value : values(model))
        if (!value.empty()) all.insert(value);
    constexpr size_t kListed = 12;  // more are no hint
    const std::vector<std::string> names(all.begin(), all.end());
    const std::string near = nearest(word, names);
    throw_input(fmt::format("no model of the catalogue has the {} '{}'", what, one_line(word)),
                !near.empty()             ? fmt::format("did you mean '{}'?", near)
                : names.size() <= kListed ? "one of: " + join(names, ", ")
                                          : "`vidbench models list` shows what there is");
  }
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

struct Words {
  std::string text;
  int weight;
};

std::vector<Words> searched(const Model& model) {
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
    for (const Words& field : fields) {
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
  return has_task(card, filter.tasks) && equals_one(filter.families, card.family) &&
         equals_one(filter.accesses, card.access) && equals_one(filter.runners, model.deployment.runner) &&
         equals_one(filter.organisations, card.organisation) &&
         one_of(filter.licences, [&](const std::string& word) { return is_licence(card, word); }) &&
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
  const auto equal = [](auto value) {
    return [value](const Model& model, const std::string& word) { return lower(value(model)) == word; };
  };
  const auto one = [](auto value) {
    return [value](const Model& model) { return std::vector<std::string>{value(model)}; };
  };
  const auto family = [](const Model& model) { return model.card.family; };
  const auto organisation = [](const Model& model) { return model.card.organisation; };
  const auto access = [](const Model& model) { return model.card.access; };
  const auto runner = [](const Model& model) { return model.deployment.runner; };
  const auto licence = [](const Model& model) { return model.card.licence; };
  refuse_unknown(
      catalogue, "task", filter.tasks, [](const Model& model) { return model.card.tasks; },
      [](const Model& model, const std::string& word) { return is_task(model.card, word); });
  refuse_unknown(catalogue, "licence", filter.licences, one(licence),
                 [](const Model& model, const std::string& word) { return is_licence(model.card, word); });
  refuse_unknown(catalogue, "family", filter.families, one(family), equal(family));
  refuse_unknown(catalogue, "organisation", filter.organisations, one(organisation), equal(organisation));
  refuse_unknown(catalogue, "access", filter.accesses, one(access), equal(access));
  refuse_unknown(catalogue, "runner", filter.runners, one(runner), equal(runner));
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
