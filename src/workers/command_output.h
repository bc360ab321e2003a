// What a script prints: its lines without the prompt, its progress, and what its end means.
#pragma once

#include <functional>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "registry/command_template.h"
#include "store/records.h"
#include "workers/child_process.h"
#include "workers/runner.h"

namespace vidbench::workers {

// Replaces a prompt in foreign text by "[prompt]", however the text cuts and escapes it: any three words (of
// ideographs: characters) of the prompt that follow each other in it.
class PromptScrubber {
 public:
  explicit PromptScrubber(const std::vector<std::string>& prompts);
  [[nodiscard]] std::string operator()(std::string_view line) const;

 private:
  std::vector<std::vector<std::string>> prompts_;  // their words, in lower case
};

// Bytes in; scrubbed lines, progress and the signs of a known failure out.
class CommandOutput {
 public:
  using LineFunction = std::function<void(std::string_view line)>;

  // `line` is called with each line that ended; one that was overwritten ('\r', a progress bar) counts for
  // progress only.
  CommandOutput(const registry::CommandTemplate& command, PromptScrubber scrub, LineFunction line);
  // Returns the last progress that the bytes told.
  std::optional<Progress> append(std::string_view bytes);
  void finish();  // the rest is a line, too

  // Some scripts go on after it and end as if all were well.
  [[nodiscard]] bool out_of_memory() const { return memory_line_.has_value(); }
  // Why it failed; `oom_killed`: the kernel's out-of-memory killer was at work.
  [[nodiscard]] store::Failure failure(const ExitStatus& status, bool oom_killed) const;

 private:
  void take(const std::string& line, bool overwritten);
  void read_progress(const std::string& line);

  std::regex progress_regex_;
  std::vector<std::pair<std::regex, std::string>> stages_;
  PromptScrubber scrub_;
  LineFunction line_;
  std::string rest_, last_line_;
  std::optional<std::string> memory_line_, module_line_;
  std::optional<Progress> progress_;
  std::string stage_ = "generate";
};

}  // namespace vidbench::workers
