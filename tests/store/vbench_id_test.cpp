#include "store/vbench_id.h"

#include <gtest/gtest.h>

#include "store/records.h"

namespace vidbench::store {
namespace {

TEST(VbenchId, TellsTheDimensionAndItsVariant) {
  EXPECT_EQ(vbench_id("vbench/object-class"), (VbenchId{"object-class", false}));
  EXPECT_EQ(vbench_id("vbench-corrected/color"), (VbenchId{"color", true}));
  EXPECT_FALSE(vbench_id("video/flicker"));
  EXPECT_FALSE(vbench_id("vbench-other/color"));
  EXPECT_FALSE(vbench_id("vbench"));
}

TEST(VbenchId, BothVariantsAreAskedOfTheSamePrompts) {
  const Asked asked{"a red car", Json::object(), std::vector<std::string>{"color", "dynamic_degree"}};
  for (const char* id : {"vbench/color", "vbench-corrected/color", "vbench-corrected/dynamic-degree"})
    EXPECT_EQ(not_asked({.id = id}, asked), "") << id;
  for (const char* id : {"vbench/scene", "vbench-corrected/scene"})
    EXPECT_EQ(not_asked({.id = id}, asked), "its prompt is not one of this dimension") << id;
}

}  // namespace
}  // namespace vidbench::store
