#include "providers/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "base/strings.h"
#include "providers/pointer.h"
#include "providers/template.h"

namespace vidbench::providers {
namespace {

constexpr double kAspectTolerance = 0.01;

// Whole numbers without a point.
Json plain(double number) {
  if (number == std::floor(number) && std::abs(number) < 9e15) return static_cast<int64_t>(number);
  return number;
}

// As a file would write it: "5", "2.5", "1280x720".
std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return fmt::format("{}", value.get<double>());
  return value.dump();
}

std::optional<double> number_of(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<double> ratio_of(const std::string& text) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos) return std::nullopt;
  const auto width = number_of(text.substr(0, colon)), height = number_of(text.substr(colon + 1));
  if (!width || !height || *height <= 0) return std::nullopt;
  return *width / *height;
}

class Writer {
 public:
  Writer(const std::string& name, const Field& field, const Wanted& wanted, const std::string& provider)
      : name_(name), field_(field), wanted_(wanted), provider_(provider) {
    for (const Json& value : field.allowed) choices_.push_back(text_of(value));
    for (const auto& [value, sent] : field.map) choices_.push_back(value);
  }

  // Null: nothing is sent.
  [[nodiscard]] Json value() const {
    const Json asked = asked_value();
    if (asked.is_null()) {
      if (field_.required && field_.fallback.is_null())
        throw Refused("invalid-request", fmt::format("provider '{}' needs a {}", provider_, name_),
                      "set it in the model's defaults or settings.request");
      return field_.fallback;
    }
    check_length(asked);
    const Json chosen = choices_.empty() ? asked : Json(choose(asked));
    check_range(chosen);
    return sent(chosen);
  }

 private:
  [[nodiscard]] Json asked_value() const {
    if (name_ == "model") return wanted_.model;
    if (name_ == "prompt") return wanted_.prompt;
    if (name_ == "negative_prompt")
      return wanted_.negative_prompt.empty() ? Json() : Json(wanted_.negative_prompt);
    if (name_ == "seed") return wanted_.seed;
    if (name_ == "frames") return or_null(wanted_.frames);
    if (name_ == "width") return or_null(wanted_.width);
    if (name_ == "height") return or_null(wanted_.height);
    if (name_ == "steps") return or_null(wanted_.steps);
    if (name_ == "fps") return wanted_.fps ? plain(*wanted_.fps) : Json();
    if (name_ == "guidance") return wanted_.guidance ? plain(*wanted_.guidance) : Json();
    if (name_ == "duration") return duration();
    if (!wanted_.width || !wanted_.height) return {};
    if (name_ == "size") return fmt::format("{}x{}", *wanted_.width, *wanted_.height);
    if (name_ == "resolution") return std::min(*wanted_.width, *wanted_.height);
    for (const std::string ratio : {"16:9", "9:16", "4:3", "3:4", "1:1", "3:2", "2:3", "21:9", "9:21"})
      if (holds_to(ratio)) return ratio;
    const int divisor = std::gcd(*wanted_.width, *wanted_.height);
    return fmt::format("{}:{}", *wanted_.width / divisor, *wanted_.height / divisor);
  }

  static Json or_null(const std::optional<int>& value) { return value ? Json(*value) : Json(); }

  [[nodiscard]] Json duration() const {
    if (!wanted_.frames || !wanted_.fps) return {};
    const double seconds = *wanted_.frames / *wanted_.fps;
    const double whole = std::round(seconds);
    return plain(choices_.empty() && whole > 0 && near_duration(whole) ? whole : seconds);
  }

  // Many models make one frame more than a whole number of seconds.
  [[nodiscard]] bool near_duration(double seconds) const {
    return std::abs(*wanted_.frames / *wanted_.fps - seconds) <= 1 / *wanted_.fps + 1e-9;
  }

  [[nodiscard]] bool fits(const std::string& choice, const std::string& asked) const {
    if (choice == asked) return true;
    if (name_ == "duration") {
      const auto seconds = number_of(choice);
      return seconds && near_duration(*seconds);
    }
    return name_ == "aspect_ratio" && holds_to(choice);
  }

  // Sizes are multiples of 8 or 16, so that few hold exactly.
  [[nodiscard]] bool holds_to(const std::string& choice) const {
    const auto ratio = ratio_of(choice);
    const double wanted = static_cast<double>(*wanted_.width) / *wanted_.height;
    return ratio && std::abs(*ratio / wanted - 1) <= kAspectTolerance;
  }

  [[nodiscard]] std::string choose(const Json& asked) const {
    const std::string text = text_of(asked);
    const auto exact = std::find(choices_.begin(), choices_.end(), text);
    if (exact != choices_.end()) return *exact;
    for (const std::string& choice : choices_)
      if (fits(choice, text)) return choice;
    refuse(text, "it takes " + join(choices_, ", "));
  }

  void check_range(const Json& value) const {
    if (!field_.minimum && !field_.maximum) return;
    const auto number = number_of(text_of(value));
    const bool low = number && field_.minimum && *number < *field_.minimum;
    const bool high = number && field_.maximum && *number > *field_.maximum;
    if (!low && !high) return;
    refuse(text_of(value),
           "it takes " + (field_.minimum ? fmt::format("{} ", *field_.minimum) : std::string("anything ")) +
               (field_.maximum ? fmt::format("to {}", *field_.maximum) : std::string("or more")));
  }

  // A text's characters, and its length in UTF-16, are counted without decoding: continuation bytes count
  // nothing, four-byte sequences are pairs in UTF-16.
  void check_length(const Json& value) const {
    if (!value.is_string()) return;
    size_t characters = 0, pairs = 0;
    for (const char c : value.get_ref<const std::string&>()) {
      characters += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
      pairs += static_cast<unsigned char>(c) >= 0xf0 ? 1 : 0;
    }
    const auto check = [this](size_t length, size_t limit, const char* unit) {
      if (limit > 0 && length > limit)
        throw Refused("invalid-request", fmt::format("provider '{}' takes a {} of at most {} {}, not {}",
                                                     provider_, name_, limit, unit, length));
    };
    check(characters, field_.max_characters, "characters");
    check(characters + pairs, field_.max_utf16_units, "UTF-16 units");
  }

  [[noreturn]] void refuse(const std::string& value, const std::string& allowed) const {
    throw Refused("unsupported",
                  fmt::format("provider '{}' does not take {} {}: {}", provider_, name_, value, allowed),
                  "change the model's defaults, or what the suite or the command line asks for");
  }

  [[nodiscard]] Json sent(const Json& value) const {
    const std::string text = text_of(value);
    for (const auto& [choice, replacement] : field_.map)
      if (choice == text) return replacement;
    if (!field_.format.empty())
      return expand(field_.format, [&](const std::string& name, size_t) {
        if (name == "width") return std::to_string(wanted_.width.value_or(0));
        return name == "height" ? std::to_string(wanted_.height.value_or(0)) : text;
      });
    if (field_.as_text || !is_number_field()) return text;
    const auto number = number_of(text);
    return value.is_number() ? value : number ? plain(*number) : Json(text);
  }

  [[nodiscard]] bool is_number_field() const {
    return name_ != "model" && name_ != "prompt" && name_ != "negative_prompt" && name_ != "size" &&
           name_ != "aspect_ratio";
  }

  const std::string& name_;
  const Field& field_;
  const Wanted& wanted_;
  const std::string& provider_;
  Texts choices_;
};

// A number that nothing in the body stands for is refused rather than dropped.
void check_covered(const Fields& fields, const Wanted& wanted, const std::string& provider) {
  const auto has = [&fields](const char* name) { return fields.contains(name); };
  const auto need = [&provider](bool asked, bool taken, const char* what, const char* hint) {
    if (asked && !taken)
      throw Refused("unsupported", fmt::format("provider '{}' takes no {} for this model", provider, what),
                    hint);
  };
  const char* leave = "leave it out of the model's defaults and of the suite's settings";
  const bool shape = has("size") || has("aspect_ratio") || has("resolution");
  const bool duration = has("duration") && wanted.frames && wanted.fps;
  need(wanted.frames.has_value(), has("frames") || duration, "number of frames",
       has("duration") ? "give fps as well: the duration is frames / fps" : leave);
  need(wanted.fps.has_value(), has("fps") || duration, "frame rate",
       has("duration") ? "give frames as well: the duration is frames / fps" : leave);
  need(wanted.width.has_value(), has("width") || shape, "width", leave);
  need(wanted.height.has_value(), has("height") || shape, "height", leave);
  need(wanted.steps.has_value(), has("steps"), "number of steps", leave);
  need(wanted.guidance.has_value(), has("guidance"), "guidance scale", leave);
  need(!wanted.negative_prompt.empty(), has("negative_prompt"), "negative prompt",
       "choose a suite without negative prompts");
}

}  // namespace

const ModelRules* rules_of(const Provider& provider, const std::string& model) {
  if (const auto exact = provider.models.find(model); exact != provider.models.end()) return &exact->second;
  const ModelRules* rules = nullptr;  // sorted: of two prefixes that fit, the longer comes later
  for (const auto& [name, entry] : provider.models)
    if (name.ends_with('*') && model.starts_with(name.substr(0, name.size() - 1))) rules = &entry;
  return rules;
}

Fields effective_fields(const Provider& provider, const std::string& model, const Fields& own) {
  Fields fields = own;
  if (const ModelRules* rules = rules_of(provider, model))
    fields.insert(rules->fields.begin(), rules->fields.end());
  fields.insert(provider.fields.begin(), provider.fields.end());
  std::erase_if(fields, [](const auto& entry) { return entry.second.absent; });
  return fields;
}

void write_fields(Json& body, const Fields& fields, const Wanted& wanted, const std::string& provider) {
  check_covered(fields, wanted, provider);
  for (const auto& [name, field] : fields) {
    Json value = Writer(name, field, wanted, provider).value();
    if (!value.is_null()) place(body, field.at, std::move(value));
  }
}

}  // namespace vidbench::providers
