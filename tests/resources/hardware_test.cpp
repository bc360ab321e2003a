#include "resources/hardware.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "resources/gpus.h"

namespace vidbench::resources {
namespace {
namespace fs = std::filesystem;

constexpr uint64_t kMiB = uint64_t{1} << 20;

TEST(NvidiaSmi, ItsLines) {
  const auto gpus = parse_nvidia_smi(
      "NVIDIA H100 80GB HBM3, 81559, 550.54.15, 9.0\nTesla T4, 15360, 550.54.15, 7.5\n"
      "NVIDIA GB10, [N/A], 580.95, 12.1\n");
  ASSERT_EQ(gpus.size(), 3u);
  EXPECT_EQ(gpus[0].name, "NVIDIA H100 80GB HBM3");
  EXPECT_EQ(gpus[0].memory_bytes, 81559 * kMiB);
  EXPECT_EQ(gpus[0].driver, "550.54.15");
  EXPECT_EQ(gpus[1].compute_capability, "7.5");
  EXPECT_EQ(gpus[2].memory_bytes, 0u) << "memory that is the machine's own";
}

TEST(NvidiaSmi, OtherOutputIsNoGpu) {
  EXPECT_TRUE(parse_nvidia_smi("").empty());
  EXPECT_TRUE(parse_nvidia_smi("No devices were found\n").empty());
  EXPECT_TRUE(
      parse_nvidia_smi("a, b, c, d\nFailed to initialize NVML: Driver/library version mismatch\n").empty());
  EXPECT_EQ(parse_nvidia_smi("X, 99999999999999999, d, 1.0\n")[0].memory_bytes, 0u);
}

TEST(NvidiaSmi, IsAskedWhereItIs) {
  const TemporaryDirectory folder;
  const auto write = [&](const std::string& script) {
    write_file_atomic(folder.path() / "nvidia-smi", script);
    fs::permissions(folder.path() / "nvidia-smi", fs::perms::owner_all);
  };
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", (folder.path().string() + ":" + path).c_str(), 1);
  std::vector<std::string> notes;
  write("#!/bin/sh\necho 'Tesla T4, 15360, 550.1, 7.5'\n");
  EXPECT_EQ(nvidia_gpus(notes).size(), 1u);
  EXPECT_TRUE(notes.empty());
  write("#!/bin/sh\necho 'Failed to initialize NVML'\nexit 18\n");
  (void)nvidia_gpus(notes);
  ::setenv("PATH", path.c_str(), 1);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0], "nvidia-smi ended with exit code 18: Failed to initialize NVML");
}

TEST(AmdGpus, OfARecordedTree) {
  const TemporaryDirectory sys;
  const auto write = [&](const std::string& file, const std::string& text) {
    write_file_atomic(sys.path() / file, text + "\n");
  };
  write("class/drm/card0/device/vendor", "0x1a03");
  write("class/drm/card1/device/vendor", "0x1002");
  write("class/drm/card1/device/device", "0x740f");
  write("class/drm/card1/device/mem_info_vram_total", "68702699520");
  write("class/drm/card2/device/vendor", "0x1002");
  write("class/drm/card2/device/product_name", "Instinct MI300X");
  write("class/drm/card1-DP-1/device/vendor", "0x1002");
  write("module/amdgpu/version", "6.7.0");
  const auto gpus = amd_gpus(sys.path());
  ASSERT_EQ(gpus.size(), 2u);
  EXPECT_EQ(gpus[0].name, "AMD GPU 0x740f");
  EXPECT_EQ(gpus[0].memory_bytes, 68702699520u);
  EXPECT_EQ(gpus[0].driver, "6.7.0");
  EXPECT_EQ(gpus[1].name, "Instinct MI300X");
  EXPECT_EQ(gpus[1].memory_bytes, 0u);
  EXPECT_TRUE(amd_gpus(sys.path() / "nowhere").empty());
}

TEST(Hardware, OfThisMachine) {
  const Hardware hardware = probe_hardware();
  EXPECT_GE(hardware.cores, 1);
  EXPECT_LE(hardware.cores, static_cast<int>(std::thread::hardware_concurrency()));
  EXPECT_GT(hardware.memory_bytes, 0u);
  ASSERT_EQ(hardware.disks.size(), 2u);
  for (const Disk& disk : hardware.disks) EXPECT_GE(disk.total_bytes, disk.free_bytes);
  EXPECT_GT(hardware.disks[0].total_bytes, 0u) << "of the nearest folder that is there";
  const Json manifest = describe_hardware();
  EXPECT_EQ(manifest["gpus"].size(), hardware.gpus.size());
  EXPECT_EQ(manifest["cores"], hardware.cores);
}

TEST(Hardware, ReadsBackFromItsDocument) {
  Hardware hardware = probe_hardware();
  hardware.gpus = {{"nvidia", "Tesla T4", 15360 * kMiB, "550.1", "7.5"}, {"amd", "x"}};
  const Json document = {{"schema", "vidbench.doctor/1"}, {"hardware", to_json(hardware)}};
  const Hardware again = hardware_from_json(document, "doctor.json");
  EXPECT_EQ(again.cpu, hardware.cpu);
  EXPECT_EQ(again.memory_bytes, hardware.memory_bytes);
  EXPECT_EQ(again.memory_limit_bytes, hardware.memory_limit_bytes);
  ASSERT_EQ(again.gpus.size(), 2u);
  EXPECT_EQ(again.gpus[0].compute_capability, "7.5");
  EXPECT_EQ(again.gpus[1].memory_bytes, 0u);
}

TEST(Hardware, RefusesOtherDocuments) {
  const std::pair<const char*, const char*> cases[] = {
      {"[]", "not a document vidbench.doctor/1"},
      {"{}", "not a document vidbench.doctor/1"},
      {R"({"schema": "vidbench.doctor/1"})", "not a document vidbench.doctor/1"},
      {R"({"schema": "vidbench.doctor/1", "hardware": 3})", "hardware must be an object"},
      {R"({"schema": "vidbench.doctor/1", "hardware": {"gpus": {}}})", "hardware.gpus must be a list"},
      {R"({"schema": "vidbench.doctor/1", "hardware": {"gpus": [{"memory_bytes": -1}]}})",
       "hardware.gpus[0].memory_bytes must be a whole number of at least 0, not -1"},
      {R"({"schema": "vidbench.doctor/1", "hardware": {"cpu": 3}})", "hardware.cpu must be a text, not 3"}};
  for (const auto& [text, message] : cases) {
    try {
      (void)hardware_from_json(Json::parse(text), "doctor.json");
      FAIL() << text;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kInput);
      EXPECT_NE(std::string(e.what()).find(message), std::string::npos) << e.what();
    }
  }
}

}  // namespace
}  // namespace vidbench::resources
