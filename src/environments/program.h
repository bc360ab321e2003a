// A program that is run to its end, its output kept in a log.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace vidbench::environments {

struct Program {
  std::vector<std::string> argv;  // argv[0]: absolute path
  std::vector<std::pair<std::string, std::string>> environment;
  std::filesystem::path log;                                             // what it prints is appended
  std::function<void(const std::string&)> on_line = [](const auto&) {};  // each line as it comes
};

// Throws Error(kEnvironment) with the last lines of its output when it does not end with 0,
// Error(kInterrupted) after a stop request; the program and what it started are gone then.
void run_program(const Program& program, const std::stop_token& stop);

}  // namespace vidbench::environments
