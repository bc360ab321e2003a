// Drafts of catalogue entries: what is read, what stays unknown, and that the text is read back as the model.
#include "registry/draft.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "registry/catalogue_file.h"
#include "registry/catalogue_writer.h"
#include "registry/script_options.h"

namespace vidbench::registry {
namespace {
namespace fs = std::filesystem;

// A safetensors file of zeros, with these tensors.
std::string safetensors(const Json& header, size_t bytes) {
  const std::string text = header.dump();
  const uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + text + std::string(bytes, '\0');
}

Model read_back(const Draft& draft) {
  return parse_catalogue(catalogue_text(draft.model, draft.remarks), "draft.yaml", "/root-folder").at(0);
}

class DraftTest : public testing::Test {
 protected:
  fs::path write(const std::string& name, const std::string& content) {
    write_file_atomic(folder_.path() / name, content);
    return folder_.path() / name;
  }
  [[nodiscard]] const fs::path& folder() const { return folder_.path(); }

 private:
  TemporaryDirectory folder_{"draft"};
};

TEST_F(DraftTest, OfAFolderReadsPipelineTypeAndSize) {
  write("tiny-wan/model_index.json",
        R"({"_class_name": "WanImageToVideoPipeline", "transformer": ["diffusers", "WanTransformer3DModel"],
            "text_encoder": ["transformers", "UMT5EncoderModel"], "vae": ["diffusers", "AutoencoderKLWan"]})");
  const Json header = {{"a", {{"dtype", "BF16"}, {"shape", {1000, 2000}}, {"data_offsets", {0, 4}}}},
                       {"__metadata__", {{"format", "pt"}}}};
  write("tiny-wan/transformer/diffusion_pytorch_model.safetensors", safetensors(header, 4));
  write("tiny-wan/transformer/diffusion_pytorch_model.fp16.safetensors", safetensors(header, 4));
  const Draft draft = draft_of_folder(folder() / "tiny-wan/");
  EXPECT_EQ(draft.model.id, "tiny-wan");
  EXPECT_EQ(draft.model.deployment.settings["pipeline"], "WanImageToVideoPipeline");
  EXPECT_EQ(draft.model.deployment.settings["path"], (folder() / "tiny-wan").string());
  EXPECT_EQ(draft.model.deployment.dtype, "bf16");
  EXPECT_EQ(draft.model.card.tasks, std::vector<std::string>{"image-to-video"});
  EXPECT_EQ(draft.model.card.backbone, "dit");
  EXPECT_DOUBLE_EQ(draft.model.card.parameters_b.value(), 0.002)
      << "the variant is the same weights once more";
  EXPECT_TRUE(draft.model.card.licence.empty());
  const Model again = read_back(draft);
  EXPECT_EQ(to_json(again.card), to_json(draft.model.card));
  EXPECT_EQ(again.deployment.settings, draft.model.deployment.settings);
}

TEST_F(DraftTest, AFolderWithoutAnIndexIsRefused) {
  EXPECT_THROW((void)draft_of_folder(folder()), Error);
  write("model_index.json", R"({"_class_name": 3})");
  EXPECT_THROW((void)draft_of_folder(folder()), Error);
  write("model_index.json", "[");
  EXPECT_THROW((void)draft_of_folder(folder()), Error);
}

Json hub_answer() {
  return {{"id", "someone/Some-Video_v1.5"},
          {"sha", std::string(40, 'a')},
          {"pipeline_tag", "text-to-video"},
          {"tags", {"diffusers", "arxiv:2503.20314"}},
          {"cardData", {{"license", "apache-2.0"}}},
          {"safetensors", {{"parameters", {{"BF16", 1'418'996'800}}}}}};
}

TEST(DraftOfHub, PinsTheCommitAndKeepsTheSource) {
  const Draft draft = draft_of_hub(hub_answer(), {{"_class_name", "LTXPipeline"}});
  EXPECT_EQ(draft.model.id, "some-video_v1.5");
  EXPECT_EQ(draft.model.card.licence, "Apache-2.0");
  EXPECT_EQ(draft.model.card.paper, "arXiv:2503.20314");
  EXPECT_EQ(draft.model.card.references,
            std::vector<std::string>{"https://huggingface.co/someone/Some-Video_v1.5"});
  EXPECT_EQ(draft.model.deployment.settings["revision"], std::string(40, 'a'));
  EXPECT_EQ(draft.model.deployment.dtype, "bf16");
  EXPECT_DOUBLE_EQ(draft.model.card.parameters_b.value(), 1.42);
  EXPECT_EQ(to_json(read_back(draft).card), to_json(draft.model.card));
}

TEST(DraftOfHub, WithoutAPipelineThereIsACardAlone) {
  const Draft draft = draft_of_hub(hub_answer(), nullptr);
  EXPECT_FALSE(draft.model.deployed());
  EXPECT_FALSE(read_back(draft).deployed());
  EXPECT_NE(draft.remarks.front().find("model_index.json"), std::string::npos);
}

TEST(DraftOfHub, OddAnswersAreRefusedOrLeaveFactsUnknown) {
  EXPECT_THROW((void)draft_of_hub({{"id", "x"}}, nullptr), Error);
  EXPECT_THROW((void)draft_of_hub({{"id", "a/b"}, {"sha", "main"}}, nullptr), Error);
  Json odd = hub_answer();
  odd["cardData"] = {{"license", 7}};
  odd["tags"] = "none";
  odd["safetensors"] = {{"parameters", {1, 2}}};
  odd["pipeline_tag"] = Json::array();
  const Draft draft = draft_of_hub(odd, nullptr);
  EXPECT_TRUE(draft.model.card.licence.empty());
  EXPECT_FALSE(draft.model.card.parameters_b.has_value());
}

constexpr const char* kScript = R"py(
import argparse
p = argparse.ArgumentParser()
p.add_argument("--prompt", "-p", type=str, required=True, help="what, to show (a text)")
p.add_argument('--num_frames', default=49, type=int)
p.add_argument("--size", type=str, default="832*480", choices=["832*480", "1280*720"])
p.add_argument("--base_seed", type=int, default=-1)  # a comment with "quotes, and commas
p.add_argument("--sample_steps", type=int, default=None)
p.add_argument("--sample_guide_scale", type=float, default=5.0)
p.add_argument("--neg_prompt", type=str, default="")
p.add_argument("--ckpt_dir", type=str, required=True)
p.add_argument("--offload", action="store_true")
p.add_argument("--save_file", type=str)
p.add_argument(flag, type=int)
)py";

TEST(ScriptOptions, AreReadFromArgparse) {
  const auto options = read_script_options(kScript);
  ASSERT_EQ(options.size(), 10u);
  EXPECT_EQ(options[0].flag, "--prompt");
  EXPECT_TRUE(options[0].required);
  EXPECT_EQ(options[1].default_text, "49");
  EXPECT_EQ(options[2].choices, (std::vector<std::string>{"832*480", "1280*720"}));
  EXPECT_TRUE(options[8].is_switch);
}

TEST(ScriptOptions, BecomeACommand) {
  const ScriptCommand command = propose_command(read_script_options(kScript), true);
  EXPECT_EQ(command.arguments,
            (std::vector<std::string>{"--prompt={prompt}", "--base_seed", "{seed}", "--num_frames",
                                      "{frames}", "--size", "{width}*{height}", "--sample_steps", "{steps}",
                                      "--sample_guide_scale", "{guidance}", "--ckpt_dir", "{weights}",
                                      "--save_file", "{output}"}));
  EXPECT_EQ(command.optional, (std::vector<std::vector<std::string>>{{"--neg_prompt={negative_prompt}"}}));
  EXPECT_EQ(command.defaults.at("frames"), "49");
  EXPECT_TRUE(command.output.empty());
}

TEST(ScriptOptions, WhatIsRequiredAndUnknownIsTold) {
  const ScriptCommand command = propose_command(read_script_options(kScript), false);
  EXPECT_TRUE(std::any_of(command.remarks.begin(), command.remarks.end(), [](const std::string& remark) {
    return remark == "--ckpt_dir is required by the script and not filled in";
  }));
}

TEST(ScriptOptions, BrokenTextsEndQuietly) {
  for (const char* text : {"x.add_argument(", "x.add_argument(\"--prompt", "x.add_argument(((((", "",
                           "x.add_argument(\"\"\"--seed\"\"\"", "x.add_argument('a\\"})
    EXPECT_LE(read_script_options(text).size(), 1u) << text;
}

TEST_F(DraftTest, OfACheckoutFindsTheScript) {
  write("toy/generate.py", kScript);
  write("toy/train.py", "p.add_argument('--lr', default=1e-4)");
  write("toy/LICENSE", "Apache License\nVersion 2.0, January 2004");
  const Draft draft = draft_of_checkout(folder() / "toy", "someone/toy", "", "hf:someone/toy-weights");
  EXPECT_EQ(draft.model.deployment.command[1], "generate.py");
  EXPECT_EQ(draft.model.card.licence, "Apache-2.0 (repository)");
  EXPECT_EQ(draft.model.deployment.defaults.frames, 49);
  EXPECT_EQ(read_back(draft).deployment.command, draft.model.deployment.command);
}

TEST_F(DraftTest, OfACheckoutAsksWhereSeveralScriptsTakeAPrompt) {
  write("toy/a.py", kScript);
  write("toy/scripts/b.py", kScript);
  try {
    (void)draft_of_checkout(folder() / "toy", "", "", "");
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("a.py, scripts/b.py"), std::string::npos) << e.what();
  }
  EXPECT_EQ(draft_of_checkout(folder() / "toy", "", "scripts/b.py", "/w").model.card.script, "scripts/b.py");
  EXPECT_THROW((void)draft_of_checkout(folder() / "toy", "", "c.py", ""), Error);
}

TEST(IdFrom, KeepsWhatAnIdMayHold) {
  EXPECT_EQ(id_from("Some-Model_v1.5 (T2V)"), "some-model_v1.5-t2v");
  EXPECT_EQ(id_from("../x"), "x");
  EXPECT_EQ(id_from("模型"), "");
}

TEST(CatalogueWriter, KeepsWhatIsKnownOfAModelThatNobodyKnowsHowToRun) {
  Draft draft;
  draft.model.id = "known";
  draft.model.deployment.defaults.frames = 81;
  const Model again = read_back(draft);
  EXPECT_FALSE(again.deployed());
  EXPECT_EQ(again.deployment.defaults.frames, 81);
}

TEST(CatalogueWriter, QuotesWhatWouldNotBeText) {
  Draft draft = draft_of_worker({"python", "1.0", "yes", "a: b", "# no", "", "x\ny", "it's"});
  draft.model.id = "odd";
  draft.model.card.title = "true";
  draft.model.card.note = "- list? {no}";
  draft.model.deployment.settings = {
      {"version", "1.10"}, {"on", true}, {"n", 3}, {"deep", {{"a", {1, 2.5, nullptr}}}}};
  const Model again = read_back(draft);
  EXPECT_EQ(again.deployment.command, draft.model.deployment.command);
  EXPECT_EQ(again.card.title, "true");
  EXPECT_EQ(again.card.note, draft.model.card.note);
  EXPECT_EQ(again.deployment.settings, draft.model.deployment.settings);
}

}  // namespace
}  // namespace vidbench::registry
