#include "workers/command_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <csignal>
#include <cstdlib>

#include "base/strings.h"

namespace vidbench::workers {
namespace {

constexpr size_t kLongestLine = 16384;   // longer ones are cut into several
constexpr size_t kLongestMatched = 512;  // std::regex recurses for each character

struct Word {
  size_t begin, end;
  std::string text;
};

// Runs of letters and digits; each character beyond ASCII is a word of its own.
std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    size_t end = i + 1;
    if (c >= 0x80) {
      while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    } else if (std::isalnum(c) != 0) {
      while (end < text.size() && static_cast<unsigned char>(text[end]) < 0x80 &&
             std::isalnum(static_cast<unsigned char>(text[end])) != 0)
        ++end;
    } else {  // "\\n" is how a line break is often printed
      const bool escape = c == '\\' && i + 1 < text.size() &&
                          std::string_view("nrt").find(text[i + 1]) != std::string_view::npos;
      i += escape ? 2 : 1;
      continue;
    }
    std::string lower(text.substr(i, end - i));
    for (char& l : lower) l = static_cast<char>(std::tolower(static_cast<unsigned char>(l)));
    words.push_back({i, end, std::move(lower)});
    i = end;
  }
  return words;
}

// How many words of `line` from `at` on are words of `prompt` in its order, wherever they begin in it.
size_t longest_run(const std::vector<Word>& line, size_t at, const std::vector<std::string>& prompt) {
  size_t longest = 0;
  for (size_t from = 0; from < prompt.size(); ++from) {
    size_t n = 0;
    while (at + n < line.size() && from + n < prompt.size() && line[at + n].text == prompt[from + n]) ++n;
    longest = std::max(longest, n);
  }
  return longest;
}

bool tells_of_memory(const std::string& line) {
  constexpr std::array<std::string_view, 9> kSigns = {
      "out of memory",     "OutOfMemoryError", "can't allocate memory",  "Cannot allocate memory",
      "MemoryError",       "std::bad_alloc",   "ErrorOutOfDeviceMemory", "CUBLAS_STATUS_ALLOC_FAILED",
      "failed to allocate"};
  return std::any_of(kSigns.begin(), kSigns.end(),
                     [&](auto sign) { return line.find(sign) != std::string::npos; });
}

std::string tail_of(const std::string& line) {
  if (line.size() <= kLongestMatched) return line;
  return line.substr(line.size() - kLongestMatched);
}

}  // namespace

PromptScrubber::PromptScrubber(const std::vector<std::string>& prompts) {
  for (const std::string& prompt : prompts) {
    std::vector<std::string> words;
    for (Word& word : words_of(prompt)) words.push_back(std::move(word.text));
    if (!words.empty()) prompts_.push_back(std::move(words));
  }
}

std::string PromptScrubber::operator()(std::string_view line) const {
  const std::vector<Word> words = words_of(line);
  std::string result;
  size_t copied = 0;
  for (size_t i = 0; i < words.size();) {
    size_t run = 0;
    for (const auto& prompt : prompts_) {
      const size_t length = longest_run(words, i, prompt);
      if (length >= std::min<size_t>(3, prompt.size())) run = std::max(run, length);
    }
    if (run == 0) {
      ++i;
      continue;
    }
    result += line.substr(copied, words[i].begin - copied);
    if (!result.ends_with("[prompt]")) result += "[prompt]";
    copied = words[i + run - 1].end;
    i += run;
  }
  return result.append(line.substr(copied));
}

CommandOutput::CommandOutput(const registry::CommandTemplate& command, PromptScrubber scrub,
                             LineFunction line)
    : progress_regex_(command.progress), scrub_(std::move(scrub)), line_(std::move(line)) {
  for (const auto& [pattern, name] : command.stages) stages_.emplace_back(std::regex(pattern), name);
}

std::optional<Progress> CommandOutput::append(std::string_view bytes) {
  progress_.reset();
  for (const char c : bytes) {
    if (c == '\n' || c == '\r' || rest_.size() >= kLongestLine) {
      take(rest_, c == '\r');
      rest_.clear();
    }
    if (c != '\n' && c != '\r') rest_ += c;
  }
  return progress_;
}

void CommandOutput::finish() {
  if (!rest_.empty()) take(rest_, false);
  rest_.clear();
}

void CommandOutput::take(const std::string& line, bool overwritten) {
  if (line.empty()) return;
  read_progress(tail_of(line));
  if (overwritten) return;
  const std::string scrubbed = scrub_(line);
  line_(scrubbed);
  if (trim(scrubbed).empty()) return;
  last_line_ = one_line(trim(scrubbed));
  if (!memory_line_ && tells_of_memory(scrubbed)) memory_line_ = last_line_;
  if (!module_line_ && scrubbed.find("ModuleNotFoundError: ") != std::string::npos) module_line_ = last_line_;
}

void CommandOutput::read_progress(const std::string& line) {
  for (const auto& [regex, name] : stages_)
    if (std::regex_search(line, regex)) {
      stage_ = name;
      progress_ = Progress{"", stage_, 0, 0, 0};
      break;
    }
  std::smatch match;
  if (!std::regex_search(line, match, progress_regex_)) return;
  const size_t first = match[1].matched ? 1 : 3;  // the usual expression has two forms
  if (match.size() <= first + 1) return;
  const auto number = [&](size_t group) {
    return static_cast<int>(
        std::clamp(std::strtol(match[group].str().c_str(), nullptr, 10), 0L, 1'000'000'000L));
  };
  progress_ = Progress{"", stage_, number(first), number(first + 1), 0};
}

store::Failure CommandOutput::failure(const ExitStatus& status, bool oom_killed) const {
  const bool killed =
      (status.signalled && status.value == SIGKILL) || (!status.signalled && status.value == 137);
  if (memory_line_) return {"oom", *memory_line_, ""};
  if (killed && oom_killed)
    return {"oom", "the command was killed, and the kernel's out-of-memory killer was at work", ""};
  if (module_line_) return {"unsupported", *module_line_, ""};
  return {"crash",
          fmt::format("the command {}{}{}", status.text(), last_line_.empty() ? "" : ": ", last_line_), ""};
}

}  // namespace vidbench::workers
