// Refuses YAML that our files have no use for and that could exhaust time or memory.
#pragma once

#include <string>

namespace vidbench {

// Throws Error(kInput) "<origin>:<line>: …" for bytes that are not UTF-8, for an alias (a few lines of them
// can stand for billions of values) for a second document and for invalid
// syntax.
void check_plain_yaml(const std::string& text, const std::string& origin);

}  // namespace vidbench
