#include "registry/registry.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/strings.h"
#include "registry/program.h"

namespace vidbench::registry {
namespace {
namespace fs = std::filesystem;

// A resource root of its own for each test.
class RegistryTest : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("VIDBENCH_HOME", home_.path().c_str(), 1);
    ::unsetenv("VIDBENCH_CATALOGUE");
    ::unsetenv("VIDBENCH_PYTHON");
    ::setenv("XDG_CACHE_HOME", (home_.path() / "cache").c_str(), 1);
  }
  void TearDown() override {
    ::unsetenv("VIDBENCH_HOME");
    ::unsetenv("XDG_CACHE_HOME");
  }

  void write(const std::string& name, const std::string& text) {
    write_file_atomic(home_.path() / name, text);
  }
  [[nodiscard]] fs::path at(const std::string& name) const { return home_.path() / name; }

  TemporaryDirectory home_;
};

const std::string kNull = "models:\n  - {id: ID, runner: 'null'}\n";

std::string null_file(const std::string& id) {
  std::string text = kNull;
  return text.replace(text.find("ID"), 2, id);
}

TEST_F(RegistryTest, LoadsEveryFileBelowEachFolderInOrder) {
  write("catalogue/b.yaml", null_file("one"));
  write("catalogue/deep/er/c.yaml", null_file("two"));
  write("catalogue/notes.txt", "not a catalogue");
  write("mine/x.yaml", null_file("three"));
  ::setenv("VIDBENCH_CATALOGUE", at("mine").c_str(), 1);
  const Registry registry = Registry::load_default();
  ASSERT_EQ(registry.models().size(), 3u);
  EXPECT_EQ(registry.models()[0].id, "one");
  EXPECT_EQ(registry.models()[0].origin, "catalogue/b.yaml:2");
  EXPECT_EQ(registry.models()[2].id, "three");
  EXPECT_TRUE(registry.find("two").runnable());
}

TEST_F(RegistryTest, DuplicateIdNamesBothPlaces) {
  write("catalogue/a.yaml", null_file("same"));
  write("catalogue/b.yaml", null_file("same"));
  try {
    (void)Registry::load_default();
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(std::string(e.what()),
              "catalogue/b.yaml:2: model 'same' is already defined in catalogue/a.yaml:2");
  }
}

TEST_F(RegistryTest, UnknownModelGetsASuggestion) {
  write("catalogue/a.yaml", null_file("shapes-base-8"));
  try {
    (void)Registry::load_default().find("shapes-bsae-8");
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInput);
    EXPECT_EQ(e.hint(), "did you mean 'shapes-base-8'?");
  }
}

// The one file below cache/vidbench/catalogue.
fs::path index_below(const fs::path& home) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(home / "cache/vidbench/catalogue"))
    files.push_back(entry.path());
  EXPECT_EQ(files.size(), 1u);
  return files.front();
}

TEST_F(RegistryTest, UnchangedFilesComeFromTheIndex) {
  write("catalogue/a.yaml", "models:\n  - {id: one, tasks: [x], runner: replay, settings: {path: videos}}\n");
  const Json before = to_json(Registry::load_default().models().front());
  const fs::path index = index_below(home_.path());
  const auto written = fs::last_write_time(index);
  EXPECT_EQ(to_json(Registry::load_default().models().front()), before);
  EXPECT_EQ(fs::last_write_time(index), written) << "read, not made again";
  fs::create_directories(at("videos"));
  EXPECT_TRUE(Registry::load_default().find("one").runnable()) << "what is missing is looked for each time";
}

TEST_F(RegistryTest, AChangedFileIsReadAgain) {
  write("catalogue/a.yaml", null_file("one"));
  EXPECT_EQ(Registry::load_default().models().front().id, "one");
  write("catalogue/a.yaml", null_file("two"));
  EXPECT_EQ(Registry::load_default().models().front().id, "two");
  write("catalogue/b.yaml", null_file("three"));
  EXPECT_EQ(Registry::load_default().models().size(), 2u);
  fs::remove(at("catalogue/a.yaml"));
  EXPECT_EQ(Registry::load_default().models().size(), 1u);
  write("catalogue/b.yaml", "models: [\n");
  EXPECT_THROW((void)Registry::load_default(), Error);
}

TEST_F(RegistryTest, ADamagedIndexIsMadeAgain) {
  write("catalogue/a.yaml", null_file("one"));
  (void)Registry::load_default();
  const fs::path index = index_below(home_.path());
  const std::string whole = read_file(index);
  for (const std::string& damaged :
       {std::string(), whole.substr(0, whole.size() / 2), std::string("\xa0", 1)}) {
    write_file_atomic(index, damaged);
    EXPECT_EQ(Registry::load_default().models().front().id, "one");
    EXPECT_EQ(read_file(index), whole);
  }
}

TEST_F(RegistryTest, MissingFolderIsAnError) { EXPECT_THROW((void)Registry::load({at("nowhere")}), Error); }

TEST_F(RegistryTest, WhatIsMissingIsSaidForEachModel) {
  write("catalogue/a.yaml",
        "models:\n"
        "  - {id: w, runner: worker, command: [no-such-program-here], settings: {weights: w.bin}}\n"
        "  - {id: r, runner: replay, settings: {path: videos}}\n"
        "  - {id: d, runner: diffusers, settings: {repo: nobody/nothing}}\n");
  ::setenv("HF_HUB_CACHE", at("hub").c_str(), 1);
  const Registry registry = Registry::load_default();
  const auto& w = registry.find("w").missing;
  ASSERT_EQ(w.size(), 2u);
  EXPECT_NE(w[0].find("program 'no-such-program-here' not found; looked for "), std::string::npos) << w[0];
  EXPECT_EQ(w[1], "weights " + at("w.bin").string() + " are not there");
  EXPECT_EQ(registry.find("r").missing, std::vector<std::string>{at("videos").string() + " is not there"});
  EXPECT_NE(registry.find("d").missing.back().find(
                "nobody/nothing is neither in the weights store nor in the Hugging Face cache"),
            std::string::npos);

  write("w.bin", "x");
  fs::create_directories(at("videos"));
  fs::create_directories(at("hub/models--nobody--nothing/snapshots/abc"));
  fs::create_directories(at("python/vidbench_worker"));
  write("python/requirements-diffusers.txt", "diffusers==0.42.1\n");
  EXPECT_NE(Registry::load({at("catalogue")}).find("d").missing.at(0).find("is not built"),
            std::string::npos);
  write(".venv/bin/python", "");
  write(".venv/lib/python3.11/site-packages/diffusers-0.42.1.dist-info/METADATA", "");
  const Registry again = Registry::load_default();
  EXPECT_EQ(again.find("w").missing.size(), 1u);
  EXPECT_TRUE(again.find("r").runnable());
  EXPECT_TRUE(again.find("d").runnable()) << again.find("d").missing.front();
  ::unsetenv("HF_HUB_CACHE");
}

TEST_F(RegistryTest, ContentDigestFollowsTheContentOfUnpinnedFilesAndFolders) {
  write("catalogue/a.yaml",
        "models:\n  - {id: w, runner: replay, settings: {path: videos}, weights: [{path: w.bin}]}\n");
  write("w.bin", "one");
  write("videos/a.npy", "frames");
  const Registry registry = Registry::load_default();
  const Model& model = registry.find("w");
  const std::string first = content_digest(model);
  EXPECT_EQ(content_digest(model), first);
  write("w.bin", "two");
  const std::string second = content_digest(model);
  EXPECT_NE(second, first);
  write("videos/b.npy", "more frames");
  EXPECT_NE(content_digest(model), second);
  fs::remove(at("w.bin"));
  EXPECT_THROW((void)content_digest(model), Error);
}

TEST_F(RegistryTest, EveryPlaceOfADiffusersDeploymentThatNamesWeightsCounts) {
  write("lora.safetensors", "lora");
  write("model/model_index.json", "{}");
  write(
      "catalogue/a.yaml",
      "models:\n  - {id: d, runner: diffusers, settings: {path: model, motion_adapter: {repo: o/adapter},\n"
      "     components: {vae: {path: none, class: X}}, lora: [{path: lora.safetensors}, {repo: o/lora}]}}\n");
  Model model = Registry::load_default().find("d");
  EXPECT_EQ(model.deployment.settings["lora"][0]["path"], at("lora.safetensors").string());
  const std::string missing = join(model.missing, "; ");
  for (const std::string& what :
       {std::string("o/adapter"), std::string("o/lora"), at("none").string() + " is not there"})
    EXPECT_NE(missing.find(what), std::string::npos) << what << " in " << missing;
  EXPECT_THROW((void)content_digest(model), Error) << "which commit would it be";
  model.deployment.settings.erase("components");
  for (Json* source : {&model.deployment.settings["motion_adapter"], &model.deployment.settings["lora"][1]})
    (*source)["revision"] = std::string(40, 'a');
  const std::string digest = content_digest(model);
  write("lora.safetensors", "another");
  EXPECT_NE(content_digest(model), digest);
}

TEST_F(RegistryTest, PinnedWeightsAreVerified) {
  write("w.bin", "one");
  write("catalogue/a.yaml", "models:\n  - id: w\n    runner: 'null'\n    weights: [{path: w.bin, sha256: " +
                                sha256_hex("one") + "}]\n");
  const Registry registry = Registry::load_default();
  EXPECT_NO_THROW(verify_weights(registry.find("w")));
  write("w.bin", "changed");
  try {
    verify_weights(registry.find("w"));
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kEnvironment);
    EXPECT_NE(std::string(e.what()).find(sha256_hex("changed")), std::string::npos);
    EXPECT_NE(std::string(e.what()).find("catalogue/a.yaml:2 pins " + sha256_hex("one")), std::string::npos);
  }
}

TEST_F(RegistryTest, FindPythonPrefersTheChosenThenTheOwnEnvironment) {
  EXPECT_TRUE(find_python().path) << "python3 is in PATH";
  write(".venv/bin/python", "#!/bin/sh\n");
  EXPECT_NE(find_python().path, at(".venv/bin/python")) << "not executable yet";
  ::chmod(at(".venv/bin/python").c_str(), 0755);
  EXPECT_EQ(find_python().path, at(".venv/bin/python"));
  ::setenv("VIDBENCH_PYTHON", "/bin/sh", 1);
  EXPECT_EQ(find_python().path, "/bin/sh");
  ::unsetenv("VIDBENCH_PYTHON");
}

TEST(Catalogue, TheShippedOneLoads) {
  ::setenv("VIDBENCH_HOME", VIDBENCH_SOURCE_DIR, 1);
  ::unsetenv("VIDBENCH_CATALOGUE");
  const Registry registry = Registry::load_default();
  ::unsetenv("VIDBENCH_HOME");
  const Model& model = registry.find("shapes-base-24");
  EXPECT_EQ(model.deployment.defaults.steps, 24);
  EXPECT_EQ(model.deployment.defaults.frames, 16);
  EXPECT_EQ(model.deployment.settings["weights"],
            std::string(VIDBENCH_SOURCE_DIR) + "/models/shapes/base.safetensors");
  EXPECT_TRUE(registry.find("null").runnable());
  EXPECT_EQ(registry.find("wan2.1-t2v-1.3b").deployment.settings["pipeline"], "WanPipeline");
  EXPECT_GE(registry.models().size(), 940u);
  for (const Model& one : registry.models()) {
    EXPECT_FALSE(one.runnable() && !one.deployed()) << one.id;
    EXPECT_FALSE(!one.deployed() && one.missing.empty()) << one.id << " says why it cannot run";
    EXPECT_FALSE(one.card.tasks.empty()) << one.origin;
  }
  const Json json = to_json(model);
  EXPECT_EQ(json["defaults"]["guidance"], 2.0);
  EXPECT_EQ(json["runner"], "worker");
  EXPECT_EQ(json["digest"].get<std::string>().size(), 64u);
}

}  // namespace
}  // namespace vidbench::registry
