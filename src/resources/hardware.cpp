#include "resources/hardware.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include <algorithm>
#include <fstream>

#include "base/files.h"
#include "base/strings.h"
#include "base/variable.h"
#include "resources/gpus.h"

namespace vidbench::resources {
namespace fs = std::filesystem;
namespace {

constexpr size_t kDocumentLimitBytes = size_t{1} << 20;

// The value of the first "key : value" line.
std::string field(const fs::path& file, std::string_view key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(key))
      if (const size_t colon = line.find(':'); colon != std::string::npos)
        return trim(line.substr(colon + 1));
  return {};
}

// Of control groups version 2 and 1; "max" and numbers beyond any memory mean none.
std::optional<uint64_t> memory_limit() {
  for (const char* file : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    uint64_t bytes = 0;
    std::ifstream in(file);
    if (in >> bytes) return bytes;
  }
  return {};
}

Disk disk_of(const std::string& use, const fs::path& folder) {
  Disk disk{use, folder};
  std::error_code ec;
  fs::path there = folder;
  while (!fs::exists(there, ec) && there.has_relative_path()) there = there.parent_path();
  struct statvfs status {};
  if (::statvfs(there.c_str(), &status) == 0) {
    disk.free_bytes = static_cast<uint64_t>(status.f_bavail) * status.f_frsize;
    disk.total_bytes = static_cast<uint64_t>(status.f_blocks) * status.f_frsize;
  }
  return disk;
}

void probe_processor(Hardware& hardware) {
  hardware.cpu = field("/proc/cpuinfo", "model name");
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) == 0) hardware.cores = CPU_COUNT(&cores);
  struct sysinfo info {};
  if (sysinfo(&info) == 0) hardware.memory_bytes = static_cast<uint64_t>(info.totalram) * info.mem_unit;
  if (const auto limit = memory_limit(); limit && *limit < hardware.memory_bytes)
    hardware.memory_limit_bytes = limit;
  utsname kernel{};
  if (uname(&kernel) == 0) hardware.kernel = std::string(kernel.sysname) + " " + kernel.release;
}

}  // namespace

uint64_t Hardware::largest_gpu_bytes() const {
  uint64_t largest = 0;
  for (const Gpu& gpu : gpus) largest = std::max(largest, gpu.memory_bytes);
  return largest;
}

Hardware probe_hardware() {
  Hardware hardware;
  probe_processor(hardware);
  hardware.gpus = nvidia_gpus(hardware.notes);
  for (Gpu& gpu : amd_gpus("/sys")) hardware.gpus.push_back(std::move(gpu));
  hardware.disks = {disk_of("data", data_home()), disk_of("cache", cache_directory())};
  return hardware;
}

Hardware judged_hardware() {
  const std::string file = variable("VIDBENCH_HARDWARE");
  if (file.empty()) return probe_hardware();
  return hardware_from_json(parse_json(read_file(file, kDocumentLimitBytes), file), file);
}

Json describe_hardware() {
  Hardware hardware;
  probe_processor(hardware);
  std::vector<std::string> notes;
  hardware.gpus = nvidia_gpus(notes);
  for (Gpu& gpu : amd_gpus("/sys")) hardware.gpus.push_back(std::move(gpu));
  Json json = {{"gpus", Json::array()}};
  if (!hardware.cpu.empty()) json["cpu"] = hardware.cpu;
  if (hardware.cores > 0) json["cores"] = hardware.cores;
  if (hardware.memory_bytes > 0) json["memory_bytes"] = hardware.memory_bytes;
  if (!hardware.kernel.empty()) json["kernel"] = hardware.kernel;
  for (const Gpu& gpu : hardware.gpus) json["gpus"].push_back(gpu.name);
  return json;
}

}  // namespace vidbench::resources
