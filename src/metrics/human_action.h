// What VBench's human action asks and which actions count as seen, apart from the network.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vidbench::metrics {

// The action that a prompt asks for: what follows the last "person is ", or all of it; in lower case (of
// ASCII), without space around it.
[[nodiscard]] std::string asked_action(std::string_view prompt);

// Indices of the actions that count as seen, the likeliest first: of the five largest logits those whose
// sigmoid, rounded to four digits, is at least 0.85.
[[nodiscard]] std::vector<size_t> seen_actions(std::span<const float> logits);

// Names in lower case by index, from a file of lines "name<TAB>index" that has each index below `count` once.
// Throws Error(kInput) naming file and line.
[[nodiscard]] std::vector<std::string> read_actions(const std::filesystem::path& path, size_t count);

}  // namespace vidbench::metrics
