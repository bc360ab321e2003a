// Changes one value of a YAML file and leaves comments, order and everything else as it stands.
#pragma once

#include <optional>
#include <span>
#include <string>

namespace vidbench::config {

// `text` with `value` (one line of YAML; nullopt: nothing) at `path`, e.g. {"run", "workers"}. A mapping in
// braces on the way is written out in lines. Throws Error(kInput) "<origin>: …" when the file is written in
// a way that this cannot change without changing more.
[[nodiscard]] std::string edit_yaml(const std::string& text, const std::string& origin,
                                    std::span<const std::string> path,
                                    const std::optional<std::string>& value);

}  // namespace vidbench::config
