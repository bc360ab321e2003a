// The worker as a process, spoken to over its real stdin and stdout.
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "media/npy.h"

namespace vidbench::shapes {
namespace {

class Worker : public ::testing::Test {
 protected:
  // Sends the lines, closes stdin, returns what the worker wrote: every line must be JSON.
  std::vector<Json> talk(const std::vector<std::string>& lines) {
    std::string input;
    for (const auto& line : lines) input += line + "\n";
    write_file_atomic(folder_.path() / "in", input);
    const std::string command = std::string(VIDBENCH_BIN_DIR) + "/vidbench-shapes worker < " + path("in") +
                                " > " + path("out") + " 2> " + path("err");
    EXPECT_EQ(std::system(command.c_str()), 0);
    std::istringstream text(read_file(folder_.path() / "out"));
    std::vector<Json> messages;
    for (std::string line; std::getline(text, line);) messages.push_back(parse_json(line, "worker"));
    return messages;
  }
  static std::string call(int id, const std::string& method, const Json& params) {
    return Json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}.dump();
  }
  static Json answer(const std::vector<Json>& messages, int id) {
    for (const auto& message : messages) {
      if (message.value("id", Json()) == id) return message;
    }
    ADD_FAILURE() << "no answer to " << id;
    return {};
  }
  static std::string hello() {
    return call(1, "initialize", {{"protocol", "vidbench.worker/1"}, {"threads", 1}});
  }
  static std::string load(const std::string& dtype = "fp32") {
    const std::string weights = std::string(VIDBENCH_SOURCE_DIR) + "/models/shapes/base.safetensors";
    return call(2, "load",
                {{"model", "shapes-base-4"},
                 {"settings", {{"model", "base"}, {"weights", weights}}},
                 {"device", "cpu"},
                 {"dtype", dtype}});
  }
  Json request(const std::string& id, uint64_t seed, int steps = 2) {
    return {{"id", id},
            {"prompt", "a small red circle moving left on a black background"},
            {"seed", seed},
            {"steps", steps}};
  }
  std::string path(const std::string& name) { return (folder_.path() / name).string(); }

  TemporaryDirectory folder_;
};

TEST_F(Worker, GeneratesABatch) {
  const Json batch = {{"output_dir", folder_.path().string()},
                      {"requests", {request("a", 1), request("b", 2), request("c", 1, 3), request("d", 1)}}};
  const auto messages =
      talk({hello(), load(), call(3, "generate", batch), call(4, "shutdown", Json::object())});
  EXPECT_GT(answer(messages, 2)["result"]["parameters"], 100000);
  const Json result = answer(messages, 3)["result"];
  ASSERT_EQ(result["results"].size(), 4U);
  for (const auto& one : result["results"]) {
    const auto video = media::read_npy(folder_.path() / one["video"].get<std::string>());
    EXPECT_EQ(video.shape, (std::vector<size_t>{16, 32, 32, 3}));
    EXPECT_GT(one["latency_s"], 0);
  }
  EXPECT_GT(result["peak_memory_bytes"], 1'000'000);
  EXPECT_EQ(read_file(path("a.npy")), read_file(path("d.npy")));
  EXPECT_NE(read_file(path("a.npy")), read_file(path("b.npy")));
  const bool progressed = std::any_of(messages.begin(), messages.end(),
                                      [](const Json& m) { return m.value("method", "") == "progress"; });
  EXPECT_TRUE(progressed);
}

TEST_F(Worker, AnswersMalformedRequestsAndGoesOn) {
  const Json no_model = {{"output_dir", folder_.path().string()}, {"requests", {request("a", 1)}}};
  const auto messages =
      talk({"this is no JSON", hello(), call(5, "dance", Json::object()), call(6, "generate", no_model),
            call(7, "load", {{"settings", {{"modell", "base"}}}}),
            call(8, "load", {{"settings", {{"weights", "/no/such/file"}}}}), load(),
            call(9, "generate", Json::object())});
  EXPECT_EQ(messages.front()["error"]["code"], -32700);
  EXPECT_EQ(answer(messages, 5)["error"]["code"], -32601);
  EXPECT_EQ(answer(messages, 6)["error"]["data"]["class"], "invalid-request");
  EXPECT_EQ(answer(messages, 7)["error"]["code"], -32602);
  EXPECT_TRUE(answer(messages, 8).contains("error"));
  EXPECT_TRUE(answer(messages, 2).contains("result"));
  EXPECT_EQ(answer(messages, 9)["error"]["code"], -32602);
}

TEST_F(Worker, OneBadSampleFailsAlone) {
  const Json batch = {{"output_dir", folder_.path().string()},
                      {"requests", {request("a", 1), request("b", 1, 0), request("../c", 1)}}};
  const auto messages = talk({hello(), load("bf16"), call(3, "generate", batch)});
  const Json results = answer(messages, 3)["result"]["results"];
  ASSERT_EQ(results.size(), 3U);
  for (const auto& one : results) EXPECT_EQ(one.contains("error"), one["id"] != "a") << one.dump();
}

}  // namespace
}  // namespace vidbench::shapes
