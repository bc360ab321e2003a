#include "resources/gpus.h"

#include <fmt/format.h>

#include <fstream>

#include "base/strings.h"
#include "registry/program.h"
#include "workers/ask.h"

namespace vidbench::resources {
namespace fs = std::filesystem;
namespace {

constexpr double kTimeout_s = 20;  // of a driver that starts first

std::vector<Gpu> gpus_of_proc() {
  std::vector<Gpu> gpus;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator("/proc/driver/nvidia/gpus", ec)) {
    std::ifstream in(entry.path() / "information");
    for (std::string line; std::getline(in, line);)
      if (line.starts_with("Model:")) gpus.push_back({"nvidia", trim(line.substr(6))});
  }
  return gpus;
}

}  // namespace

std::vector<Gpu> nvidia_gpus(std::vector<std::string>& notes) {
  const auto program = registry::find_program("nvidia-smi");
  std::vector<Gpu> by_proc = gpus_of_proc();
  if (!program.path) {
    if (!by_proc.empty())
      notes.emplace_back("nvidia-smi is not there: the memory of NVIDIA GPUs is not known");
    return by_proc;
  }
  const workers::Answer answer =
      workers::ask({program.path->string(), "--query-gpu=name,memory.total,driver_version,compute_cap",
                    "--format=csv,noheader,nounits"},
                   kTimeout_s);
  if (answer.ok) return parse_nvidia_smi(answer.output);
  notes.push_back(fmt::format("nvidia-smi {}: {}", answer.end, one_line(trim(answer.output))));
  return by_proc;
}

}  // namespace vidbench::resources
