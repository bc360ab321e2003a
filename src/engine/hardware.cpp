#include "engine/hardware.h"

#include <sched.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/strings.h"

namespace vidbench::engine {
namespace {

// The value of the first "key : value" line.
std::string field(const std::filesystem::path& file, std::string_view key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(key))
      if (const size_t colon = line.find(':'); colon != std::string::npos)
        return trim(line.substr(colon + 1));
  return {};
}

Json nvidia_gpus() {
  Json names = Json::array();
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/driver/nvidia/gpus", ec))
    if (const std::string name = field(entry.path() / "information", "Model"); !name.empty())
      names.push_back(name);
  return names;
}

}  // namespace

Json describe_hardware() {
  Json hardware = Json::object();
  if (const std::string cpu = field("/proc/cpuinfo", "model name"); !cpu.empty()) hardware["cpu"] = cpu;
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) == 0) hardware["cores"] = CPU_COUNT(&cores);
  struct sysinfo info {};
  if (sysinfo(&info) == 0) hardware["memory_bytes"] = static_cast<uint64_t>(info.totalram) * info.mem_unit;
  utsname kernel{};
  if (uname(&kernel) == 0) hardware["kernel"] = std::string(kernel.sysname) + " " + kernel.release;
  hardware["gpus"] = nvidia_gpus();
  return hardware;
}

}  // namespace vidbench::engine
