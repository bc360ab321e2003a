#include "suites/prompts.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "base/strings.h"
#include "suites/input_files.h"

namespace vidbench::suites {
namespace {

constexpr size_t kMaxCategoryBytes = 100;

// Collects prompts and refuses duplicates as they come, so that a hostile file ends at its first repetition.
class Collector {
 public:
  explicit Collector(std::string suite_id) : suite_id_(std::move(suite_id)) {}

  // `key` is where `map` holds the text; `place` names it in errors.
  void add(const YamlMap& map, const std::string& key, const std::string& place, Prompt prompt) {
    if (prompts_.size() == kMaxPrompts)
      map.fail(key, fmt::format("more than {} prompts", kMaxPrompts), "split the suite");
    prompt.text = plain_text(map, key, place, prompt.text, kMaxPromptBytes);
    prompt.negative = plain_text(map, "negative", place + " negative", prompt.negative, kMaxPromptBytes);
    if (prompt.text.empty()) map.fail(key, place + " is empty", "write the prompt or remove the entry");
    if (prompt.id.empty()) prompt.id = fmt::format("{}/{}", suite_id_, prompts_.size());
    const std::string files = prompt.image.sha256 + "|" + prompt.video.sha256;
    refuse_repeated(map, key, place, files == "|" ? "text" : "text and files", prompt.text + "|" + files,
                    texts_);
    refuse_repeated(map, map.has("id") ? "id" : key, place, "id", prompt.id, ids_);
    places_.push_back(place);
    prompts_.push_back(std::move(prompt));
  }
  [[nodiscard]] std::vector<Prompt> take() { return std::move(prompts_); }

 private:
  using Seen = std::unordered_map<std::string, size_t>;

  // The value is not quoted: a private suite's prompts must not reach logs.
  void refuse_repeated(const YamlMap& map, const std::string& key, const std::string& place, const char* what,
                       const std::string& value, Seen& seen) const {
    const auto [first, is_new] = seen.emplace(value, prompts_.size());
    if (is_new) return;
    map.fail(key, fmt::format("{} has the same {} as {}", place, what, places_[first->second]),
             fmt::format("each {} may stand once in a suite", what));
  }

  std::string suite_id_;
  std::vector<Prompt> prompts_;
  std::vector<std::string> places_;
  Seen texts_, ids_;
};

std::vector<std::string> read_dimensions(YamlMap& entry) {
  std::vector<std::string> dimensions = entry.texts("dimensions");
  std::set<std::string> seen;
  for (const std::string& dimension : dimensions) {
    check_id(entry, "dimensions", dimension, "/");
    if (!seen.insert(dimension).second)
      entry.fail("dimensions", fmt::format("'{}' stands twice in 'dimensions'", dimension));
  }
  return dimensions;
}

Json read_auxiliary(YamlMap& entry) {
  Json auxiliary = entry.json("auxiliary");
  if (!entry.has("auxiliary")) return nullptr;
  if (!auxiliary.is_object() || auxiliary.empty())
    entry.fail("auxiliary", "'auxiliary' must be a mapping of keys to values");
  if (const size_t bytes = auxiliary.dump().size(); bytes > kMaxAuxiliaryBytes)
    entry.fail("auxiliary",
               fmt::format("'auxiliary' has {} bytes as JSON, more than {}", bytes, kMaxAuxiliaryBytes));
  return auxiliary;
}

void read_list(YamlMap& suite, const std::filesystem::path& folder, Collector& collector) {
  const std::vector<YamlMap> entries = suite.maps("prompts");
  for (size_t i = 0; i < entries.size(); ++i) {
    YamlMap entry = entries[i];
    const std::string place = fmt::format("prompts[{}]", i);
    Prompt prompt;
    prompt.id = entry.text("id", "");
    prompt.text = entry.text("text");
    prompt.negative = entry.text("negative", "");
    prompt.category =
        plain_text(entry, "category", "category", entry.text("category", ""), kMaxCategoryBytes);
    prompt.dimensions = read_dimensions(entry);
    prompt.auxiliary = read_auxiliary(entry);
    prompt.image = read_input_file(entry, "image", folder);
    prompt.video = read_input_file(entry, "video", folder);
    entry.finish();
    if (entry.has("id")) check_id(entry, "id", prompt.id, "/");
    collector.add(entry, "text", place, std::move(prompt));
  }
}

void read_categories(YamlMap& suite, Collector& collector) {
  std::unordered_map<std::string, bool> names;
  for (YamlMap& entry : suite.maps("categories")) {
    const std::string name = plain_text(entry, "name", "name", entry.text("name"), kMaxCategoryBytes);
    if (name.empty()) entry.fail("name", "the category's name is empty");
    if (!names.emplace(name, true).second)
      entry.fail("name", fmt::format("category '{}' stands twice", name));
    const std::vector<std::string> texts = entry.texts("prompts");
    entry.finish();
    if (texts.empty()) entry.fail("prompts", fmt::format("category '{}' has no prompts", name));
    for (size_t i = 0; i < texts.size(); ++i)
      collector.add(entry, "prompts", fmt::format("prompt {} of '{}'", i + 1, name),
                    {.text = texts[i], .category = name});
  }
}

}  // namespace

std::string plain_text(const YamlMap& map, const std::string& key, const std::string& what,
                       const std::string& text, size_t limit) {
  std::string value = trim(text);
  if (value.size() > limit)
    map.fail(key, fmt::format("{} has {} bytes, more than {}", what, value.size(), limit), "shorten it");
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (std::any_of(value.begin(), value.end(), is_control))
    map.fail(key, fmt::format("{} holds a line break or a control character", what),
             "fold long texts with '>-' instead of '|'");
  return value;
}

void check_id(const YamlMap& map, const std::string& key, const std::string& id, std::string_view also) {
  const auto allowed = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_.").find(c) != std::string_view::npos ||
           also.find(c) != std::string_view::npos;
  };
  if (id.empty() || id.size() > 128 || !std::all_of(id.begin(), id.end(), allowed))
    map.fail(key, fmt::format("'{}' of '{}' is not an id", id, key),
             fmt::format("ids are 1–128 letters, digits and -_.{}", also));
  for (const std::string& part : split(id, '/'))  // ids become parts of file names
    if (part.empty() || part.find_first_not_of('.') == std::string::npos)
      map.fail(key, fmt::format("'{}' of '{}' is not an id", id, key),
               "no part between '/' may be empty or dots");
}

std::vector<Prompt> read_prompts(YamlMap& suite, const std::string& suite_id,
                                 const std::filesystem::path& folder) {
  if (suite.has("prompts") && suite.has("categories"))
    suite.fail("categories", "both 'prompts' and 'categories' are given", "keep one of them");
  Collector collector(suite_id);
  read_list(suite, folder, collector);
  read_categories(suite, collector);
  std::vector<Prompt> prompts = collector.take();
  if (prompts.empty())
    suite.fail(suite.has("categories") ? "categories" : "prompts", "the suite has no prompts",
               "list them under 'prompts' or 'categories'");
  return prompts;
}

}  // namespace vidbench::suites
