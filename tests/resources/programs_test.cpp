#include "resources/programs.h"

#include <gtest/gtest.h>

#include <map>

#include "resources/isolation.h"

namespace vidbench::resources {
namespace {

std::map<std::string, Finding> by_name(const std::vector<Finding>& findings) {
  std::map<std::string, Finding> map;
  for (const Finding& finding : findings) map[finding.name] = finding;
  return map;
}

TEST(Packages, OfAGpuMachine) {
  auto found =
      by_name(read_packages("python 3.11.2\ntorch 2.13.0\ndiffusers 0.42.1\ntransformers 5.23.0\n"
                            "numpy 2.4.0\ncuda 13.0 2\n"));
  for (const auto& [name, finding] : found) {
    EXPECT_TRUE(finding.available) << name;
    EXPECT_TRUE(finding.remedy.empty()) << name;
  }
  EXPECT_EQ(found["torch"].version, "2.13.0");
  EXPECT_EQ(found["torch on a GPU"].version, "13.0");
  EXPECT_EQ(found["torch on a GPU"].detail, "2 devices");
}

TEST(Packages, WhatIsMissingSaysWhyAndHow) {
  auto found =
      by_name(read_packages("python 3.11.2\nno-import ModuleNotFoundError No module named 'torch'\n"));
  EXPECT_TRUE(found["python"].available);
  for (const char* name : {"torch", "diffusers", "numpy", "torch on a GPU"}) {
    EXPECT_FALSE(found[name].available) << name;
    EXPECT_FALSE(found[name].detail.empty() || found[name].remedy.empty()) << name;
  }
  found = by_name(read_packages("python 3.11.2\ntorch 2.13.0\nno-cuda this torch is built for the CPU\n"));
  EXPECT_TRUE(found["torch"].available);
  EXPECT_EQ(found["torch on a GPU"].detail, "this torch is built for the CPU");
  found = by_name(
      read_packages("python 3.11.2\ntorch 2.13.0\nno-import ImportError libcudart.so.13 is missing\n"));
  EXPECT_FALSE(found["torch"].available);
  EXPECT_NE(found["torch"].detail.find("libcudart.so.13"), std::string::npos);
}

TEST(Isolation, EveryLevelIsThereOrSaysWhyNot) {
  const auto levels = find_isolation();
  ASSERT_EQ(levels.size(), 4u);
  EXPECT_TRUE(levels[0].available) << "a process is always possible";
  for (const Finding& level : levels) {
    EXPECT_FALSE(level.detail.empty()) << level.name;
    EXPECT_EQ(level.available, level.remedy.empty()) << level.name;
  }
}

}  // namespace
}  // namespace vidbench::resources
