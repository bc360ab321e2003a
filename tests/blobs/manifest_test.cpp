#include "blobs/manifest.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"

namespace vidbench::blobs {
namespace {

Manifest sound() {
  return {{"huggingface.co", "a/b", "main", "", "fp16"},
          std::string(40, 'c'),
          "2026-01-01T00:00:00Z",
          {{"model_index.json", std::string(64, '1'), 10, "https://huggingface.co/x", std::string(40, 'd'),
            false},
           {"vae/model.bin", std::string(64, '2'), 20, "", "", true}}};
}

TEST(Manifest, ReadsWhatItWrites) {
  const Json json = to_json(sound());
  const Manifest manifest = parse_manifest(json.dump(), "m.json");
  EXPECT_EQ(to_json(manifest), json);
  EXPECT_EQ(manifest.bytes(), 30U);
  EXPECT_EQ(manifest.pickled(), std::vector<std::string>{"vae/model.bin"});
}

TEST(Manifest, WhoeverWroteItAPickleIsFlagged) {
  Json json = to_json(sound());
  json["files"][1].erase("pickled");
  EXPECT_EQ(parse_manifest(json.dump(), "m.json").pickled().size(), 1U);
}

TEST(Manifest, RefusesWhatIsNoneNamingTheFile) {
  const std::vector<std::function<void(Json&)>> spoils = {
      [](Json& j) { j["schema"] = "other/1"; },
      [](Json& j) { j.erase("commit"); },
      [](Json& j) { j["commit"] = "main"; },
      [](Json& j) { j["host"] = "../x"; },
      [](Json& j) { j["repository"] = "a/../../b"; },
      [](Json& j) { j["revision"] = 3; },
      [](Json& j) { j["files"] = Json::array(); },
      [](Json& j) { j["files"] = "x"; },
      [](Json& j) { j["files"][0] = 5; },
      [](Json& j) { j["files"][0]["path"] = "../x"; },
      [](Json& j) { j["files"][0]["path"] = "vae/model.bin"; },
      [](Json& j) { j["files"][0]["path"] = "vae"; },
      [](Json& j) { j["files"][0]["path"] = "vae/model.bin/x"; },
      [](Json& j) { j["files"][0]["sha256"] = std::string(64, 'G'); },
      [](Json& j) { j["files"][0]["bytes"] = -1; },
      [](Json& j) { j["files"][0]["source"] = "file:///etc/passwd"; },
      [](Json& j) { j["files"][0]["git_sha1"] = "1"; },
      [](Json& j) { j["files"][0]["pickled"] = "yes"; }};
  for (size_t i = 0; i < spoils.size(); ++i) {
    Json json = to_json(sound());
    spoils[i](json);
    try {
      (void)parse_manifest(json.dump(), "m.json");
      ADD_FAILURE() << i << " was accepted";
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kInput) << i;
      EXPECT_TRUE(std::string(e.what()).starts_with("m.json: ")) << e.what();
    }
  }
}

}  // namespace
}  // namespace vidbench::blobs
