#include "registry/script_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/strings.h"

namespace vidbench::registry {
namespace {

// The arguments of a call as they stand in the text, split at its own commas.
class CallReader {
 public:
  // `at` stands behind the opening parenthesis.
  CallReader(std::string_view source, size_t at) : source_(source), at_(at) {}

  std::vector<std::string> arguments() {
    std::vector<std::string> found(1);
    int depth = 0;
    while (at_ < source_.size() && found.size() < kMostArguments) {
      const char c = source_[at_];
      if (c == '#') {
        at_ = std::min(source_.find('\n', at_), source_.size());
      } else if (c == '"' || c == '\'') {
        found.back() += literal();
      } else {
        if (c == '(' || c == '[' || c == '{') ++depth;
        if ((c == ')' || c == ']' || c == '}') && depth-- == 0) break;
        if (c == ',' && depth == 0)
          found.emplace_back();
        else
          found.back() += c;
        ++at_;
      }
    }
    for (std::string& argument : found) argument = trim(argument);
    std::erase(found, "");
    return found;
  }

 private:
  static constexpr size_t kMostArguments = 64;

  // A string literal with its quotes, which are made double ones.
  std::string literal() {
    const char quote = source_[at_];
    const std::string_view triple = source_.substr(at_, 3);
    const bool is_triple = triple == std::string(3, quote);
    const std::string end(is_triple ? 3 : 1, quote);
    size_t from = at_ + end.size();
    std::string text = "\"";
    while (from < source_.size() && source_.substr(from, end.size()) != end) {
      if (source_[from] == '\\' && from + 1 < source_.size()) ++from;
      text += source_[from++];
    }
    at_ = std::min(from + end.size(), source_.size());
    return text + "\"";
  }

  std::string_view source_;
  size_t at_;
};

bool is_literal(const std::string& text) {
  return text.size() >= 2 && text.front() == '"' && text.find('"', 1) == text.size() - 1;
}

std::string unquoted(const std::string& text) {
  return is_literal(text) ? text.substr(1, text.size() - 2) : "";
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789.-+e") == std::string::npos &&
         text.find_first_of("0123456789") != std::string::npos;
}

std::string plain_value(const std::string& text) {
  return is_literal(text) ? unquoted(text) : is_number(text) ? text : "";
}

std::vector<std::string> literals_of(const std::string& list) {
  std::vector<std::string> found;
  for (size_t at = list.find('"'); at != std::string::npos; at = list.find('"', at)) {
    const size_t end = list.find('"', at + 1);
    if (end == std::string::npos) break;
    found.push_back(list.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return found;
}

void apply_keyword(ScriptOption& option, const std::string& name, const std::string& value) {
  if (name == "default") option.default_text = plain_value(value);
  if (name == "choices") option.choices = literals_of(value);
  if (name == "required") option.required = value == "True";
  if (name == "is_flag") option.is_switch = value == "True";
  if (name == "action") option.is_switch = value == "\"store_true\"" || value == "\"store_false\"";
  if (name == "nargs") option.values = is_number(value) ? std::atoi(value.c_str()) : -1;
}

// The longest of "-n", "--frames": a script's own names are its long ones.
std::optional<ScriptOption> read_option(const std::vector<std::string>& arguments) {
  ScriptOption option;
  for (const std::string& argument : arguments) {
    const size_t equals = argument.find('=');
    if (argument.front() == '"') {
      const std::string flag = unquoted(argument);
      if (flag.starts_with("-") ? flag.size() > option.flag.size() : option.flag.empty()) option.flag = flag;
    } else if (equals != std::string::npos) {
      apply_keyword(option, trim(argument.substr(0, equals)), trim(argument.substr(equals + 1)));
    }
  }
  const auto printable = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
  if (option.flag.empty() || !std::all_of(option.flag.begin(), option.flag.end(), printable))
    return std::nullopt;
  if (!option.flag.starts_with("-")) option.required = option.default_text.empty();
  return option;
}

// What the scripts of this field call the things that vidbench asks for.
struct Known {
  const char* placeholder;
  std::vector<const char*> names;
};

const std::vector<Known>& known_names() {
  static const std::vector<Known> known = {
      {"prompt", {"prompt", "text_prompt", "text", "caption"}},
      {"prompt_file", {"prompt_file", "prompt_path", "prompts_file", "txt_file"}},
      {"negative_prompt", {"negative_prompt", "neg_prompt", "n_prompt"}},
      {"seed", {"seed", "base_seed", "random_seed", "noise_seed"}},
      {"frames", {"num_frames", "frame_num", "video_length", "n_frames", "frames", "num_video_frames"}},
      {"width", {"width", "video_width"}},
      {"height", {"height", "video_height"}},
      {"size", {"size", "video_size", "resolution"}},
      {"fps", {"fps", "save_fps", "savefps", "frame_rate"}},
      {"steps",
       {"num_inference_steps", "sample_steps", "infer_steps", "sampling_steps", "num_sampling_steps",
        "ddim_steps", "num_steps", "steps"}},
      {"guidance",
       {"guidance_scale", "sample_guide_scale", "cfg_scale", "unconditional_guidance_scale", "guidance",
        "cfg"}},
      {"weights",
       {"ckpt_dir", "ckpt_path", "checkpoint_dir", "checkpoint_path", "model_dir", "model_path", "model_base",
        "pretrained_model_path", "pretrained_model_name_or_path", "checkpoint", "ckpt", "weights"}},
      {"output", {"save_file", "output_path", "output_file", "output", "out"}},
      {"output_dir", {"output_dir", "save_dir", "out_dir", "outdir", "savedir", "save_path"}}};
  return known;
}

// "--Num-Frames" → "num_frames"
std::string plain_name(const std::string& flag) {
  std::string name;
  for (const char c : flag.substr(std::min(flag.find_first_not_of('-'), flag.size())))
    name += c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

const ScriptOption* find_option(const std::vector<ScriptOption>& options, const Known& known) {
  for (const char* name : known.names)
    for (const ScriptOption& option : options)
      if (plain_name(option.flag) == name && !option.is_switch) return &option;
  return nullptr;
}

// "832*480" and "720x1280" tell how the script writes a size, not which side comes first: that is asked.
std::optional<std::string> size_text(const ScriptOption& option) {
  std::vector<std::string> examples = option.choices;
  examples.push_back(option.default_text);
  for (const std::string& example : examples)
    for (const char separator : {'*', 'x', 'X'}) {
      const size_t at = example.find(separator);
      if (at != std::string::npos && is_number(example.substr(0, at)) && is_number(example.substr(at + 1)))
        return fmt::format("{{width}}{}{{height}}", separator);
    }
  return std::nullopt;
}

class Proposal {
 public:
  Proposal(const std::vector<ScriptOption>& options, bool weights) : options_(options), weights_(weights) {}

  ScriptCommand make() {
    for (const Known& known : known_names())
      if (const ScriptOption* option = find_option(options_, known)) take(known.placeholder, *option);
    settle_output();
    command_.takes_prompt = taken("prompt") || taken("prompt_file");
    command_.takes_seed = taken("seed");
    if (!command_.takes_prompt) command_.remarks.emplace_back("no option for the prompt was found");
    if (!command_.takes_seed) command_.remarks.emplace_back("no option for the seed was found");
    for (const ScriptOption& option : options_)
      if (option.required && !used(option))
        command_.remarks.push_back(
            fmt::format("{} is required by the script and not filled in", option.flag));
    return command_;
  }

 private:
  [[nodiscard]] bool taken(const std::string& placeholder) const {
    return std::find(placeholders_.begin(), placeholders_.end(), placeholder) != placeholders_.end();
  }
  [[nodiscard]] bool used(const ScriptOption& option) const {
    return std::find(used_.begin(), used_.end(), &option) != used_.end();
  }

  void take(const std::string& placeholder, const ScriptOption& option) {
    if (used(option)) return;
    if (placeholder == "prompt_file" && taken("prompt")) return;
    if (placeholder == "output_dir" && taken("output")) return;
    if (placeholder == "weights" && !weights_)
      return command_.remarks.push_back(
          fmt::format("{} is left to the script (--weights names them)", option.flag));
    if (placeholder == "size") return take_size(option);
    if (option.values > 1)
      return command_.remarks.push_back(
          fmt::format("{} takes {} values: not filled in", option.flag, option.values));
    add(placeholder, option, "{" + placeholder + "}");
    if (is_number(option.default_text)) command_.defaults[placeholder] = option.default_text;
  }

  void take_size(const ScriptOption& option) {
    if (taken("width") || taken("height")) return;
    const auto text = option.values == 1 ? size_text(option) : std::nullopt;
    if (!text)
      return command_.remarks.push_back(
          fmt::format("how {} writes a size is not clear: not filled in", option.flag));
    command_.remarks.push_back(fmt::format("{}: check that width comes first", option.flag));
    add("size", option, *text);
  }

  void add(const std::string& placeholder, const ScriptOption& option, const std::string& text) {
    placeholders_.push_back(placeholder);
    used_.push_back(&option);
    // A text of the user's may begin with '-'.
    const bool free_text = placeholder == "prompt" || placeholder == "negative_prompt";
    std::vector<std::string> words = {option.flag, text};
    if (!option.flag.starts_with("-")) words = {text};
    if (option.flag.starts_with("--") && free_text) words = {option.flag + "=" + text};
    if (placeholder == "negative_prompt")
      command_.optional.push_back(words);
    else
      command_.arguments.insert(command_.arguments.end(), words.begin(), words.end());
  }

  void settle_output() {
    if (taken("output")) return;
    command_.output = taken("output_dir") ? "{output_dir}/**/*.mp4" : "**/*.mp4";
    if (!taken("output_dir"))
      command_.remarks.emplace_back("no option for the output was found: check settings.output");
  }

  const std::vector<ScriptOption>& options_;
  bool weights_;
  ScriptCommand command_;
  std::vector<std::string> placeholders_;
  std::vector<const ScriptOption*> used_;
};

}  // namespace

std::vector<ScriptOption> read_script_options(std::string_view source) {
  std::vector<ScriptOption> options;
  for (const std::string_view call : {std::string_view(".add_argument("), std::string_view("click.option(")})
    for (size_t at = source.find(call); at != std::string_view::npos; at = source.find(call, at + 1))
      if (auto option = read_option(CallReader(source, at + call.size()).arguments()))
        options.push_back(std::move(*option));
  return options;
}

ScriptCommand propose_command(const std::vector<ScriptOption>& options, bool weights) {
  return Proposal(options, weights).make();
}

}  // namespace vidbench::registry
