#include "base/yaml.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "base/files.h"

namespace vidbench {
namespace {

YamlMap parse(const std::string& text) { return YamlMap::parse(text, "f.yaml"); }

// "<message>|<hint>" of the error that `read` throws; "" when it throws none.
std::string error_of(const std::function<void()>& read) {
  try {
    read();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInput);
    return std::string(e.what()) + "|" + e.hint();
  }
  return "";
}

TEST(Yaml, ReadsEachType) {
  YamlMap map = parse(
      "text: hello\nwhole: -3\nreal: 2.5\nyes: true\nlist: [a, b]\nnumbers: [1, 2]\n"
      "inner: {key: x}\nrows:\n  - {key: y}\n  - {key: z}\n");
  EXPECT_EQ(map.text("text"), "hello");
  EXPECT_EQ(map.integer("whole"), -3);
  EXPECT_EQ(map.number("real"), 2.5);
  EXPECT_EQ(map.number("whole"), -3.0);
  EXPECT_TRUE(map.boolean("yes", false));
  EXPECT_EQ(map.texts("list"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(map.integers("numbers"), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(map.map("inner").text("key"), "x");
  std::vector<YamlMap> rows = map.maps("rows");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].text("key"), "z");
  map.finish();
}

TEST(Yaml, AbsentAndNullGiveTheFallback) {
  YamlMap map = parse("empty:\ntilde: ~\n");
  for (const char* key : {"empty", "tilde", "absent"}) {
    EXPECT_FALSE(map.has(key));
    EXPECT_EQ(map.text(key, "d"), "d");
    EXPECT_EQ(map.integer(key, 4), 4);
    EXPECT_EQ(map.number(key, 0.5), 0.5);
    EXPECT_TRUE(map.boolean(key, true));
    EXPECT_TRUE(map.texts(key).empty());
    EXPECT_TRUE(map.maps(key).empty());
    EXPECT_FALSE(map.optional_map(key));
    EXPECT_TRUE(map.json(key).is_null());
  }
  map.finish();
}

TEST(Yaml, UnknownKeysHaveLineAndSuggestion) {
  YamlMap map = parse("frames: 1\n\nwidht: 2\n");
  (void)map.integer("frames");
  (void)map.integer("width", 0);
  EXPECT_EQ(error_of([&] { map.finish(); }), "f.yaml:3: unknown key 'widht'|did you mean 'width'?");
}

TEST(Yaml, UnknownKeysFarFromAllListThoseKnown) {
  YamlMap map = parse("frames: 1\nbackground: 2\n");
  (void)map.integer("frames");
  (void)map.text("name", "");
  EXPECT_EQ(error_of([&] { map.finish(); }), "f.yaml:2: unknown key 'background'|one of: frames, name");
}

TEST(Yaml, NestedPlacesAreNamed) {
  YamlMap map = parse("outer:\n  rows:\n    - a: 1\n    - a: 1\n      b: 2\n");
  YamlMap row = map.map("outer").maps("rows").at(1);
  (void)row.integer("a");
  EXPECT_EQ(error_of([&] { row.finish(); }), "f.yaml:5: unknown key 'b' in outer.rows[1]|did you mean 'a'?");
  EXPECT_EQ(error_of([&] { (void)row.text("prompt"); }),
            "f.yaml:4: missing key 'prompt' in outer.rows[1]|add it");
}

TEST(Yaml, MissingKeysPointAtTheLikelyTypo) {
  YamlMap map = parse("a: 1\nversoin: 2\n");
  EXPECT_EQ(error_of([&] { (void)map.integer("version"); }),
            "f.yaml:1: missing key 'version'|is 'versoin' meant?");
}

TEST(Yaml, WrongTypesNameKeyAndValue) {
  YamlMap map = parse(
      "text: [a]\nwhole: 1.5\nword: ten\nquoted: '3'\nlist: a\nnumbers: [1, b]\ninner: 3\nrows: [1]\nflag: "
      "2\n"
      "huge: 99999999999999999999\n");
  EXPECT_EQ(error_of([&] { (void)map.text("text"); }), "f.yaml:1: 'text' must be text|");
  EXPECT_EQ(error_of([&] { (void)map.integer("whole"); }),
            "f.yaml:2: 'whole' must be a whole number, not '1.5'|");
  EXPECT_EQ(error_of([&] { (void)map.number("word"); }), "f.yaml:3: 'word' must be a number, not 'ten'|");
  EXPECT_EQ(error_of([&] { (void)map.integer("quoted", 0); }),
            "f.yaml:4: 'quoted' must be a whole number, not '3'|");
  EXPECT_EQ(error_of([&] { (void)map.texts("list"); }), "f.yaml:5: 'list' must be a list|");
  EXPECT_EQ(error_of([&] { (void)map.integers("numbers"); }),
            "f.yaml:6: 'numbers' must be a list of whole numbers, not 'b'|");
  EXPECT_EQ(error_of([&] { (void)map.map("inner"); }),
            "f.yaml:7: 'inner' must be a mapping of keys to values|");
  EXPECT_EQ(error_of([&] { (void)map.maps("rows"); }),
            "f.yaml:8: 'rows' must be a mapping of keys to values|");
  EXPECT_EQ(error_of([&] { (void)map.boolean("flag", true); }),
            "f.yaml:9: 'flag' must be true or false, not '2'|");
  EXPECT_EQ(error_of([&] { (void)map.integer("huge"); }),
            "f.yaml:10: 'huge' must be a whole number, not '99999999999999999999'|");
}

TEST(Yaml, ChoiceSuggests) {
  YamlMap map = parse("a: 1\nprofile: balancd\n");
  EXPECT_EQ(error_of([&] {
              (void)map.choice("profile", {"quality", "balanced"});
            }),
            "f.yaml:2: 'balancd' is not a value of 'profile'|did you mean 'balanced'?");
}

TEST(Yaml, RepeatedKeysAreRefusedAtEveryLevel) {
  EXPECT_EQ(error_of([] { (void)parse("a: 1\nb: 2\na: 3\n"); }),
            "f.yaml:3: key 'a' stands twice|keep one of them");
  EXPECT_EQ(error_of([] { (void)parse("m:\n  a: 1\n  a: 2\n").map("m"); }),
            "f.yaml:3: key 'a' stands twice|keep one of them");
}

TEST(Yaml, WhatIsNoMappingIsRefused) {
  for (const char* text : {"", "# only a comment\n", "- a\n", "word\n", "3\n"})
    EXPECT_EQ(error_of([&] { (void)parse(text); }), "f.yaml:1: expected a mapping of keys to values|")
        << text;
}

TEST(Yaml, SyntaxErrorsHaveALine) {
  for (const char* text :
       {"a: 1\nb: [1, 2\n", "a: 1\n\tb: 2\n", "a: 1\n]\n", "a: b: c\n", "a: 1\nb: *none\n"}) {
    const std::string error = error_of([&] { (void)parse(text); });
    EXPECT_EQ(error.find("f.yaml:"), 0u) << text;
    EXPECT_NE(error.find("not valid YAML: "), std::string::npos) << error;
  }
  EXPECT_NE(error_of([] { (void)parse("a: " + std::string(100000, '[')); }), "");  // no stack overflow
}

TEST(Yaml, JsonKeepsTypes) {
  YamlMap map = parse("x: {n: 3, r: 0.5, t: true, s: word, q: '3', z: ~, l: [1, a]}\n");
  EXPECT_EQ(map.json("x"),
            parse_json(R"({"n":3,"r":0.5,"t":true,"s":"word","q":"3","z":null,"l":[1,"a"]})", "x"));
}

TEST(Yaml, ASecondDocumentIsRefused) {
  EXPECT_EQ(error_of([] { (void)parse("a: 1\n---\nb: 2\n"); }),
            "f.yaml:3: a second YAML document|keep one document a file");
}

TEST(Yaml, JsonHoldsAgainstAnAliasBomb) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i)
    bomb += fmt::format(
        "a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n", i, i - 1);
  YamlMap map = parse(bomb);
  EXPECT_EQ(map.json("a3").size(), 10u);
  EXPECT_EQ(error_of([&] { (void)map.json("a9"); }),
            "f.yaml:10: 'a9': its aliases stand for too many values|write the values out");
}

TEST(Yaml, LoadNamesTheFile) {
  const TemporaryDirectory folder;
  const auto path = folder.path() / "c.yaml";
  write_file_atomic(path, "a: [\n");
  EXPECT_EQ(error_of([&] { (void)YamlMap::load(path); }).find(path.string() + ":"), 0u);
  write_file_atomic(path, "a: x\n");
  YamlMap map = YamlMap::load(path);
  EXPECT_EQ(map.keys(), std::vector<std::string>{"a"});
  EXPECT_EQ(map.text("a"), "x");
}

}  // namespace
}  // namespace vidbench
