#include "base/json.h"

#include <fmt/format.h>

#include "base/error.h"

template class nlohmann::basic_json<>;
template class nlohmann::detail::parser<nlohmann::json,
                                        nlohmann::detail::iterator_input_adapter<const char*>>;
template class nlohmann::detail::serializer<nlohmann::json>;

namespace vidbench {

Json parse_json(std::string_view text, std::string_view origin) {
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& e) {
    throw_input(fmt::format("{}: not valid JSON at byte {}", origin, e.byte));
  } catch (const Json::out_of_range&) {  // 1e999
    throw_input(fmt::format("{}: not valid JSON: a number is out of range", origin));
  }
}

std::string document(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string text_or_empty(const Json& json, const char* key) {
  if (!json.is_object()) return "";
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace vidbench
