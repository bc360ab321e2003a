#include "config/settings.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"
#include "base/files.h"
#include "config/catalogue.h"
#include "config/document.h"

namespace vidbench::config {
namespace {
namespace fs = std::filesystem;

// The three files below a folder of their own.
class SettingsTest : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("HOME", (folder_.path() / "home").c_str(), 1);
    ::setenv("XDG_DATA_HOME", (folder_.path() / "data").c_str(), 1);
  }
  void write(const fs::path& file, const std::string& text) const { write_file_atomic(file, text); }
  [[nodiscard]] Settings load(const std::string& profile = "",
                              const std::vector<std::string>& environment = {}) const {
    return Settings::load(places_, profile, environment);
  }

  TemporaryDirectory folder_;
  Places places_{folder_.path() / "etc/config.yaml", folder_.path() / "home/.config/vidbench/config.yaml",
                 folder_.path() / "project/vidbench.yaml"};
};

TEST_F(SettingsTest, EachLayerCountsMoreThanTheOneBefore) {
  EXPECT_EQ(load().at("format").origin.text(), "built-in");
  EXPECT_TRUE(load().at("format").value.is_null());
  EXPECT_EQ(load().shown(require_key("format")), "table");
  write(places_.system, "format: csv\nrun: {workers: 2, threads: 2, limit: 2, previews: 2}\n");
  EXPECT_EQ(load().text("format"), "csv");
  write(places_.user, "profiles: {ci: {run: {previews: 4}}}\nrun: {threads: 3, limit: 3, previews: 3}\n");
  write(places_.project, "run:\n  limit: 4\n");
  const Settings settings = load("ci", {"VIDBENCH_RUN_LIMIT=5", "VIDBENCH_STORE="});
  EXPECT_EQ(settings.at("run.workers").origin.text(), places_.system.string() + ":2");
  EXPECT_EQ(settings.at("run.threads").origin.text(), "~/.config/vidbench/config.yaml:2");
  EXPECT_EQ(settings.at("run.previews").origin.text(), "~/.config/vidbench/config.yaml:1 (profile ci)");
  EXPECT_EQ(settings.text("run.previews"), "4");
  EXPECT_EQ(settings.at("run.limit").origin.text(), "$VIDBENCH_RUN_LIMIT");
  EXPECT_EQ(settings.at("run.limit").value, 5);
  EXPECT_TRUE(settings.at("store").value.is_null()) << "an empty variable is not set";
  EXPECT_EQ(load().text("run.limit"), "4");
  EXPECT_EQ(load().at("run.limit").origin.place, places_.project.string() + ":2");
}

TEST_F(SettingsTest, AProfileCountsMoreThanEveryFileAndLessThanAVariable) {
  write(places_.user, "profiles: {ci: {run: {limit: 1}, format: json}}\n");
  write(places_.project, "run: {limit: 2}\nprofiles: {ci: {run: {workers: 9}}}\n");
  EXPECT_EQ(load().text("run.limit"), "2");
  EXPECT_EQ(load("ci").text("run.limit"), "1");
  EXPECT_EQ(load("ci").text("run.workers"), "9");
  EXPECT_EQ(load("ci", {"VIDBENCH_RUN_LIMIT=7"}).text("run.limit"), "7");
  try {
    (void)load("c1");
    FAIL() << "no such profile";
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "no configuration file has a profile 'c1'");
    EXPECT_EQ(e.hint(), "did you mean 'ci'?");
  }
}

TEST_F(SettingsTest, PathsOfAFileStartAtItsFolder) {
  write(places_.project,
        "cache: cache\nruns: ~/runs\nstore: sqlite:a/b.db\npython: .venv/bin/python\nproviders: [/p, q]\n"
        "catalogues: [models, {git: other, folder: c}, {git: 'https://host/team/models.git', ref: v1}]\n");
  const Settings settings = load();
  const fs::path project = folder_.path() / "project";
  EXPECT_EQ(settings.text("cache"), project / "cache");
  EXPECT_EQ(settings.text("runs"), folder_.path() / "home/runs");
  EXPECT_EQ(settings.text("store"), "sqlite:" + (project / "a/b.db").string());
  EXPECT_EQ(settings.text("python"), project / ".venv/bin/python");
  EXPECT_EQ(settings.at("providers").value, Json({"/p", (project / "q").string()}));
  const Json& catalogues = settings.at("catalogues").value;
  EXPECT_EQ(catalogue_of(catalogues[0]).folder, project / "models");
  EXPECT_EQ(catalogue_of(catalogues[1]).folder, project / "other/c");
  const Catalogue fetched = catalogue_of(catalogues[2]);
  EXPECT_EQ(fetched.address, "https://host/team/models.git");
  EXPECT_TRUE(
      fetched.checkout.string().starts_with((folder_.path() / "data/vidbench/catalogues/models-").string()));
  write(places_.project, "python: python3.12\n");
  EXPECT_EQ(load().text("python"), "python3.12") << "a name is looked for in PATH";
}

TEST_F(SettingsTest, FaultsNameTheVariable) {
  try {
    (void)load("", {"VIDBENCH_RUN_WORKERS=many"});
    FAIL() << "not a number";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("VIDBENCH_RUN_WORKERS: 'run.workers' must be"), std::string::npos);
  }
}

TEST_F(SettingsTest, PublishedForWhatReadsTheEnvironment) {
  write(places_.project, "python: /opt/python\nformat: csv\ncatalogues: [a, b]\n");
  ::unsetenv("VIDBENCH_FORMAT");
  publish(load());
  EXPECT_STREQ(std::getenv("VIDBENCH_PYTHON"), "/opt/python");
  EXPECT_EQ(std::getenv("VIDBENCH_FORMAT"), nullptr) << "nothing below reads it";
  const std::string project = (folder_.path() / "project/").string();
  EXPECT_EQ(std::getenv("VIDBENCH_CATALOGUE"), project + "a:" + project + "b");
  ::unsetenv("VIDBENCH_PYTHON");
  ::unsetenv("VIDBENCH_CATALOGUE");
}

TEST_F(SettingsTest, DescribedWithoutTheHomeFolder) {
  write(places_.user, "format: csv\n");
  write(places_.project, "profiles: {ci: {}}\n");
  EXPECT_EQ(load("ci").description(),
            Json({{"files", {"~/.config/vidbench/config.yaml", "vidbench.yaml"}}, {"profile", "ci"}}));
}

TEST(Password, IsNotShown) {
  EXPECT_EQ(without_password("postgresql://me:secret@host/db"), "postgresql://me:***@host/db");
  EXPECT_EQ(without_password("postgresql://me@host:5432/db"), "postgresql://me@host:5432/db");
  EXPECT_EQ(without_password("postgresql://host:5432/a@b"), "postgresql://host:5432/a@b");
  EXPECT_EQ(without_password("sqlite:a.db"), "sqlite:a.db");
}

TEST(EmptyFile, IsSoundAndNamesEveryKey) {
  const std::string text = empty_file();
  EXPECT_TRUE(parse_file(text, "x").values.empty());
  for (const Key& key : keys())
    EXPECT_NE(text.find(key.name.substr(key.name.rfind('.') + 1) + ":"), std::string::npos) << key.name;
}

}  // namespace
}  // namespace vidbench::config
