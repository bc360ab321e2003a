#include "providers/provider_file.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"

namespace vidbench::providers {
namespace {
namespace fs = std::filesystem;

const std::string kGood = R"(provider: demo
base_url: https://api.example.com/v1
sources: [here]
secrets: {key: [DEMO_KEY]}
auth: {kind: bearer, secret: key}
submit: {call: POST /jobs, capture: {id: /id}}
fields: {prompt: {at: /prompt}}
poll: {call: "GET /jobs/{id}", status: {at: /status, success: [ok]}}
result: {kind: url, at: /url}
)";

std::string replaced(const std::string& what, const std::string& with) {
  std::string text = kGood;
  const size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

std::string problem(const std::string& text) {
  try {
    (void)parse_provider(text, "f.yaml");
  } catch (const Error& e) {
    return std::string(e.what()) + " | " + e.hint();
  }
  return "";
}

TEST(ProviderFile, EveryFileOfThisRepositoryIsSound) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(VIDBENCH_SOURCE_DIR) / "providers")) {
    const Provider provider = load_provider(entry.path(), entry.path().filename().string());
    EXPECT_FALSE(provider.sources.empty());
    ++count;
  }
  EXPECT_GE(count, 20);
}

TEST(ProviderFile, ReadsADeclaration) {
  const Provider provider = parse_provider(kGood, "f.yaml");
  EXPECT_EQ(provider.auth.prefix, "Bearer ");
  EXPECT_EQ(provider.poll->call.address, "/jobs/{id}");
  EXPECT_EQ(provider.title, "demo");
}

TEST(ProviderFile, ErrorsNameLineAndWayOut) {
  EXPECT_EQ(problem(replaced("auth: {kind: bearer,", "auth: {kind: baerer,")),
            "f.yaml:5: 'baerer' is not a value of 'kind' | did you mean 'bearer'?");
  EXPECT_EQ(problem(replaced("secret: key}", "secret: kei}")),
            "f.yaml:5: 'kei' is not one of the secrets | did you mean 'key'?");
  EXPECT_EQ(problem(replaced("fields: {prompt", "fields: {promt")),
            "f.yaml:7: 'promt' is not a field | did you mean 'prompt'?");
  EXPECT_EQ(problem(replaced("{at: /prompt}", "{at: prompt}")),
            "f.yaml:7: 'prompt' is not a JSON pointer | write /key/0/key, or \"\" for the whole body");
  EXPECT_EQ(problem(replaced("/jobs/{id}", "/jobs/{ids}")),
            "f.yaml:8: {ids} in 'poll' is nothing that is known there | did you mean 'id'?");
  EXPECT_EQ(problem(replaced("https://api", "http://api")),
            "f.yaml:2: 'http://api.example.com/v1' is not an https address without '/' at its end | ");
  EXPECT_EQ(problem(replaced("sources", "source")),
            "f.yaml:1: 'sources' says where this was read | list files or pages");
  EXPECT_EQ(problem(kGood + "pol: 1\n"), "f.yaml:10: unknown key 'pol' | did you mean 'poll'?");
  EXPECT_EQ(problem(replaced("POST /jobs", "FETCH /jobs")),
            "f.yaml:6: 'FETCH /jobs' is not a call | write METHOD /path or METHOD {name of an address}");
  EXPECT_EQ(problem(replaced("kind: url, at: /url", "kind: url")),
            "f.yaml:9: the result 'url' needs 'at' | ");
  EXPECT_NE(problem(replaced("[DEMO_KEY]", "[demo]"))
                .find("f.yaml:4: 'demo' is not a name of an environment variable"),
            std::string::npos);
  EXPECT_NE(problem("provider: &a x\nb: *a\n").find("aliases"), std::string::npos);
  EXPECT_NE(problem(kGood + "hosts: ['*.com']\n").find("'*.com' is not a host"), std::string::npos);
}

TEST(ProviderFile, TheDigestIsThatOfTheRequest) {
  const std::string digest = parse_provider(kGood, "f.yaml").digest;
  EXPECT_EQ(parse_provider(replaced("[ok]", "[ok, fine]"), "f.yaml").digest, digest);
  EXPECT_NE(parse_provider(replaced("at: /prompt", "at: /text"), "f.yaml").digest, digest);
}

}  // namespace
}  // namespace vidbench::providers
