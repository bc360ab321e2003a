#include "nn/pickle.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace vidbench::nn {
namespace {

using namespace std::string_view_literals;

std::string error_of(std::string_view bytes) {
  try {
    const Pickle pickle(bytes, "w.pt");
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInput);
    return e.what();
  }
  return "no error";
}

// pickle.dumps({"a": [1, -2, 300, 70000, 2.5, True, None], "b": "x"}, protocol=2)
constexpr auto kPlain =
    "\x80\x02}q\x00(X\x01\x00\x00\x00"
    "aq\x01]q\x02(K\x01J\xfe\xff\xff\xffM,\x01Jp\x11\x01\x00G@\x04\x00\x00\x00\x00"
    "\x00\x00\x88NeX\x01\x00\x00\x00"
    "bq\x03X\x01\x00\x00\x00xq\x04u."sv;

TEST(Pickle, ReadsPlainValues) {
  const Pickle pickle(kPlain, "w.pt");
  EXPECT_EQ(pickle.size(), kPlain.size());
  const auto& items = std::get<PickleDict*>(pickle.value())->items;
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(std::get<std::string_view>(items[0].first), "a");
  const auto& list = std::get<PickleList*>(items[0].second)->items;
  ASSERT_EQ(list.size(), 7U);
  EXPECT_EQ(std::get<int64_t>(list[0]), 1);
  EXPECT_EQ(std::get<int64_t>(list[1]), -2);
  EXPECT_EQ(std::get<int64_t>(list[2]), 300);
  EXPECT_EQ(std::get<int64_t>(list[3]), 70000);
  EXPECT_EQ(std::get<double>(list[4]), 2.5);
  EXPECT_EQ(std::get<bool>(list[5]), true);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(list[6]));
  EXPECT_EQ(std::get<std::string_view>(items[1].second), "x");
}

TEST(Pickle, ReadsDictsAsPython2WroteThem) {
  // collections.OrderedDict([["a", 1], ["b", 2]])
  constexpr auto kDict =
      "\x80\x02"
      "ccollections\nOrderedDict\nq\x01]q\x02(]q\x03(U\x01"
      "aK\x01"
      "e]q\x04(U\x01"
      "bK\x02"
      "ee\x85R."sv;
  const Pickle pickle(kDict, "w.pt");
  const auto& items = std::get<PickleDict*>(pickle.value())->items;
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(std::get<std::string_view>(items[1].first), "b");
  EXPECT_EQ(std::get<int64_t>(items[1].second), 2);
  // A pair of one; a number in place of the list; the same list over and over.
  EXPECT_NE(error_of("\x80\x02"
                     "ccollections\nOrderedDict\n](]K\x01"
                     "aae\x85R."sv),
            "no error");
  EXPECT_NE(error_of("\x80\x02"
                     "ccollections\nOrderedDict\nK\x01\x85R."sv),
            "no error");
  std::string hostile =
      "\x80\x02"
      "ccollections\nOrderedDict\nq\x01]q\x02(";
  for (int i = 0; i < 64; ++i) hostile += "K\x01K\x02\x86";
  hostile += "e";
  for (int i = 0; i < 64; ++i) hostile += "h\x01h\x02\x85R";
  EXPECT_NE(error_of(hostile + ".").find("larger dicts than it has bytes"), std::string::npos);
}

TEST(Pickle, EveryTruncationIsAnErrorThatNamesTheFile) {
  for (size_t length = 0; length < kPlain.size(); ++length)
    EXPECT_TRUE(error_of(kPlain.substr(0, length)).starts_with("w.pt: the pickle at byte ")) << length;
}

TEST(Pickle, RefusesCode) {
  // os.system("true"), as a hostile file would have it.
  EXPECT_EQ(
      error_of("\x80\x02"
               "cos\nsystem\nX\x04\x00\x00\x00true\x85R."sv),
      "w.pt: the pickle at byte 2: holds a 'os.system', which is no tensor, dict, list, number or text");
  EXPECT_NE(error_of("\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R."sv).find("'os.system'"),
            std::string::npos);
  EXPECT_NE(error_of("\x80\x02"
                     "c__builtin__\neval\n."sv)
                .find("'__builtin__.eval'"),
            std::string::npos);
  // INST, OBJ and NEWOBJ make objects of classes.
  for (const auto bytes : {"\x80\x02(ios\nsystem\n."sv, "\x80\x02(cos\nsystem\no."sv, "\x80\x02)\x81."sv})
    EXPECT_NE(error_of(bytes), "no error");
}

TEST(Pickle, RefusesWhatTheMachineCannotDo) {
  EXPECT_NE(error_of("."sv), "no error") << "an empty stack";
  EXPECT_NE(error_of("e."sv), "no error") << "no mark";
  EXPECT_NE(error_of("h\x05."sv), "no error") << "a memo that was not kept";
  EXPECT_NE(error_of("K\x01K\x02\x61."sv), "no error") << "append to a number";
  EXPECT_NE(error_of("}(K\x01u."sv), "no error") << "a key without a value";
  EXPECT_NE(error_of("(K\x01"
                     "0.0.0."sv),
            "no error");
  EXPECT_NE(error_of("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."sv), "no error") << "80 bits";
  EXPECT_NE(error_of("X\xff\xff\xff\xff."sv), "no error") << "a text longer than the file";
  EXPECT_NE(error_of("\x8e\xff\xff\xff\xff\xff\xff\xff\xff."sv), "no error");
}

TEST(Pickle, AListThatContainsItselfIsReadAndFreed) {
  const Pickle pickle("]q\x00h\x00\x61."sv, "w.pt");
  PickleList* list = std::get<PickleList*>(pickle.value());
  ASSERT_EQ(list->items.size(), 1U);
  EXPECT_EQ(std::get<PickleList*>(list->items[0]), list);
}

}  // namespace
}  // namespace vidbench::nn
