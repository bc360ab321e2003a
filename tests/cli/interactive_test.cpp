#include "cli/interactive.h"

#include <gtest/gtest.h>

namespace vidbench::cli {
namespace {

TEST(Interactive, ValuesOfAField) {
  EXPECT_EQ(values_of("4, 8.5"), (std::vector<Json>{4, 8.5}));
  EXPECT_EQ(values_of("many"), std::vector<Json>{"many"});
  EXPECT_EQ(values_of("4,"), (std::vector<Json>{4, ""}));
  EXPECT_EQ(values_of("4x"), std::vector<Json>{"4x"});
  EXPECT_EQ(values_of("1e300"), std::vector<Json>{1e300});
}

TEST(Interactive, TheEquivalentCommandSaysWhatWasChosen) {
  GuidedRun run;
  run.suite = "quickstart";
  run.models = {"a", "b"};
  EXPECT_EQ(equivalent_command(run),
            (std::vector<std::string>{"vidbench", "run", "quickstart", "--model", "a,b"}));
  run.options["steps"] = {4, 8};
  run.options["guidance"] = {1.5};
  run.options["seed"] = {Json(std::vector<int>{1, 2})};
  EXPECT_EQ(equivalent_command(run),
            (std::vector<std::string>{"vidbench", "run", "quickstart", "--model", "a,b", "--guidance", "1.5",
                                      "--seed", "1,2", "--steps", "4,8"}));
}

}  // namespace
}  // namespace vidbench::cli
