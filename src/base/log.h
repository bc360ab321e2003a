// Log lines on stderr: human text never goes to stdout, which belongs to results.
#pragma once

#include <string_view>

namespace vidbench {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// Thread-safe; one line, one write.
void log(LogLevel level, std::string_view message);
inline void log_info(std::string_view message) { log(LogLevel::kInfo, message); }
inline void log_warning(std::string_view message) { log(LogLevel::kWarning, message); }

// Lines below this level are dropped; set once at start-up, before threads (default kInfo).
void set_log_level(LogLevel level);

}  // namespace vidbench
