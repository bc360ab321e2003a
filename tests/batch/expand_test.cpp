#include "batch/expand.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "base/files.h"

namespace vidbench::batch {
namespace {

namespace fs = std::filesystem;

// A catalogue of three models that make nothing, and a suite, in a folder of their own.
class Expand : public testing::Test {
 protected:
  Expand() {
    ::setenv("VIDBENCH_HOME", VIDBENCH_SOURCE_DIR, 1);
    ::setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1);
    write_file_atomic(folder_.path() / "catalogue/models.yaml",
                      "family: toys\nshared: {tasks: [text-to-video], licence: MIT, runner: 'null', "
                      "defaults: {frames: 4, width: 8, height: 8, fps: 8, steps: 8}}\n"
                      "models:\n- {id: a, title: A}\n- {id: b, title: B}\n- {id: c, title: C}\n");
    write_file_atomic(folder_.path() / "s.yaml",
                      "id: s\nversion: 1\ntitle: S\npublic: true\nlicence: CC0-1.0\nseeds: [1]\nmetrics: "
                      "[]\nmodels: [b]\nprompts: [{text: x}, {text: y}]\n");
    write_file_atomic(folder_.path() / "t.yaml",
                      "id: t\nversion: 1\ntitle: T\npublic: true\nlicence: CC0-1.0\nseeds: [1]\nmetrics: "
                      "[]\nprompts: [{text: x}]\n");
    registry_ = registry::Registry::load({folder_.path() / "catalogue"});
  }
  ~Expand() override {
    ::unsetenv("VIDBENCH_HOME");
    ::unsetenv("XDG_CACHE_HOME");
  }

  std::vector<Cell> cells(const std::string& text) {
    return expand(parse_batch("name: n\n" + text, (folder_.path() / "batch.yaml").string()), registry_);
  }

  // "a s steps=4" of each cell.
  std::vector<std::string> told(const std::string& text) {
    std::vector<std::string> lines;
    for (const Cell& cell : cells(text)) {
      const std::string varying = text_of(cell.varying);
      lines.push_back(cell.model.id + " " + cell.suite->id + (varying.empty() ? "" : " " + varying));
    }
    return lines;
  }

  std::string mistake(const std::string& text) {
    try {
      (void)cells(text);
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kInput);
      return fs::path(std::string(e.what())).filename().string() + " | " + e.hint();
    }
    ADD_FAILURE() << "accepted: " << text;
    return "";
  }

  TemporaryDirectory folder_;
  registry::Registry registry_;
};

using Lines = std::vector<std::string>;

TEST_F(Expand, ListsMultiply) {
  EXPECT_EQ(told("runs: [{model: [a, b], suite: ./s.yaml, steps: [4, 8]}]"),
            (Lines{"a:steps=4 s steps=4", "a s steps=8", "b:steps=4 s steps=4", "b s steps=8"}));
}

TEST_F(Expand, AMatrixAloneIsEnough) {
  EXPECT_EQ(told("matrix: {model: [a, b], suite: [./s.yaml, ./t.yaml]}"),
            (Lines{"a s", "b s", "a t", "b t"}));
}

TEST_F(Expand, TheNearerOneWins) {
  EXPECT_EQ(told("defaults: {suite: ./s.yaml, steps: 3, model: a}\nmatrix: {guidance: [1, 2]}\n"
                 "runs: [{}, {steps: 5, guidance: 1}]"),
            (Lines{"a:steps=3,guidance=1 s steps=3 guidance=1", "a:steps=3,guidance=2 s steps=3 guidance=2",
                   "a:steps=5,guidance=1 s steps=5 guidance=1"}));
}

TEST_F(Expand, PriorityThenFileOrder) {
  EXPECT_EQ(told("defaults: {suite: ./t.yaml}\nruns: [{model: a}, {model: b, priority: 2}, {model: c, "
                 "priority: 2}]"),
            (Lines{"b t", "c t", "a t"}));
}

TEST_F(Expand, ExcludesAndIncludes) {
  EXPECT_EQ(told("defaults: {suite: ./t.yaml, model: a}\n"
                 "matrix: {steps: [4, 8], guidance: [1, 2], exclude: [{steps: 4, guidance: 2}], include: "
                 "[{steps: 50}]}"),
            (Lines{"a:steps=4,guidance=1 t steps=4 guidance=1", "a:guidance=1 t steps=8 guidance=1",
                   "a:guidance=2 t steps=8 guidance=2", "a:steps=50 t steps=50"}));
  EXPECT_EQ(told("matrix: {suite: ./t.yaml, model: [a, b, c], exclude: [{model: {search: b}}]}"),
            (Lines{"a t", "c t"}));
}

TEST_F(Expand, FiltersAndTheSuitesOwnModels) {
  EXPECT_EQ(told("runs: [{suite: ./t.yaml, models: {family: toys}}]"), (Lines{"a t", "b t", "c t"}));
  EXPECT_EQ(told("runs: [{suite: ./s.yaml}]"), (Lines{"b s"}));
}

TEST_F(Expand, RepeatedCellsRunOnce) {
  EXPECT_EQ(told("defaults: {suite: ./t.yaml}\nruns: [{model: [a, b]}, {model: b}]"), (Lines{"a t", "b t"}));
}

TEST_F(Expand, Mistakes) {
  EXPECT_EQ(mistake("runs: [{suite: ./t.yaml, model: aa}]"),
            "batch.yaml:2: no model is named 'aa' | did you mean 'a'?");
  EXPECT_EQ(mistake("runs: [{model: a}]"),
            "batch.yaml:2: which suite? | add 'suite: quickstart' here or under 'defaults'");
  EXPECT_NE(mistake("runs: [{model: a, suite: quickstrat}]").find("did you mean 'quickstart'?"),
            std::string::npos);
  EXPECT_NE(mistake("runs: [{model: a, suite: ./none.yaml}]").find("none.yaml"), std::string::npos);
  EXPECT_NE(mistake("runs: [{suite: ./t.yaml}]").find("which models?"), std::string::npos);
  EXPECT_EQ(mistake("runs: [{suite: ./t.yaml, models: {family: toyz}}]"),
            "batch.yaml:2: no model of the catalogue has the family 'toyz' | did you mean 'toys'?");
  EXPECT_NE(mistake("runs: [{suite: ./t.yaml, models: {family: toys, max_vram: 1}}]").find("no model passes"),
            std::string::npos);
  EXPECT_NE(mistake("matrix: {model: a, suite: ./t.yaml, steps: [4], exclude: [{steps: 5}]}")
                .find("excludes nothing"),
            std::string::npos);
  EXPECT_NE(mistake("matrix: {model: a, suite: ./t.yaml, exclude: [{model: a}]}").find("nothing is left"),
            std::string::npos);
}

TEST_F(Expand, AnExplosionIsRefusedBeforeItIsMade) {
  std::string list = "1";
  for (int i = 2; i <= 1000; ++i) list += ", " + std::to_string(i);
  const std::string lists = "steps: [" + list + "], frames: [" + list + "], width: [" + list +
                            "], height: [" + list + "], limit: [" + list + "], batch_size: [" + list + "]";
  EXPECT_NE(mistake("matrix: {model: a, suite: ./t.yaml, " + lists + "}").find("more than 10000 runs"),
            std::string::npos);
}

TEST_F(Expand, RunIdsTellWhatIsMeasured) {
  const auto id = [&](const std::string& options) {
    const Cell cell = cells("runs: [{model: a, suite: ./t.yaml" + options + "}]").front();
    return run_id("n", cell, plan_of(cell, false));
  };
  EXPECT_EQ(id(""), id(""));
  EXPECT_EQ(id(""), id(", threads: 1, previews: 0"));
  const std::set<std::string> ids = {id(""),           id(", steps: 4"),    id(", seed: 7"),
                                     id(", limit: 1"), id(", device: cpu"), id(", batch_size: 3")};
  EXPECT_EQ(ids.size(), 6U);
  EXPECT_TRUE(id("").starts_with("n-"));
}

}  // namespace
}  // namespace vidbench::batch
