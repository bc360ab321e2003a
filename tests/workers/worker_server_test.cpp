#include "workers/worker_server.h"

#include "base/memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <new>
#include <sstream>
#include <thread>

namespace vidbench::workers {
namespace {

WorkerServer make_server() {
  WorkerServer server("test-worker", "1.2.3", {"evaluate"});
  server.on("initialize", [](const Json& params, ProgressSink&) {
    return Json{{"metrics", {{{"id", "m"}, {"threads", params.at("threads")}}}}};
  });
  server.on("echo", [](const Json& params, ProgressSink&) { return params; });
  server.on("memory", [](const Json&, ProgressSink&) -> Json { throw std::bad_alloc(); });
  server.on("tensor-memory", [](const Json&, ProgressSink&) -> Json {
    throw std::runtime_error("CUDA out of memory. Tried to allocate 2 GiB\nframe #0: …");
  });
  server.on("licence",
            [](const Json&, ProgressSink&) -> Json { throw RequestFailure("licence", "accept it\nfirst"); });
  server.on("bad-input", [](const Json&, ProgressSink&) -> Json { throw_input("no such thing"); });
  server.on("needs-count", [](const Json& params, ProgressSink&) {
    return Json{{"count", params.at("count").get<int>()}};
  });
  server.on("chatty", [](const Json&, ProgressSink& progress) {
    for (int i = 0; i < 1000; ++i) progress.report({{"stage", "work"}, {"step", i}, {"steps", 1000}});
    return Json::object();
  });
  return server;
}

// What the server answers to `input`, line by line, and its exit code.
struct Conversation {
  std::vector<Json> lines;
  int exit_code = -1;
};

Conversation converse(const std::string& input) {
  int in[2], out[2];
  EXPECT_EQ(::pipe(in), 0);
  EXPECT_EQ(::pipe(out), 0);
  Conversation result;
  std::jthread server([&] {
    result.exit_code = make_server().serve(in[0], out[1]);
    ::close(in[0]);
    ::close(out[1]);
  });
  std::jthread writer([&] {
    for (size_t sent = 0; sent < input.size();) {
      const ssize_t n = ::write(in[1], input.data() + sent, input.size() - sent);
      if (n < 0) break;
      sent += static_cast<size_t>(n);
    }
    ::close(in[1]);
  });
  std::string text;
  char block[4096];
  for (ssize_t n; (n = ::read(out[0], block, sizeof block)) > 0;) text.append(block, static_cast<size_t>(n));
  ::close(out[0]);
  server.join();
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) result.lines.push_back(Json::parse(line));
  return result;
}

std::string request(int id, const std::string& method, const Json& params = Json::object()) {
  return Json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}.dump() + "\n";
}

TEST(WorkerServer, InitializeTellsNameCapabilitiesAndTheHandlersMembers) {
  const auto talk = converse(request(7, "initialize", {{"protocol", "vidbench.worker/1"}, {"threads", 2}}));
  ASSERT_EQ(talk.lines.size(), 1u);
  EXPECT_EQ(talk.lines[0], Json::parse(R"({"jsonrpc":"2.0","id":7,"result":{"protocol":"vidbench.worker/1",
      "name":"test-worker","version":"1.2.3","capabilities":["evaluate"],"metrics":[{"id":"m","threads":2}]}})"));
  EXPECT_EQ(talk.exit_code, 0);
}

TEST(WorkerServer, AnotherProtocolVersionIsRefused) {
  const auto talk = converse(request(1, "initialize", {{"protocol", "vidbench.worker/9"}, {"threads", 1}}));
  EXPECT_EQ(talk.lines.at(0)["error"]["code"], -32602);
}

struct Malformed {
  const char* line;
  int code;
  Json id;
};

TEST(WorkerServer, MalformedRequestsAreAnsweredAndHarmNothing) {
  const std::vector<Malformed> cases = {
      {"not json", -32700, nullptr},
      {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\"", -32700, nullptr},
      {"\"\xff\"", -32700, nullptr},
      {"[]", -32600, nullptr},
      {"3", -32600, nullptr},
      {R"({"id":4,"method":"echo"})", -32600, 4},
      {R"({"jsonrpc":"2.0","id":5})", -32600, 5},
      {R"({"jsonrpc":"2.0","id":6,"method":9})", -32600, 6},
      {R"({"jsonrpc":"2.0","id":{},"method":"echo"})", -32600, nullptr},
      {R"({"jsonrpc":"2.0","id":8,"method":"nope"})", -32601, 8},
      {R"({"jsonrpc":"2.0","id":9,"method":"echo","params":[1]})", -32602, 9},
      {R"({"jsonrpc":"2.0","id":10,"method":"needs-count"})", -32602, 10},
      {R"({"jsonrpc":"2.0","id":11,"method":"needs-count","params":{"count":"x"}})", -32602, 11}};
  for (const Malformed& c : cases) {
    const auto talk = converse(std::string(c.line) + "\n" + request(99, "echo", {{"a", 1}}));
    ASSERT_EQ(talk.lines.size(), 2u) << c.line;
    EXPECT_EQ(talk.lines[0]["error"]["code"], c.code) << c.line;
    EXPECT_EQ(talk.lines[0]["id"], c.id) << c.line;
    EXPECT_EQ(talk.lines[1]["result"], (Json{{"a", 1}})) << c.line;
  }
}

TEST(WorkerServer, DeepNestingIsRefused) {
  const std::string deep(100'000, '[');
  const auto talk = converse(deep + "\n" + request(1, "echo"));
  ASSERT_EQ(talk.lines.size(), 2u);
  EXPECT_EQ(talk.lines[0]["error"]["message"], "the message is nested too deeply");
}

TEST(WorkerServer, FailuresOfRequestsNameTheirClassOnOneLine) {
  const auto talk = converse(request(1, "memory") + request(2, "tensor-memory") + request(3, "licence") +
                             request(4, "bad-input"));
  ASSERT_EQ(talk.lines.size(), 4u);
  const std::vector<std::string> classes = {"oom", "oom", "licence", "invalid-request"};
  for (size_t i = 0; i < classes.size(); ++i) {
    EXPECT_EQ(talk.lines[i]["error"]["code"], -32000);
    EXPECT_EQ(talk.lines[i]["error"]["data"]["class"], classes[i]);
  }
  EXPECT_EQ(talk.lines[1]["error"]["message"], "CUDA out of memory. Tried to allocate 2 GiB");
  EXPECT_EQ(talk.lines[2]["error"]["message"], "accept it first");
}

TEST(WorkerServer, ProgressIsThrottled) {
  const auto talk = converse(request(1, "chatty"));
  ASSERT_GE(talk.lines.size(), 2u);
  EXPECT_LE(talk.lines.size(), 4u) << "a thousand reports take far less than 0.15 s";
  EXPECT_EQ(talk.lines[0]["method"], "progress");
  EXPECT_EQ(talk.lines[0]["params"]["step"], 0);
  EXPECT_EQ(talk.lines.back()["id"], 1);
}

TEST(WorkerServer, NotificationsAndBlankLinesGetNoAnswer) {
  const auto talk = converse("\n  \r\n{\"jsonrpc\":\"2.0\",\"method\":\"echo\"}\n" + request(1, "echo"));
  ASSERT_EQ(talk.lines.size(), 1u);
}

TEST(WorkerServer, ShutdownIsAnsweredAndNothingAfterIt) {
  const auto talk = converse(request(1, "unload") + request(2, "shutdown") + request(3, "echo"));
  ASSERT_EQ(talk.lines.size(), 2u);
  EXPECT_EQ(talk.lines[1]["id"], 2);
  EXPECT_EQ(talk.exit_code, 0);
}

TEST(WorkerServer, ALineOverTheLimitIsAnsweredOnceAndSkipped) {
  const auto talk =
      converse(std::string(2 * WorkerServer::kMaxLineBytes + 5, 'x') + "\n" + request(1, "echo", {{"b", 2}}));
  ASSERT_EQ(talk.lines.size(), 2u);
  EXPECT_EQ(talk.lines[0]["error"]["code"], -32700);
  EXPECT_EQ(talk.lines[1]["result"]["b"], 2);
}

TEST(WorkerServer, PeakMemoryIsThatOfAProcess) {
  EXPECT_GT(peak_resident_bytes(), 1u << 20);
  EXPECT_LT(peak_resident_bytes(), uint64_t{1} << 40);
}

}  // namespace
}  // namespace vidbench::workers
