#include "workers/line_buffer.h"

namespace vidbench::workers {
namespace {

constexpr int kMaximumDepth = 64;

bool is_shallow(std::string_view line) {
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaximumDepth) return false;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return true;
}

}  // namespace

std::optional<std::string> LineBuffer::next() {
  const size_t newline = data_.find('\n', scanned_);
  if (newline == std::string::npos) {
    data_.erase(0, begin_);
    begin_ = 0;
    scanned_ = data_.size();
    return std::nullopt;
  }
  std::string line = data_.substr(begin_, newline - begin_);
  begin_ = scanned_ = newline + 1;
  return line;
}

std::optional<Json> parse_message(std::string_view line) {
  if (!line.starts_with('{') || !is_shallow(line)) return std::nullopt;
  Json message = Json::parse(line, nullptr, false);
  if (message.is_discarded() || !message.is_object()) return std::nullopt;
  const auto version = message.find("jsonrpc");
  if (version == message.end() || *version != "2.0") return std::nullopt;
  return message;
}

}  // namespace vidbench::workers
