// Cuts a worker's output into lines and lines into protocol messages.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace vidbench::workers {

// Bytes in, whole lines out. `too_long()` tells that a line has passed the limit.
class LineBuffer {
 public:
  explicit LineBuffer(size_t limit_bytes) : limit_(limit_bytes) {}
  void append(std::string_view bytes) { data_.append(bytes); }
  // The next line without its '\n'; nullopt until one is complete.
  [[nodiscard]] std::optional<std::string> next();
  [[nodiscard]] bool too_long() const { return data_.size() - begin_ > limit_; }

 private:
  std::string data_;
  size_t begin_ = 0;    // start of the line in work
  size_t scanned_ = 0;  // up to here it holds no '\n'
  size_t limit_;
};

// The message on a line, or nullopt when the line is garbage: not a JSON object with "jsonrpc": "2.0", not
// UTF-8, or nested deeper than a message can be (which would cost memory before it could be judged).
[[nodiscard]] std::optional<Json> parse_message(std::string_view line);

}  // namespace vidbench::workers
