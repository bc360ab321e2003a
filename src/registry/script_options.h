// The command line of a Python script, read without running it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vidbench::registry {

// One option that a script declares through argparse's add_argument or click's option.
struct ScriptOption {
  std::string flag;                  // "--num_frames"; of a positional argument its name
  std::string default_text;          // as it stands there, without quotes; "" = none or not a literal
  std::vector<std::string> choices;  // literals alone
  bool required = false, is_switch = false;
  int values = 1;  // nargs; -1 = as many as are given
};

// In the order of the text. What is computed (a flag made of variables) is left out.
[[nodiscard]] std::vector<ScriptOption> read_script_options(std::string_view source);

// The arguments of a `command` deployment that these options make possible: "--prompt={prompt}", …
struct ScriptCommand {
  std::vector<std::string> arguments;              // behind the script's name
  std::vector<std::vector<std::string>> optional;  // settings.optional
  std::string output;                              // settings.output; "" = the script takes {output}
  std::map<std::string, std::string> defaults;     // frames, width, height, fps, steps, guidance
  std::vector<std::string> remarks;                // what was not found, and what is required and unknown
  bool takes_prompt = false, takes_seed = false;
};
// Without `weights` an option for them keeps the script's default.
[[nodiscard]] ScriptCommand propose_command(const std::vector<ScriptOption>& options, bool weights);

}  // namespace vidbench::registry
