#include "providers/fields.h"

#include <gtest/gtest.h>

#include "providers/provider_file.h"

namespace vidbench::providers {
namespace {

Fields fields(const std::string& yaml) { return read_fields(YamlMap::parse(yaml, "f.yaml")); }

Wanted wanted(int frames, double fps, int width = 0, int height = 0) {
  Wanted wanted;
  wanted.prompt = "a cat";
  wanted.model = "m";
  wanted.frames = frames;
  wanted.fps = fps;
  if (width > 0) wanted.width = width;
  if (height > 0) wanted.height = height;
  return wanted;
}

Json written(const std::string& yaml, const Wanted& wanted) {
  Json body = Json::object();
  write_fields(body, fields(yaml), wanted, "p");
  return body;
}

std::string refusal(const std::string& yaml, const Wanted& wanted) {
  try {
    (void)written(yaml, wanted);
  } catch (const Refused& e) {
    return e.kind() + ": " + e.what();
  }
  return "";
}

struct Case {
  const char* yaml;
  Wanted wanted;
  const char* body;
};

TEST(Fields, FormatsValues) {
  const Case cases[] = {
      {"duration: {at: /d}", wanted(120, 24), R"({"d": 5})"},
      {"duration: {at: /d}", wanted(121, 24), R"({"d": 5})"},  // one frame more
      {"duration: {at: /d}", wanted(60, 24), R"({"d": 2.5})"},
      {"duration: {at: /d, type: text}", wanted(120, 24), R"({"d": "5"})"},
      {"duration: {at: /d, format: '{value}s'}", wanted(120, 24), R"({"d": "5s"})"},
      {"duration: {at: /d, allowed: [4, 8], type: text}", wanted(97, 24), R"({"d": "4"})"},
      {"{duration: {at: /d, default: 6}, size: {at: /s}}",
       {"m", "x", "", 0, {}, 640, 480, {}, {}, {}},
       R"({"d": 6, "s": "640x480"})"},
      {"{duration: {at: /d}, size: {at: /s, format: '{width}*{height}'}}", wanted(24, 24, 1280, 720),
       R"({"d": 1, "s": "1280*720"})"},
      {"{duration: {at: /d}, size: {at: /s, format: '{width}:{height}', allowed: [1280x720]}}",
       wanted(24, 24, 1280, 720), R"({"d": 1, "s": "1280:720"})"},
      {"{duration: {at: /d}, size: {at: /s, map: {1280x720: landscape, 720x1280: portrait}}}",
       wanted(24, 24, 720, 1280), R"({"d": 1, "s": "portrait"})"},
      {"{duration: {at: /d}, resolution: {at: /r, map: {720: hd, 1080: fhd}}}", wanted(24, 24, 1080, 1920),
       R"({"d": 1, "r": "fhd"})"},
      {"{duration: {at: /d}, resolution: {at: /r, format: '{value}p'}}", wanted(24, 24, 1280, 720),
       R"({"d": 1, "r": "720p"})"},
      {"{duration: {at: /d}, aspect_ratio: {at: /a}}", wanted(24, 24, 854, 480), R"({"d": 1, "a": "16:9"})"},
      {"{duration: {at: /d}, aspect_ratio: {at: /a, allowed: ['16:9', '9:16']}}", wanted(24, 24, 768, 1360),
       R"({"d": 1, "a": "9:16"})"},
      {"{frames: {at: /n}, fps: {at: /f}, width: {at: /w}, height: {at: /h}}", wanted(81, 16, 832, 480),
       R"({"n": 81, "f": 16, "w": 832, "h": 480})"},
  };
  for (const Case& c : cases) EXPECT_EQ(written(c.yaml, c.wanted), Json::parse(c.body)) << c.yaml;
}

TEST(Fields, RefusesWithWhatIsAllowed) {
  EXPECT_EQ(refusal("duration: {at: /d, allowed: [4, 8, 12]}", wanted(120, 24)),
            "unsupported: provider 'p' does not take duration 5: it takes 4, 8, 12");
  EXPECT_EQ(refusal("duration: {at: /d, minimum: 2, maximum: 4}", wanted(120, 24)),
            "unsupported: provider 'p' does not take duration 5: it takes 2 to 4");
  EXPECT_EQ(refusal("{duration: {at: /d}, resolution: {at: /r, map: {720: hd}}}", wanted(24, 24, 640, 480)),
            "unsupported: provider 'p' does not take resolution 480: it takes 720");
  EXPECT_EQ(
      refusal("{duration: {at: /d}, aspect_ratio: {at: /a, allowed: ['16:9']}}", wanted(24, 24, 640, 480)),
      "unsupported: provider 'p' does not take aspect_ratio 4:3: it takes 16:9");
  EXPECT_EQ(refusal("prompt: {at: /p}", wanted(24, 24)),
            "unsupported: provider 'p' takes no number of frames for this model");
  EXPECT_EQ(refusal("{duration: {at: /d}, seed: {at: /s, minimum: 1}}", wanted(24, 24)),
            "unsupported: provider 'p' does not take seed 0: it takes 1 or more");
  Wanted long_prompt = wanted(24, 24);
  long_prompt.prompt = "\xF0\x9F\x90\x88\xC3\xA9";  // a cat and an é: 2 characters, 3 units of UTF-16
  EXPECT_EQ(refusal("{duration: {at: /d}, prompt: {at: /p, max_characters: 1}}", long_prompt),
            "invalid-request: provider 'p' takes a prompt of at most 1 characters, not 2");
  EXPECT_EQ(refusal("{duration: {at: /d}, prompt: {at: /p, max_utf16_units: 2}}", long_prompt),
            "invalid-request: provider 'p' takes a prompt of at most 2 UTF-16 units, not 3");
  Wanted negative = wanted(24, 24);
  negative.negative_prompt = "blur";
  EXPECT_EQ(refusal("duration: {at: /d}", negative),
            "unsupported: provider 'p' takes no negative prompt for this model");
}

TEST(Fields, TheModelsOwnReplaceTheProviders) {
  Provider provider;
  provider.fields = fields("{seed: {at: /seed}, duration: {at: /d}}");
  provider.models["wan*"].fields = fields("{seed: none, duration: {at: /long}}");
  provider.models["wan2*"].fields = fields("{fps: {at: /fps}}");
  EXPECT_TRUE(effective_fields(provider, "other", {}).contains("seed"));
  EXPECT_FALSE(effective_fields(provider, "wan1", {}).contains("seed"));
  EXPECT_TRUE(effective_fields(provider, "wan2", {}).contains("fps"));
  EXPECT_EQ(effective_fields(provider, "wan1", fields("{duration: {at: /own}}")).at("duration").at, "/own");
}

}  // namespace
}  // namespace vidbench::providers
