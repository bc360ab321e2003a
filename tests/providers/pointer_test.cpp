#include "providers/pointer.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "providers/template.h"

namespace vidbench::providers {
namespace {

// RFC 6901, section 5.
TEST(Pointer, FindsAsTheRfcSays) {
  const Json body = Json::parse(
      R"({"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "k\"l": 6, " ": 7, "m~n": 8})");
  EXPECT_EQ(*find(body, ""), body);
  EXPECT_EQ(*find(body, "/foo/0"), "bar");
  EXPECT_EQ(*find(body, "/"), 0);
  EXPECT_EQ(*find(body, "/a~1b"), 1);
  EXPECT_EQ(*find(body, "/m~0n"), 8);
  for (const char* absent : {"/foo/2", "/foo/00", "/foo/-", "/foo/x", "/foo/0/x", "/nothing", "/foo/-1",
                             "/foo/99999999999999999999999"})
    EXPECT_EQ(find(body, absent), nullptr) << absent;
  EXPECT_TRUE(is_pointer("/a~0b/~1"));
  for (const char* wrong : {"a", "/~", "/~2", "foo/0"}) EXPECT_FALSE(is_pointer(wrong)) << wrong;
  EXPECT_EQ(find_first(Json::parse(R"({"a": null, "b": 1})"), {"/a", "/b"})->get<int>(), 1);
}

TEST(Pointer, PutsValuesAndMakesTheWay) {
  Json body;
  place(body, "/instances/0/prompt", "x");
  place(body, "/instances/1", 2);
  place(body, "/parameters/seed", 7);
  EXPECT_EQ(body, Json::parse(R"({"instances": [{"prompt": "x"}, 2], "parameters": {"seed": 7}})"));
  EXPECT_THROW(place(body, "/instances/5", 1), Error);
  EXPECT_THROW(place(body, "/instances/x", 1), Error);
  EXPECT_THROW(place(body, "/parameters/seed/deeper", 1), Error);
}

TEST(Template, ExpandsNamesAndRefusesLoneBraces) {
  EXPECT_EQ(template_names("/v1/{a}/x?b={b}"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(expand("{a}-{a}", [](const std::string& name, size_t at) { return name + std::to_string(at); }),
            "a0-a4");
  for (const char* wrong : {"{", "}", "{}", "a}b", "{a{b}}"})
    EXPECT_THROW((void)template_names(wrong), Error) << wrong;
}

}  // namespace
}  // namespace vidbench::providers
