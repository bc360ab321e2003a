#include "config/variables.h"

#include <gtest/gtest.h>

namespace vidbench::config {
namespace {

TEST(Variables, UnknownOnes) {
  EXPECT_EQ(unknown_variables({"VIDBENCH_STORE=x", "VIDBENCH_STOER=y", "HOME=/",
                               "VIDBENCH_PROVIDER_URL_FAL=z", "VIDBENCH_ZZZ=1", "VIDBENCH_BIN_DIR=b"}),
            (std::vector<std::string>{"VIDBENCH_STOER", "VIDBENCH_ZZZ"}));
}

TEST(Variables, TheNearest) {
  EXPECT_EQ(nearest_variable("VIDBENCH_STOER"), "VIDBENCH_STORE");
  EXPECT_EQ(nearest_variable("VIDBENCH_CATALOGUES"), "VIDBENCH_CATALOGUE");
  EXPECT_EQ(nearest_variable("VIDBENCH_QUITE_DIFFERENT_THING"), "");
}

}  // namespace
}  // namespace vidbench::config
