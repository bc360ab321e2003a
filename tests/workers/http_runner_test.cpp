// What a hosted model would be sent, without sending anything.
#include "workers/http_runner.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"
#include "base/files.h"
#include "providers/library.h"
#include "workers/http_endpoint.h"

namespace vidbench::workers {
namespace {

constexpr const char* kProvider = R"(
provider: demo
base_url: https://api.{region}.example.com/v1
hosts: ["*.files.example.com"]
sources: [here]
parameters: {region: {default: eu}}
secrets: {key: [DEMO_KEY], other: {environment: [DEMO_OTHER], optional: true}}
auth: {kind: header, header: x-key, secret: key}
submit: {call: "POST /jobs/{model}?from={region}", body: {mode: t2v, where: "{region}"}, capture: {id: /id, next: /next}}
fields: {prompt: {at: /in/prompt}, seed: {at: /in/seed}, duration: {at: /in/s, format: "{value}s", allowed: [5, 8]}}
prompt_rewriting: {at: /in/rewrite, off_value: false}
poll: {call: "GET {next}", status: {at: /s, success: [ok]}}
result: {kind: url, at: /url}
)";

class HttpRunnerTest : public testing::Test {
 protected:
  void SetUp() override {
    write_file_atomic(folder_.path() / "demo.yaml", kProvider);
    ::setenv("VIDBENCH_PROVIDERS", folder_.path().c_str(), 1);
    ::setenv("VIDBENCH_HOME", VIDBENCH_SOURCE_DIR, 1);
    ::setenv("DEMO_KEY", "very/secret", 1);
    model_.id = "m";
    model_.origin = "m.yaml:3";
    model_.deployment.runner = "http";
    model_.deployment.settings = {{"provider", "demo"}, {"model", "a b/c"}};
    model_.deployment.defaults.frames = 121;
    model_.deployment.defaults.fps = 24;
    request_.prompt = "a cat";
    request_.seed = 7;
  }
  void TearDown() override {
    ::unsetenv("VIDBENCH_PROVIDERS");
    ::unsetenv("DEMO_KEY");
    ::unsetenv("VIDBENCH_PROVIDER_URL_DEMO");
  }
  [[nodiscard]] std::string problem() const {
    try {
      (void)describe_request(model_, request_);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }

  TemporaryDirectory folder_;
  registry::Model model_;
  GenerateRequest request_;
};

TEST_F(HttpRunnerTest, DescribesTheRequestWithoutItsSecrets) {
  const RequestDescription told = describe_request(model_, request_);
  EXPECT_EQ(told.method, "POST");
  EXPECT_EQ(told.url, "https://api.eu.example.com/v1/jobs/a%20b/c?from=eu");
  EXPECT_EQ(told.body, Json::parse(R"({"mode": "t2v", "where": "eu",
    "in": {"prompt": "a cat", "seed": 7, "s": "5s", "rewrite": false}})"));
  EXPECT_TRUE(told.takes_seed);
  EXPECT_EQ(told.prompt_rewriting, Json::parse(R"({"at": "/in/rewrite", "value": false, "off": true})"));
  EXPECT_EQ(to_json(told)["headers"]["x-key"], "<DEMO_KEY>");
  EXPECT_EQ(to_json(told).dump().find("secret"), std::string::npos);
}

TEST_F(HttpRunnerTest, SettingsAddAndReplace) {
  model_.deployment.settings["request"] = {{"mode", "pro"}, {"in", {{"rewrite", true}}}};
  model_.deployment.settings["parameters"] = {{"region", "us"}};
  model_.deployment.settings["fields"] = {{"seed", "none"}, {"steps", {{"at", "/in/steps"}}}};
  request_.steps = 30;
  const RequestDescription told = describe_request(model_, request_);
  EXPECT_EQ(told.body["mode"], "pro");
  EXPECT_EQ(told.body["where"], "us");
  EXPECT_EQ(told.body["in"]["steps"], 30);
  EXPECT_FALSE(told.takes_seed);
  EXPECT_EQ(told.prompt_rewriting["off"], false);
}

TEST_F(HttpRunnerTest, RefusesWhatItDoesNotKnow) {
  model_.deployment.settings["requst"] = 1;
  EXPECT_EQ(problem(), "m.yaml:3: the http runner has no setting 'requst'");
  model_.deployment.settings = {{"provider", "dem"}, {"model", "x"}};
  EXPECT_EQ(problem(), "no provider is named 'dem'");
  model_.deployment.settings = {{"provider", "demo"}, {"model", "../admin"}};
  EXPECT_NE(problem().find("leaves its path"), std::string::npos);
  model_.deployment.settings["model"] = "x";
  request_.steps = 30;
  EXPECT_EQ(problem(), "provider 'demo' takes no number of steps for this model");
}

TEST_F(HttpRunnerTest, CredentialsStayWithTheProvidersOwnHosts) {
  HttpEndpoint endpoint(model_);
  const providers::Call& poll = endpoint.provider().poll->call;
  const auto ask = [&](const std::string& next) { return endpoint.prepare(poll, {{"next", next}}, Json()); };
  EXPECT_EQ(ask("https://api.eu.example.com/jobs/1").headers.back().second, "very/secret");
  EXPECT_EQ(ask("https://a.files.example.com/1").headers.back().second, "very/secret");
  for (const char* foreign :
       {"https://evil.com/1", "http://api.eu.example.com/1", "https://api.eu.example.com:8443/1",
        "https://api.eu.example.com@evil.com/", "https://files.example.com/1", "https://xfiles.example.com/",
        "https://api.eu.example.com\\@evil.com/", "file:///etc/passwd",
        "https://api.eu.example.com.evil.com/", "https://evil.com#api.eu.example.com",
        "https://evil.com?x=.files.example.com"})
    EXPECT_THROW((void)ask(foreign), Error) << foreign;
  EXPECT_FALSE(endpoint.may_download(*parse_url("http://cdn.example.com/x.mp4")));
  EXPECT_EQ(endpoint.redact("key very/secret or very%2Fsecret"), "key <DEMO_KEY> or <DEMO_KEY>");
}

TEST_F(HttpRunnerTest, AnOverrideTakesThePlaceOfEveryHost) {
  ::setenv("VIDBENCH_PROVIDER_URL_DEMO", "http://127.0.0.1:8080", 1);
  HttpEndpoint endpoint(model_);
  const providers::Call& poll = endpoint.provider().poll->call;
  EXPECT_NO_THROW((void)endpoint.prepare(poll, {{"next", "http://127.0.0.1:8080/1"}}, Json()));
  EXPECT_THROW((void)endpoint.prepare(poll, {{"next", "https://api.eu.example.com/1"}}, Json()), Error);
  EXPECT_EQ(describe_request(model_, request_).url, "http://127.0.0.1:8080/v1/jobs/a%20b/c?from=eu");
}

TEST_F(HttpRunnerTest, TellsWhichVariableIsMissing) {
  EXPECT_TRUE(providers::find_missing(model_.deployment.settings).empty());
  ::unsetenv("DEMO_KEY");
  EXPECT_EQ(providers::find_missing(model_.deployment.settings),
            std::vector<std::string>{"DEMO_KEY is not set (key of demo)"});
  const auto runner = make_runner(model_, {.offline = false});
  EXPECT_THROW((void)runner->start(), Error);
}

TEST_F(HttpRunnerTest, OnlyWhatWasNotTakenMayBeRepeated) {
  const auto runner = make_runner(model_, {});
  EXPECT_THROW((void)runner->start(), Error) << "offline";
  EXPECT_TRUE(runner->may_repeat({"network", "", ""}));
  for (const char* kind : {"timeout", "bad-output", "crash", "unknown-outcome", "provider-error"})
    EXPECT_FALSE(runner->may_repeat({kind, "", ""})) << kind;
  EXPECT_FALSE(runner->warms_up());
}

TEST(ExpandBody, KeepsTheTypeOfALoneName) {
  const Values values = {{"id", 12}, {"name", "x"}};
  EXPECT_EQ(expand_body(Json::parse(R"({"a": "{id}", "b": ["n-{name}-{id}"]})"), values),
            Json::parse(R"({"a": 12, "b": ["n-x-12"]})"));
}

}  // namespace
}  // namespace vidbench::workers
