// How the tests start tests/workers/fake_worker.py.
#pragma once

#include <signal.h>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "registry/registry.h"
#include "workers/worker_process.h"

namespace vidbench::workers::testing_support {

inline std::vector<std::string> fake_command(const std::string& mode, const std::string& argument = "") {
  std::vector<std::string> command = {"python3", VIDBENCH_SOURCE_DIR "/tests/workers/fake_worker.py", mode};
  if (!argument.empty()) command.push_back(argument);
  return command;
}

inline registry::Model fake_model(const std::string& mode, const std::string& argument = "") {
  registry::Model model;
  model.id = "fake";
  model.deployment.runner = "worker";
  model.deployment.command = fake_command(mode, argument);
  return model;
}

// True once `pid` is gone or a zombie whose parent is not us, at the latest after 30 s.
inline bool ends(pid_t pid) {
  for (int i = 0; i < 3000; ++i) {
    if (::kill(pid, 0) != 0) return true;
    std::ifstream status("/proc/" + std::to_string(pid) + "/stat");
    std::string text((std::istreambuf_iterator<char>(status)), {});
    const size_t name_end = text.rfind(')');
    if (name_end == std::string::npos || text.substr(name_end + 2, 1) == "Z") return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

// The number after "child " in a log tail: a process that the worker started.
inline pid_t child_in(const std::string& log) { return std::stoi(log.substr(log.rfind("child ") + 6)); }

}  // namespace vidbench::workers::testing_support
