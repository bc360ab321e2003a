// How a newcomer is asked: full-screen, or with plain numbered questions.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/choices.h"

namespace vidbench::cli {

struct Field {
  std::string name;                                          // "steps"
  std::string label;                                         // "denoising steps"
  std::string text;                                          // prefilled, and what was answered
  std::function<std::string(const std::string&)> complaint;  // what the text must be; "" when it is
};

// Every question may be left, which is nullopt, and harms nothing.
class Guide {
 public:
  virtual ~Guide() = default;
  // Ids of the rows, at least one.
  [[nodiscard]] virtual std::optional<std::vector<std::string>> choose(const Choices& choices) = 0;
  // The fields with their answers, none of which has a complaint.
  [[nodiscard]] virtual std::optional<std::vector<Field>> fill(const std::string& question,
                                                               std::vector<Field> fields) = 0;
  // Index of an answer, with what has to be known for it above.
  [[nodiscard]] virtual std::optional<size_t> decide(const std::vector<std::string>& lines,
                                                     const std::vector<std::string>& answers) = 0;
};

// Full-screen where the terminal can, unless `plain` is asked for.
[[nodiscard]] std::unique_ptr<Guide> make_guide(bool plain);

[[nodiscard]] std::unique_ptr<Guide> make_screen_guide();  // needs screen_is_possible()
[[nodiscard]] std::unique_ptr<Guide> make_plain_guide();   // stdin and stderr

}  // namespace vidbench::cli
