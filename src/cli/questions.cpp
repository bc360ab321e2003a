#include "cli/questions.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "base/error.h"
#include "base/strings.h"

namespace vidbench::cli {
namespace {

void say(const std::string& text) { std::fputs(text.c_str(), stderr); }

std::string read_answer() {
  std::string line;
  if (!std::getline(std::cin, line)) {
    say("\n");
    throw Error(ErrorCode::kInterrupted, "no answer was given", "nothing was done");
  }
  return trim(line);
}

}  // namespace

bool can_ask() { return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1; }

std::string ask(const std::string& question, const std::string& proposal) {
  say(proposal.empty() ? question + ": " : fmt::format("{} [{}]: ", question, proposal));
  const std::string answer = read_answer();
  return answer.empty() ? proposal : answer;
}

size_t ask_choice(const std::string& question, const std::vector<std::string>& choices) {
  for (size_t i = 0; i < choices.size(); ++i) say(fmt::format("  {}  {}\n", i + 1, choices[i]));
  while (true) {
    const std::string answer = ask(question);
    for (size_t i = 0; i < choices.size(); ++i)
      if (answer == std::to_string(i + 1)) return i;
    say(fmt::format("a number from 1 to {}, please\n", choices.size()));
  }
}

bool ask_yes(const std::string& question) {
  while (true) {
    const std::string answer = ask(question + " (yes or no)", "yes");
    if (answer == "yes" || answer == "y") return true;
    if (answer == "no" || answer == "n") return false;
    say("yes or no, please\n");
  }
}

}  // namespace vidbench::cli
