// GPUs by what their drivers tell.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "resources/hardware.h"

namespace vidbench::resources {

// By nvidia-smi; without it by what /proc tells, which knows names only. Adds to `notes` what went wrong.
[[nodiscard]] std::vector<Gpu> nvidia_gpus(std::vector<std::string>& notes);

// The lines of nvidia-smi --query-gpu=name,memory.total,driver_version,compute_cap --format=csv,noheader,
// nounits. What it does not know ("[N/A]") stays unknown; a line of another form is none.
[[nodiscard]] std::vector<Gpu> parse_nvidia_smi(const std::string& output);

// By the kernel's driver: `sys` stands for /sys.
[[nodiscard]] std::vector<Gpu> amd_gpus(const std::filesystem::path& sys);

}  // namespace vidbench::resources
