#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <iostream>

#include "base/log.h"
#include "base/strings.h"
#include "cli/guide.h"
#include "cli/terminal.h"

namespace vidbench::cli {
namespace {

constexpr size_t kShown = 20;

// nullopt at the end of the input.
std::optional<std::string> ask(const std::string& prompt) {
  fmt::print(stderr, "{}", prompt);
  std::fflush(stderr);
  std::string line;
  if (!std::getline(std::cin, line)) return std::nullopt;
  return trim(line);
}

// A number from 1 to `most` as an index.
std::optional<size_t> index_of(const std::string& text, size_t most) {
  size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > most)
    return std::nullopt;
  return number - 1;
}

class PlainGuide final : public Guide {
 public:
  std::optional<std::vector<std::string>> choose(const Choices& choices) override {
    size_t filter = 0;
    std::string query;
    const auto filters = choices.filters();
    if (choices.rows("", 0).empty() && filters.size() > 1) filter = 1;
    while (true) {
      const auto rows = choices.rows(query, filter);
      list(choices, rows, query, filters.size() > 1 ? filters[filter] : "");
      const auto answer =
          ask(choices.several() ? "numbers or names, separated by commas: " : "number or name: ");
      if (!answer || *answer == "q") return std::nullopt;
      if (auto ids = taken(choices, rows, *answer, filter); !ids.empty()) return ids;
      if (filters.size() > 1 && *answer == "f")
        filter = (filter + 1) % filters.size();
      else
        query = *answer;
    }
  }

  std::optional<std::vector<Field>> fill(const std::string& question, std::vector<Field> fields) override {
    log_info("\n" + question + " (Enter keeps what stands in brackets, - empties it, q leaves)");
    for (Field& field : fields)
      while (true) {
        const auto answer = ask(fmt::format("{} [{}]: ", field.label, field.text));
        if (!answer || *answer == "q") return std::nullopt;
        const std::string text = answer->empty() ? field.text : *answer == "-" ? "" : *answer;
        const std::string complaint = field.complaint(text);
        if (complaint.empty()) {
          field.text = text;
          break;
        }
        log_info(complaint);
      }
    return fields;
  }

  std::optional<size_t> decide(const std::vector<std::string>& lines,
                               const std::vector<std::string>& answers) override {
    log_info("");
    for (const std::string& line : lines) log_info(line);
    for (size_t i = 0; i < answers.size(); ++i) log_info(fmt::format("{:>3}  {}", i + 1, answers[i]));
    while (true) {
      const auto answer = ask("number: ");
      if (!answer || *answer == "q") return std::nullopt;
      if (const auto index = index_of(*answer, answers.size())) return index;
    }
  }

 private:
  static void list(const Choices& choices, const std::vector<ChoiceRow>& rows, const std::string& query,
                   const std::string& filter) {
    std::string heading = "\n" + choices.question();
    if (!filter.empty()) heading += fmt::format(" (shown: {}; f shows others)", filter);
    log_info(heading + " Type a word to search, q to leave.");
    if (!query.empty()) log_info("search: " + one_line(query));
    for (size_t i = 0; i < std::min(rows.size(), kShown); ++i) {
      std::vector<std::string> cells = rows[i].cells;
      std::erase(cells, "");
      log_info(fmt::format("{:>3}  {}", i + 1, join(cells, "  ")));
    }
    if (rows.size() > kShown) log_info(fmt::format("     and {} more", rows.size() - kShown));
    if (rows.empty()) log_info("     nothing fits");
  }

  // The ids of an answer that is all numbers or all names; empty for words to search.
  static std::vector<std::string> taken(const Choices& choices, const std::vector<ChoiceRow>& rows,
                                        const std::string& answer, size_t filter) {
    std::vector<std::string> ids;
    for (const std::string& part : split(answer, ',')) {
      const std::string word = trim(part);
      std::string id;
      if (const auto index = index_of(word, std::min(rows.size(), kShown))) id = rows[*index].id;
      for (const ChoiceRow& row :
           id.empty() && !word.empty() ? choices.rows(word, filter) : std::vector<ChoiceRow>())
        if (row.cells.front() == word) id = row.id;
      if (id.empty()) return {};
      if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
    }
    if (ids.size() > 1 && !choices.several()) return {};
    return ids;
  }
};

}  // namespace

std::unique_ptr<Guide> make_guide(bool plain) {
  return !plain && screen_is_possible() ? make_screen_guide() : make_plain_guide();
}

std::unique_ptr<Guide> make_plain_guide() { return std::make_unique<PlainGuide>(); }

}  // namespace vidbench::cli
