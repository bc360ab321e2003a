// Plain questions, a line for each answer: for any terminal.
#pragma once

#include <string>
#include <vector>

namespace vidbench::cli {

// Both stdin and stderr are a terminal: somebody can answer.
[[nodiscard]] bool can_ask();

// Asked on stderr, answered on stdin. Throws Error(kInterrupted) at the end of the input.
// An empty answer is `proposal`, which is shown.
[[nodiscard]] std::string ask(const std::string& question, const std::string& proposal = "");
// The index of one of `choices`, by its number.
[[nodiscard]] size_t ask_choice(const std::string& question, const std::vector<std::string>& choices);
[[nodiscard]] bool ask_yes(const std::string& question);

}  // namespace vidbench::cli
