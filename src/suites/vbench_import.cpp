#include "suites/vbench_import.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/strings.h"

namespace vidbench::suites {
namespace {

// One entry of the list, with errors that name it.
class Entry {
 public:
  Entry(const Json& json, const std::string& origin, size_t index)
      : json_(json), place_(fmt::format("{}: entry {}", origin, index)) {
    if (!json.is_object()) fail("expected an object");
    for (const auto& [key, value] : json.items())
      if (!is_known(key)) {
        const std::vector<std::string> known = {"prompt_en", "dimension", "auxiliary_info"};
        fail(fmt::format("unknown key '{}'", one_line(key)), suggestion(key, known));
      }
  }

  [[nodiscard]] std::string text() const {
    const auto found = json_.find("prompt_en");
    if (found == json_.end() || !found->is_string() || trim(found->get<std::string>()).empty())
      fail("'prompt_en' must be a text that is not empty");
    return trim(found->get<std::string>());
  }

  [[nodiscard]] std::vector<std::string> dimensions() const {
    const auto found = json_.find("dimension");
    const bool texts =
        found != json_.end() && found->is_array() && !found->empty() &&
        std::all_of(found->begin(), found->end(), [](const Json& item) { return item.is_string(); });
    if (!texts) fail("'dimension' must be a list of texts that is not empty");
    return found->get<std::vector<std::string>>();
  }

  // An object by dimension; empty when there is none.
  [[nodiscard]] Json auxiliary(const std::vector<std::string>& dimensions) const {
    const auto found = json_.find("auxiliary_info");
    if (found == json_.end() || found->is_null()) return Json::object();
    if (!found->is_object()) fail("'auxiliary_info' must be an object");
    for (const auto& [key, value] : found->items())
      if (std::find(dimensions.begin(), dimensions.end(), key) == dimensions.end())
        fail(fmt::format("'auxiliary_info' tells of '{}', which is not in 'dimension'", one_line(key)),
             suggestion(key, dimensions));
    return *found;
  }

  [[noreturn]] void fail(const std::string& what, const std::string& hint = {}) const {
    throw_input(place_ + ": " + what, hint);
  }

 private:
  // `video_list` is what VBench adds for its own run; the prompt in other languages is not used.
  static bool is_known(const std::string& key) {
    return key == "dimension" || key == "auxiliary_info" || key == "video_list" || key.starts_with("prompt_");
  }

  const Json& json_;
  std::string place_;
};

// Adds what another entry of the same text asks for.
void merge(Prompt& prompt, const std::vector<std::string>& dimensions, const Json& auxiliary,
           const Entry& entry) {
  for (const std::string& dimension : dimensions)
    if (std::find(prompt.dimensions.begin(), prompt.dimensions.end(), dimension) == prompt.dimensions.end())
      prompt.dimensions.push_back(dimension);
  for (const auto& [key, value] : auxiliary.items()) {
    if (prompt.auxiliary.contains(key) && prompt.auxiliary[key] != value)
      entry.fail(fmt::format("an earlier entry of the same prompt tells something else of '{}'", key));
    prompt.auxiliary[key] = value;
  }
}

// JSON's quoted texts and flow collections are YAML's, too.
std::string yaml(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::strict); }

std::string write(const std::vector<Prompt>& prompts, const VbenchImport& options) {
  std::string text =
      "# Made by `vidbench suites import` from VBench's prompt list (https://github.com/Vchitect/VBench).\n";
  text += fmt::format("id: {}\nversion: 1\ntitle: {}\n", yaml(options.id), yaml(options.title));
  if (!options.licence.empty()) text += fmt::format("public: true\nlicence: {}\n", yaml(options.licence));
  text += fmt::format("\nseeds: {}\nwarmup: 1\nmetrics: {}\n\nprompts:\n", yaml(options.seeds),
                      yaml(options.metrics));
  for (const Prompt& prompt : prompts) {
    text += fmt::format("  - text: {}\n    category: {}\n    dimensions: {}\n", yaml(prompt.text),
                        yaml(prompt.category), yaml(prompt.dimensions));
    if (!prompt.auxiliary.empty()) text += fmt::format("    auxiliary: {}\n", yaml(prompt.auxiliary));
  }
  return text;
}

}  // namespace

std::vector<Prompt> read_vbench_list(const Json& list, const std::string& origin) {
  if (!list.is_array() || list.empty())
    throw_input(origin + ": expected a list of prompts", "VBench publishes it as VBench_full_info.json");
  std::vector<Prompt> prompts;
  std::map<std::string, size_t> places;
  for (size_t i = 0; i < list.size(); ++i) {
    const Entry entry(list[i], origin, i);
    const std::vector<std::string> dimensions = entry.dimensions();
    const auto [place, is_new] = places.emplace(entry.text(), prompts.size());
    if (is_new)
      prompts.push_back({.text = place->first, .category = dimensions.front(), .auxiliary = Json::object()});
    merge(prompts[place->second], dimensions, entry.auxiliary(dimensions), entry);
  }
  return prompts;
}

ImportedSuite import_vbench(const Json& list, const std::string& origin, const VbenchImport& options) {
  const std::vector<Prompt> prompts = read_vbench_list(list, origin);
  std::set<std::string> dimensions;
  for (const Prompt& prompt : prompts) dimensions.insert(prompt.dimensions.begin(), prompt.dimensions.end());
  ImportedSuite result{write(prompts, options), list.size(), prompts.size(), dimensions.size()};
  (void)parse_suite(result.yaml, "the suite made from " + origin);  // its bounds are the suites' own
  return result;
}

}  // namespace vidbench::suites
