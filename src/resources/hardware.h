// The devices of a machine, as far as they can be read without privileges.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace vidbench::resources {

struct Gpu {
  std::string vendor;              // "nvidia", "amd"
  std::string name;                // "NVIDIA H200"
  uint64_t memory_bytes = 0;       // 0 = not known
  std::string driver;              // "" = not known
  std::string compute_capability;  // "9.0"; of NVIDIA's
};

struct Disk {
  std::string use;  // "data", "cache"
  std::filesystem::path path;
  uint64_t free_bytes = 0, total_bytes = 0;
};

struct Hardware {
  std::string cpu, kernel;
  int cores = 0;                               // that this process may use
  uint64_t memory_bytes = 0;                   // of the machine
  std::optional<uint64_t> memory_limit_bytes;  // of this process's control group, where that is less
  std::vector<Gpu> gpus;
  std::vector<Disk> disks;
  std::vector<std::string> notes;  // what could not be found out, and why

  // Of the GPU that has most; 0 without one.
  [[nodiscard]] uint64_t largest_gpu_bytes() const;
};

// This machine. Asks nvidia-smi where it is there.
[[nodiscard]] Hardware probe_hardware();
// What VIDBENCH_HARDWARE names (a document of `vidbench doctor`), else this machine.
[[nodiscard]] Hardware judged_hardware();

[[nodiscard]] Json to_json(const Hardware& hardware);
// The member `hardware` of a document "vidbench.doctor/1". Throws Error(kInput) "<origin>: …".
[[nodiscard]] Hardware hardware_from_json(const Json& document, const std::string& origin);

// {"cpu", "cores", "memory_bytes", "kernel", "gpus": [names]} for a run's manifest; what is not known is
// absent.
[[nodiscard]] Json describe_hardware();

}  // namespace vidbench::resources
