#include "base/licence.h"

#include <gtest/gtest.h>

namespace vidbench {
namespace {

TEST(Licence, NonCommercialOnesAreKnownByTheirNames) {
  for (const char* licence :
       {"CC-BY-NC-4.0", "CC BY-NC 4.0", "CC-BY-NC-SA-4.0", "MIT AND CC-BY-NC-ND-3.0", "(cc-by-nc-4.0)",
        "PolyForm-Noncommercial-1.0.0", "Attribution-NonCommercial 4.0", "NTU S-Lab License 1.0",
        "NVIDIA Source Code License", "research only"})
    EXPECT_TRUE(is_non_commercial(licence)) << licence;
}

TEST(Licence, OthersAreNot) {
  for (const char* licence : {"", "Apache-2.0", "MIT", "BSD-3-Clause", "CC-BY-4.0", "CC-BY-SA-4.0", "NCSA",
                              "GPL-3.0-only", "MIT (research code)", "commercial"})
    EXPECT_FALSE(is_non_commercial(licence)) << licence;
}

}  // namespace
}  // namespace vidbench
