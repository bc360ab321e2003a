// The prompts of a suite file, in either of its two forms.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/yaml.h"
#include "suites/suite.h"

namespace vidbench::suites {

// Reads `prompts` (a list of {id, text, negative, category, dimensions, auxiliary, image, video}) or
// `categories` (a list of {name, prompts}, whose prompts are texts) of the suite `suite_id`, whose file lies
// in `folder` (empty: prompts may name no files). Throws Error(kInput) when both or neither are there, and
// for a text that is empty, too long, not one line or a duplicate.
[[nodiscard]] std::vector<Prompt> read_prompts(YamlMap& suite, const std::string& suite_id,
                                               const std::filesystem::path& folder);

// `text` without surrounding white space; `map.fail`s for control characters (they would reach terminals and
// CSV files) and for more than `limit` bytes. `what` names the value in errors.
[[nodiscard]] std::string plain_text(const YamlMap& map, const std::string& key, const std::string& what,
                                     const std::string& text, size_t limit);

// `map.fail`s unless `id` is 1–128 of a–z, A–Z, 0–9, '-', '_', '.' and the characters in `also`.
void check_id(const YamlMap& map, const std::string& key, const std::string& id, std::string_view also);

}  // namespace vidbench::suites
