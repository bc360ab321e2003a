#include "resources/fit.h"

#include <gtest/gtest.h>

namespace vidbench::resources {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

registry::Model model_of(const std::string& runner, const std::string& device = "auto") {
  registry::Model model;
  model.deployment.runner = runner;
  model.deployment.device = device;
  return model;
}

Hardware machine(std::vector<Gpu> gpus) {
  Hardware hardware;
  hardware.memory_bytes = uint64_t{64} << 30;
  hardware.gpus = std::move(gpus);
  return hardware;
}

const Gpu kT4{"nvidia", "Tesla T4", 15360 * kMiB};
const Gpu kH100{"nvidia", "NVIDIA H100 80GB HBM3", 81559 * kMiB};

TEST(Fit, AStatedNeedIsHeldAgainstTheLargestGpu) {
  registry::Model model = model_of("diffusers");
  model.card.min_vram_gb = 80;
  EXPECT_FALSE(judge(model, machine({})).fits);
  EXPECT_FALSE(judge(model, machine({kT4})).fits);
  EXPECT_TRUE(judge(model, machine({kT4, kH100})).fits) << "an 80 GB card has more than 80e9 bytes";
  const Fit fit = judge(model, machine({kT4}));
  EXPECT_EQ(fit.reason, "needs 80 GB of GPU memory; Tesla T4 has 16.1 GB");
  EXPECT_NE(fit.source.find("min_vram_gb"), std::string::npos);
  EXPECT_EQ(judge(model, machine({})).reason, "needs 80 GB of GPU memory; no GPU is here");
  model.card.min_vram_gb = 16;
  EXPECT_TRUE(judge(model, machine({kT4})).fits);
  EXPECT_FALSE(judge(model, machine({{"nvidia", "some GPU", 0}})).fits) << "its memory is not known";
}

TEST(Fit, WhatComputesElsewhereOrOnTheCpuNeedsNoGpu) {
  EXPECT_FALSE(judge(model_of(""), machine({kH100})).fits) << "nobody knows how to run it";
  for (const char* runner : {"http", "null", "replay"}) {
    registry::Model model = model_of(runner);
    model.card.min_vram_gb = 80;
    EXPECT_TRUE(judge(model, machine({})).fits) << runner;
  }
  EXPECT_TRUE(judge(model_of("worker", "cpu"), machine({})).fits);
  EXPECT_FALSE(judge(model_of("worker", "cuda:1"), machine({})).fits);
}

TEST(Fit, WithoutAStatedNeedTheParametersMustHaveRoom) {
  registry::Model model = model_of("command");
  EXPECT_TRUE(judge(model, machine({})).fits);
  model.card.parameters_b = 14;
  model.deployment.dtype = "bf16";
  EXPECT_TRUE(judge(model, machine({})).fits) << "28 GB in 68 GB";
  model.card.parameters_b = 40;
  EXPECT_FALSE(judge(model, machine({})).fits) << "80 GB in 68 GB";
  EXPECT_TRUE(judge(model, machine({kT4})).fits) << "80 GB in 68 and 16 GB";
  model.deployment.dtype = "fp32";
  EXPECT_FALSE(judge(model, machine({kT4})).fits);
  Hardware limited = machine({});
  limited.memory_limit_bytes = uint64_t{8} << 30;
  model.card.parameters_b = 3;
  EXPECT_FALSE(judge(model, limited).fits) << "12 GB where 8 may be used";
}

}  // namespace
}  // namespace vidbench::resources
