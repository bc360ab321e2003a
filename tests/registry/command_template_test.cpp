// The text of `runner: command` deployments: placeholders, optional groups, and what is refused.
#include "registry/command_template.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/files.h"
#include "blobs/hub_cache.h"
#include "registry/catalogue_file.h"
#include "registry/command_places.h"

namespace vidbench::registry {
namespace {
namespace fs = std::filesystem;

constexpr const char* kSound = R"(models:
  - id: toy
    runner: command
    command: [python, generate.py, "--prompt={prompt}", --size, "{width}*{height}", --seed, "{seed}"]
    settings:
      repository: github:someone/toy-model
      weights: {base: hf:someone/toy, lora: checkout:lora.safetensors}
      optional: [["--negative={negative_prompt}"], [--steps, "{steps}", --base, "{weights.base}"]]
      environment: {PYTHONPATH: "{repository}/src", THREADS: 2}
      output: "results/*.mp4"
)";

std::vector<Model> parse(const std::string& text) {
  return parse_catalogue(text, "toy.yaml", "/root-folder");
}

std::string replaced(std::string text, const std::string& old, const std::string& with) {
  const size_t at = text.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  return text.replace(at, old.size(), with);
}

// The error of the sound entry with one thing changed.
std::string fault(const std::string& old, const std::string& with) {
  try {
    (void)parse(replaced(kSound, old, with));
  } catch (const Error& e) {
    return std::string(e.what()) + " | " + e.hint();
  }
  return "none";
}

TEST(CommandTemplate, IsReadFromAnEntry) {
  const Model model = parse(kSound).at(0);
  EXPECT_EQ(model.deployment.max_batch, 1);
  const CommandTemplate command = read_command_template(model.deployment);
  EXPECT_EQ(command.repository, "someone/toy-model");
  EXPECT_EQ(command.weights.at("lora"), "checkout:lora.safetensors");
  EXPECT_EQ(command.environment.size(), 2u);
  EXPECT_TRUE(command.uses("negative_prompt"));
  EXPECT_FALSE(command.uses("frames"));
}

TEST(CommandTemplate, PathsOfWeightsStartAtTheRootAndDownloadsDoNot) {
  const Model model = parse(replaced(kSound, "{base: hf:someone/toy,", "{base: w/base.bin,")).at(0);
  EXPECT_EQ(model.deployment.settings["weights"]["base"], "/root-folder/w/base.bin");
  EXPECT_EQ(model.deployment.settings["weights"]["lora"], "checkout:lora.safetensors");
  EXPECT_EQ(model.digest,
            parse_catalogue(replaced(kSound, "{base: hf:someone/toy,", "{base: w/base.bin,"), "b.yaml", "/b")
                .at(0)
                .digest);
}

TEST(CommandTemplate, FillsArgumentsAndLeavesGroupsOutWhoseValuesLack) {
  const CommandTemplate command = read_command_template(parse(kSound).at(0).deployment);
  Values values = {{"prompt", "-a {b} 'c'\n\"d\""}, {"width", "8"}, {"height", "4"}, {"seed", "7"}};
  EXPECT_EQ(fill_command(command, values),
            (std::vector<std::string>{"python", "generate.py", "--prompt=-a {b} 'c'\n\"d\"", "--size", "8*4",
                                      "--seed", "7"}));
  values["steps"] = "3";
  EXPECT_EQ(fill_command(command, values).size(), 7u) << "{weights.base} has no value";
  values["weights.base"] = "/w";
  EXPECT_EQ(fill_command(command, values).back(), "/w");
  values["negative_prompt"] = "bad";
  EXPECT_EQ(fill_command(command, values).at(7), "--negative=bad");
}

TEST(CommandTemplate, DoubledBracesAreBraces) {
  EXPECT_EQ(fill("{{\"a\": \"{seed}\"}}", {{"seed", "1"}}), "{\"a\": \"1\"}");
  EXPECT_THROW((void)fill("{seed}", {}), Error);
}

TEST(CommandTemplate, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(fault("{width}*", "{widht}*"),
            "toy.yaml:4: '{widht}*{height}' has the unknown placeholder {widht} | did you mean 'width'?");
  EXPECT_NE(fault("optional:", "optoinal:").find("no setting 'optoinal' | did you mean 'optional'?"),
            std::string::npos);
  EXPECT_NE(fault("{weights.base}", "{weights}").find("unknown placeholder {weights}"), std::string::npos);
  EXPECT_NE(fault("{width}*", "{width*").find("without its '}'"), std::string::npos);
  EXPECT_NE(fault("--seed, \"{seed}\"", "--fast").find("takes the seed"), std::string::npos);
  EXPECT_NE(fault("--prompt={prompt}", "--prompt").find("takes the prompt"), std::string::npos);
  EXPECT_NE(fault("output: \"results/*.mp4\"", "python: p").find("where the video appears"),
            std::string::npos);
  EXPECT_NE(fault("hf:someone/toy,", "hf:someone,").find("names no repository"), std::string::npos);
  EXPECT_NE(fault("hf:someone/toy,", "hf:someone/toy@v1/file.pt,").find("names no repository"),
            std::string::npos);
  EXPECT_NE(fault("hf:someone/toy,", "hf:someone/toy@,").find("names no revision"), std::string::npos);
  EXPECT_NE(fault("checkout:lora", "checkout:../lora").find("leaves its folder"), std::string::npos);
  EXPECT_NE(fault("THREADS: 2", "THREADS: true").find("must be text"), std::string::npos);
  EXPECT_NE(fault("\"results/*.mp4\"", "\"{output}/*.mp4\"").find("unknown placeholder {output}"),
            std::string::npos);
  EXPECT_NE(fault("[python, ", "[\"{prompt}\", ").find("begin with a program"), std::string::npos);
  EXPECT_NE(fault("runner: command", "runner: command\n    max_batch: 4").find("one video at a time"),
            std::string::npos);
  EXPECT_NE(fault("output:", "progress: 'step (\\d+)'\n      output:").find("(?<step>"), std::string::npos);
}

TEST(CommandTemplate, NamedGroupsOfProgressBecomeNumbered) {
  const std::string text =
      replaced(kSound, "output:", "progress: 'a (?<step>\\d+) of (?<steps>\\d+)'\n      output:");
  EXPECT_EQ(read_command_template(parse(text).at(0).deployment).progress, R"(a (\d+) of (\d+))");
}

TEST(CommandPlaces, SayWhatIsMissingAndFindWhatIsThere) {
  const TemporaryDirectory folder;
  ::setenv("VIDBENCH_REPOSITORIES", folder.path().c_str(), 1);
  ::setenv("HF_HUB_CACHE", (folder.path() / "hub").c_str(), 1);
  ::setenv("VIDBENCH_PYTHON", "/bin/sh", 1);
  const Deployment deployment = parse(kSound).at(0).deployment;
  CommandPlaces places = find_places(deployment);
  ASSERT_EQ(places.missing.size(), 3u);
  const fs::path checkout = folder.path() / "someone/toy-model";
  EXPECT_NE(places.missing[0].find("git clone https://github.com/someone/toy-model " + checkout.string()),
            std::string::npos);
  EXPECT_NE(places.missing[1].find("someone/toy is neither in the weights store"), std::string::npos);
  EXPECT_EQ(places.weights.at("base"), "hf:someone/toy");

  fs::create_directories(checkout / ".git/refs/heads");
  for (const char* name : {"generate.py", "lora.safetensors"}) std::ofstream(checkout / name) << "x";
  std::ofstream(checkout / ".git/HEAD") << "ref: refs/heads/main\n";
  std::ofstream(checkout / ".git/refs/heads/main") << "0123abcd\n";
  fs::create_directories(folder.path() / "hub/models--someone--toy/snapshots/b");
  fs::create_directories(folder.path() / "hub/models--someone--toy/snapshots/a");
  fs::create_directories(folder.path() / "hub/models--someone--toy/refs");
  std::ofstream(folder.path() / "hub/models--someone--toy/refs/main") << "b";
  places = find_places(deployment);
  EXPECT_TRUE(places.missing.empty()) << places.missing.front();
  EXPECT_EQ(places.program, "/bin/sh");
  EXPECT_EQ(places.weights.at("base"), (folder.path() / "hub/models--someone--toy/snapshots/b").string());
  EXPECT_EQ(places.weights.at("lora"), (checkout / "lora.safetensors").string());
  EXPECT_EQ(checkout_commit(places.checkout), "0123abcd");

  // A new commit of the code, or other weights, is another model.
  Model model = parse(kSound).at(0);
  const std::string before = content_digest(model);
  std::ofstream(checkout / "lora.safetensors") << "other";
  const std::string other_weights = content_digest(model);
  std::ofstream(checkout / ".git/refs/heads/main") << "4567ef\n";
  EXPECT_NE(before, other_weights);
  EXPECT_NE(other_weights, content_digest(model));
  for (const char* name : {"VIDBENCH_REPOSITORIES", "HF_HUB_CACHE", "VIDBENCH_PYTHON"}) ::unsetenv(name);
}

}  // namespace
}  // namespace vidbench::registry
