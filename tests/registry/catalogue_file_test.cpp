#include "registry/catalogue_file.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace vidbench::registry {
namespace {

constexpr const char* kFamily = R"(family: toy
shared:
  runner: worker
  command: [toy-worker, serve]
  licence: MIT
  settings: {sampler: euler, size: base}
  defaults: {frames: 16, width: 32, steps: 8}
  timeouts: {start_s: 5}
models:
  - id: toy-8
  - id: toy-4
    title: Toy, four steps
    settings: {size: small, weights: w/toy.bin}
    defaults: {steps: 4, guidance: 0}
    timeouts: {stall_s: 2.5}
)";

std::vector<Model> parse(const std::string& text) {
  return parse_catalogue(text, "toy.yaml", "/root-folder");
}

TEST(CatalogueFile, SharedFieldsAreMergedKeyByKey) {
  const std::vector<Model> models = parse(kFamily);
  ASSERT_EQ(models.size(), 2u);
  const Model& eight = models[0];
  EXPECT_EQ(eight.card.title, "toy-8");
  EXPECT_EQ(eight.card.family, "toy");
  EXPECT_EQ(eight.deployment.settings, Json({{"sampler", "euler"}, {"size", "base"}}));
  EXPECT_EQ(eight.deployment.defaults.steps, 8);
  EXPECT_FALSE(eight.deployment.defaults.guidance);
  const Deployment& four = models[1].deployment;
  EXPECT_EQ(models[1].card.title, "Toy, four steps");
  EXPECT_EQ(models[1].card.licence, "MIT");
  EXPECT_EQ(four.command, (std::vector<std::string>{"toy-worker", "serve"}));
  EXPECT_EQ(four.settings["sampler"], "euler");
  EXPECT_EQ(four.settings["size"], "small");
  EXPECT_EQ(four.defaults.steps, 4);
  EXPECT_EQ(four.defaults.frames, 16);
  EXPECT_EQ(four.defaults.guidance, 0.0);
  EXPECT_EQ(four.start_timeout_s, 5);
  EXPECT_EQ(four.stall_timeout_s, 2.5);
}

constexpr const char* kCards = R"(family: toy
shared:
  organisation: Toy Makers
  access: weights
  architecture: {backbone: dit, vae: toy-vae}
  dtype: bf16
models:
  - id: toy-14b
    tasks: [text-to-video, image-to-video]
    released: 2025-02
    architecture: {text_encoder: t5}
    parameters_b: 14
    min_vram_gb: 80
    source: hf:toys/toy-14b
    references: [github:toys/toy/README.md]
    defaults: {frames: 16, steps: 50}
    deployments:
      - {name: diffusers, runner: diffusers, settings: {repo: toys/toy-14b}}
      - {name: fast, runner: worker, command: [toy], defaults: {steps: 4}}
  - id: toy-secret
    access: paper
    paper: arXiv:2501.00001
)";

TEST(CatalogueFile, ACardTellsWhatIsKnown) {
  const Card card = parse(kCards).front().card;
  EXPECT_EQ(card.organisation, "Toy Makers");
  EXPECT_EQ(card.tasks, (std::vector<std::string>{"text-to-video", "image-to-video"}));
  EXPECT_EQ(card.released, "2025-02");
  EXPECT_EQ(card.backbone, "dit");
  EXPECT_EQ(card.text_encoder, "t5");
  EXPECT_EQ(card.vae, "toy-vae");
  EXPECT_EQ(card.parameters_b, 14);
  EXPECT_EQ(card.min_vram_gb, 80);
  EXPECT_EQ(card.source, "hf:toys/toy-14b");
  EXPECT_EQ(card.references, std::vector<std::string>{"github:toys/toy/README.md"});
  EXPECT_EQ(card.licence, "") << "what is not known is not guessed";
}

TEST(CatalogueFile, AModelStandsOnceForEachDeployment) {
  const std::vector<Model> models = parse(kCards);
  ASSERT_EQ(models.size(), 3u);
  EXPECT_EQ(models[0].id, "toy-14b");
  EXPECT_EQ(models[0].deployment.runner, "diffusers");
  EXPECT_EQ(models[0].deployment.defaults.steps, 50);
  EXPECT_EQ(models[1].id, "toy-14b@fast");
  EXPECT_EQ(models[1].card.title, models[0].card.title);
  EXPECT_EQ(models[1].deployment.command, std::vector<std::string>{"toy"});
  EXPECT_EQ(models[1].deployment.dtype, "bf16") << "from the file's shared part";
  EXPECT_EQ(models[1].deployment.defaults.steps, 4);
  EXPECT_EQ(models[1].deployment.defaults.frames, 16) << "from the model";
  EXPECT_NE(models[1].digest, models[0].digest);
  EXPECT_FALSE(models[2].deployed());
  EXPECT_EQ(models[2].card.paper, "arXiv:2501.00001");
}

TEST(CatalogueFile, JsonHoldsTheWholeModel) {
  for (const char* text : {kFamily, kCards})
    for (const Model& model : parse(text)) {
      const Json json = to_json(model);
      EXPECT_EQ(to_json(model_from_json(json)), json) << model.id;
    }
}

TEST(CatalogueFile, OriginNamesTheLine) {
  const std::vector<Model> models = parse(kFamily);
  EXPECT_EQ(models[0].origin, "toy.yaml:10");
  EXPECT_EQ(models[1].origin, "toy.yaml:11");
}

TEST(CatalogueFile, PathsBecomeAbsoluteAndSettingsWeightsAreListed) {
  const Deployment deployment = parse(kFamily)[1].deployment;
  EXPECT_EQ(deployment.settings["weights"], "/root-folder/w/toy.bin");
  ASSERT_EQ(deployment.weights.size(), 1u);
  EXPECT_EQ(deployment.weights[0].path, "/root-folder/w/toy.bin");
}

TEST(CatalogueFile, DigestDependsOnWhatDeterminesTheOutputAlone) {
  const auto digest = [](std::string text, const std::string& from, const std::string& to,
                         const char* root = "/root-folder") {
    if (const size_t at = text.find(from); at != std::string::npos) text.replace(at, from.size(), to);
    return parse_catalogue(text, "toy.yaml", root)[1].digest;
  };
  const std::string before = digest(kFamily, "", "");
  EXPECT_EQ(before.size(), 64u);
  EXPECT_EQ(digest(kFamily, "", "", "/another"), before) << "the place of the installation";
  EXPECT_EQ(digest(kFamily, "four steps", "4 steps"), before) << "the title";
  EXPECT_EQ(digest(kFamily, "stall_s: 2.5", "stall_s: 3"), before) << "a time-out";
  EXPECT_NE(digest(kFamily, "steps: 4", "steps: 5"), before);
  EXPECT_NE(digest(kFamily, "size: small", "size: tiny"), before);
  EXPECT_NE(digest(kFamily, "serve", "serve2"), before);
  EXPECT_NE(digest(kFamily, "licence: MIT", "dtype: bf16"), before);
  EXPECT_NE(digest(kFamily, "steps: 4,", "steps: 4, fps: 8,"), before);
}

struct BadCase {
  const char* name;
  const char* text;
  const char* message;  // expected part of the message
  const char* hint;     // expected part of the hint
};

class CatalogueFileErrors : public testing::TestWithParam<BadCase> {};

TEST_P(CatalogueFileErrors, NameFileLineAndWayOut) {
  try {
    (void)parse(GetParam().text);
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInput);
    EXPECT_NE(std::string(e.what()).find(GetParam().message), std::string::npos) << e.what();
    EXPECT_NE(e.hint().find(GetParam().hint), std::string::npos) << e.hint();
  }
}

const BadCase kBadCases[] = {
    {"UnknownKey", "models:\n  - {id: a, runner: 'null', titel: x}\n", "toy.yaml:2: unknown key 'titel'",
     "'title'"},
    {"UnknownTopKey", "modles: []\nmodels:\n  - {id: a, runner: 'null'}\n",
     "toy.yaml:1: unknown key 'modles'", "'models'"},
    {"UnknownSharedKey", "shared: {comand: [x]}\nmodels:\n  - {id: a, runner: 'null'}\n",
     "'comand' in shared", "'command'"},
    {"UnknownDefault", "models:\n  - id: a\n    runner: 'null'\n    defaults: {frame: 3}\n",
     "toy.yaml:4: unknown key 'frame'", "'frames'"},
    {"UnknownRunner", "models:\n  - {id: a, runner: difusers}\n", "'difusers' is not a value of 'runner'",
     "'diffusers'"},
    {"NoRunner", "models:\n  - id: a\n    deployments: [{name: x, dtype: fp16}]\n",
     "toy.yaml:3: deployment 'x' has no 'runner'", ""},
    {"DeploymentWithoutName", "models:\n  - id: a\n    deployments: [{runner: 'null'}]\n",
     "missing key 'name'", ""},
    {"TitleOfADeployment", "models:\n  - id: a\n    deployments: [{name: x, runner: 'null', title: y}]\n",
     "unknown key 'title'", ""},
    {"BadMonth", "models:\n  - {id: a, released: Feb 2025}\n", "'Feb 2025' is not a month", "2025-02"},
    {"BadAccess", "models:\n  - {id: a, access: wieghts}\n", "'wieghts' is not a value of 'access'",
     "'weights'"},
    {"NoParameters", "models:\n  - {id: a, parameters_b: 0}\n", "'parameters_b' must be a number", ""},
    {"NoCommand", "models:\n  - {id: a, runner: worker}\n", "no 'command'", "command: ["},
    {"NoId", "models:\n  - {runner: 'null'}\n", "missing key 'id'", ""},
    {"BadId", "models:\n  - {id: ../a, runner: 'null'}\n", "'../a' is not a model id", "lower-case"},
    {"BadDtype", "models:\n  - {id: a, runner: 'null', dtype: fp8x}\n", "'fp8x' is not a value of 'dtype'",
     ""},
    {"BadDevice", "models:\n  - {id: a, runner: 'null', device: 'cuda:'}\n", "'cuda:' is not a device",
     "cuda:N"},
    {"ZeroFrames", "models:\n  - {id: a, runner: 'null', defaults: {frames: 0}}\n", "above 0, not 0", ""},
    {"InfiniteFps", "models:\n  - {id: a, runner: 'null', defaults: {fps: .inf}}\n", "'fps' must be a number",
     ""},
    {"TextSteps", "models:\n  - {id: a, runner: 'null', defaults: {steps: many}}\n", "not 'many'", ""},
    {"NegativeBatch", "models:\n  - {id: a, runner: 'null', max_batch: -1}\n", "'max_batch' must be 0", ""},
    {"ZeroTimeout", "models:\n  - {id: a, runner: 'null', timeouts: {start_s: 0}}\n", "'start_s' must be",
     ""},
    {"BadPin", "models:\n  - id: a\n    runner: 'null'\n    weights: [{path: x, sha256: abc}]\n",
     "toy.yaml:4: 'abc' is not a sha256", "64"},
    {"SettingsList", "models:\n  - {id: a, runner: 'null', settings: [1]}\n", "'settings' must be a mapping",
     ""},
    {"ReplayWithoutPath", "models:\n  - {id: a, runner: replay}\n", "no settings.path", "folder"},
    {"DiffusersWithoutSource", "models:\n  - {id: a, runner: diffusers}\n", "neither settings.path", "repo"},
    {"NoModels", "family: x\nmodels: []\n", "no model stands under 'models'", ""},
    {"NotAMapping", "- a\n", "toy.yaml:1: expected a mapping", "docs/add-a-model.md"},
    {"NotYaml", "models: [\n", "not valid YAML", ""},
    {"Alias", "shared: &a {runner: 'null'}\nmodels:\n  - *a\n", "toy.yaml:3: YAML aliases", ""},
};

INSTANTIATE_TEST_SUITE_P(All, CatalogueFileErrors, testing::ValuesIn(kBadCases),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace vidbench::registry
