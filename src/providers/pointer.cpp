#include "providers/pointer.h"

#include <charconv>
#include <optional>

#include "base/error.h"
#include "base/strings.h"

namespace vidbench::providers {
namespace {

constexpr size_t kLongestList = 1000;

std::string unescape(std::string_view token) {
  std::string text;
  for (size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size())
      text += token[++i] == '0' ? '~' : '/';
    else
      text += token[i];
  }
  return text;
}

std::vector<std::string> tokens_of(std::string_view pointer) {
  std::vector<std::string> tokens;
  if (pointer.empty()) return tokens;
  for (const std::string& token : split(pointer.substr(1), '/')) tokens.push_back(unescape(token));
  return tokens;
}

std::optional<size_t> index_of(const std::string& token) {
  if (token.empty() || (token.size() > 1 && token.front() == '0')) return std::nullopt;
  size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (error != std::errc() || end != token.data() + token.size()) return std::nullopt;
  return index;
}

}  // namespace

bool is_pointer(std::string_view text) {
  if (!text.empty() && text.front() != '/') return false;
  for (size_t i = 0; i < text.size(); ++i)
    if (text[i] == '~' && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1'))) return false;
  return true;
}

const Json* find(const Json& body, std::string_view pointer) {
  const Json* at = &body;
  for (const std::string& token : tokens_of(pointer)) {
    if (at->is_object()) {
      const auto found = at->find(token);
      if (found == at->end()) return nullptr;
      at = &*found;
    } else if (at->is_array()) {
      const auto index = index_of(token);
      if (!index || *index >= at->size()) return nullptr;
      at = &(*at)[*index];
    } else {
      return nullptr;
    }
  }
  return at;
}

const Json* find_first(const Json& body, const std::vector<std::string>& pointers) {
  for (const std::string& pointer : pointers)
    if (const Json* found = find(body, pointer); found != nullptr && !found->is_null()) return found;
  return nullptr;
}

void place(Json& body, std::string_view pointer, Json value) {
  Json* at = &body;
  for (const std::string& token : tokens_of(pointer)) {
    const auto index = index_of(token);
    if (at->is_null()) *at = index ? Json::array() : Json::object();
    if (at->is_object()) {
      at = &(*at)[token];
    } else if (at->is_array() && index && *index <= at->size() && *index < kLongestList) {
      if (*index == at->size()) at->push_back(nullptr);
      at = &(*at)[*index];
    } else {
      throw_input("nothing can be put at '" + std::string(pointer) + "' of the body",
                  "another value stands in the way, or an item of the list before it is missing");
    }
  }
  *at = std::move(value);
}

}  // namespace vidbench::providers
