// What drivers tell, read without starting anything.
#include "resources/gpus.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <regex>

#include "base/strings.h"

namespace vidbench::resources {
namespace fs = std::filesystem;
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

std::string first_line(const fs::path& file) {
  std::string line;
  std::ifstream in(file);
  std::getline(in, line);
  return trim(line);
}

std::string known(const std::string& text) { return text.starts_with('[') ? "" : text; }

uint64_t number_of(const std::string& text) {
  uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc() && end == text.data() + text.size() ? number : 0;
}

}  // namespace

std::vector<Gpu> parse_nvidia_smi(const std::string& output) {
  std::vector<Gpu> gpus;
  for (const std::string& line : split(output, '\n')) {
    std::vector<std::string> fields;
    for (const std::string& part : split(line, ',')) fields.push_back(trim(part));
    if (fields.size() != 4 || fields[0].empty()) continue;
    const uint64_t mebibytes = number_of(fields[1]);
    if (mebibytes == 0 && !fields[1].starts_with('[')) continue;
    gpus.push_back({"nvidia", fields[0], mebibytes < (uint64_t{1} << 40) ? mebibytes * kMiB : 0,
                    known(fields[2]), known(fields[3])});
  }
  return gpus;
}

std::vector<Gpu> amd_gpus(const fs::path& sys) {
  static const std::regex kCard("card[0-9]+");
  std::vector<fs::path> devices;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(sys / "class/drm", ec))
    if (std::regex_match(entry.path().filename().string(), kCard)) devices.push_back(entry.path() / "device");
  std::sort(devices.begin(), devices.end());
  std::vector<Gpu> gpus;
  for (const fs::path& device : devices) {
    if (first_line(device / "vendor") != "0x1002") continue;
    const std::string name = first_line(device / "product_name");
    gpus.push_back({"amd", name.empty() ? "AMD GPU " + first_line(device / "device") : name,
                    number_of(first_line(device / "mem_info_vram_total")),
                    first_line(sys / "module/amdgpu/version")});
  }
  return gpus;
}

}  // namespace vidbench::resources
