#include "base/json.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace vidbench {
namespace {

TEST(ParseJson, KeysAreSortedSoThatDumpIsCanonical) {
  EXPECT_EQ(parse_json(R"({"b": 1, "a": [true, null, 0.5]})", "x").dump(), R"({"a":[true,null,0.5],"b":1})");
}

TEST(ParseJson, NamesOriginAndByte) {
  try {
    (void)parse_json("{\"a\": 1,\n oops}", "answer.json");
    ADD_FAILURE() << "accepted";
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "answer.json: not valid JSON at byte 11");
    EXPECT_EQ(e.code(), ErrorCode::kInput);
  }
}

TEST(ParseJson, RefusesWhatIsNotOneDocument) {
  for (const char* text : {"", " ", "{", "{} {}", "nul", "{'a': 1}", "[1,]", "\"\xff\"", "NaN", "1e999"})
    EXPECT_THROW((void)parse_json(text, "x"), Error) << text;
}

}  // namespace
}  // namespace vidbench
