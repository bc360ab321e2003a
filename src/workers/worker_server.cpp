#include "workers/worker_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <new>
#include <optional>
#include <string_view>

#include "base/strings.h"
#include "base/time.h"

namespace vidbench::workers {
namespace {

constexpr const char* kProtocolName = "vidbench.worker/1";
constexpr int64_t kProgressIntervalNs = 50'000'000;
constexpr int kMaxDepth = 64;  // of a message: one that is nested deeper costs memory before it can be judged

constexpr int kParseError = -32700, kInvalidRequest = -32600, kUnknownMethod = -32601,
              kInvalidParams = -32602, kRequestFailed = -32000;

struct RpcError {
  int code;
  std::string message;
  Json data = nullptr;
};

// Bytes in, whole lines out; a line over the limit is dropped up to its end and told once.
class LineReader {
 public:
  explicit LineReader(int fd) : fd_(fd) {}

  struct Line {
    std::string text;
    bool too_long = false;
  };
  std::optional<Line> next() {
    Line line;
    for (;;) {
      const size_t end = buffer_.find('\n', scanned_);
      if (end != std::string::npos) {
        line.too_long |= end > WorkerServer::kMaxLineBytes;
        if (!line.too_long) line.text = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        scanned_ = 0;
        return line;
      }
      scanned_ = buffer_.size();
      if (scanned_ > WorkerServer::kMaxLineBytes) {
        line.too_long = true;
        buffer_.clear();
        scanned_ = 0;
      }
      if (!fill()) return std::nullopt;
    }
  }

 private:
  bool fill() {
    constexpr size_t kBlock = 64 << 10;
    const size_t size = buffer_.size();
    buffer_.resize(size + kBlock);
    ssize_t got = 0;
    do {
      got = ::read(fd_, buffer_.data() + size, kBlock);
    } while (got < 0 && errno == EINTR);
    buffer_.resize(size + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    return got > 0;
  }

  int fd_;
  std::string buffer_;
  size_t scanned_ = 0;  // up to here it holds no '\n'
};

// False when nobody reads any more.
bool write_line(int fd, const Json& message) {
  const std::string line = document(message, -1) + "\n";
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = ::write(fd, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    rest.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

Json parse_message(const std::string& line) {
  const auto within_depth = [](int depth, Json::parse_event_t, Json&) {
    if (depth > kMaxDepth) throw RpcError{kParseError, "the message is nested too deeply"};
    return true;
  };
  try {
    return Json::parse(line, within_depth);
  } catch (const Json::exception& e) {
    throw RpcError{kParseError, one_line(e.what())};
  }
}

Json error_answer(const Json& id, const RpcError& error) {
  Json body = {{"code", error.code}, {"message", error.message}};
  if (!error.data.is_null()) body["data"] = error.data;
  return {{"jsonrpc", "2.0"}, {"id", id}, {"error", body}};
}

bool is_id(const Json& id) { return id.is_string() || id.is_number() || id.is_null(); }

bool has_text(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

FailureText describe_current_exception(const std::string& input_class) {
  try {
    throw;
  } catch (const RequestFailure& e) {
    return {e.failure_class(), one_line(e.what())};
  } catch (const Error& e) {
    const char* otherwise = e.code() == ErrorCode::kEnvironment ? "unsupported" : "crash";
    return {e.code() == ErrorCode::kInput ? input_class : otherwise, one_line(e.what())};
  } catch (const std::bad_alloc&) {
    return {"oom", "out of memory"};
  } catch (const std::exception& e) {
    const std::string_view text = e.what();
    const bool memory = has_text(text, "out of memory") || has_text(text, "can't allocate memory");
    return {memory ? "oom" : "crash", one_line(text.substr(0, text.find('\n')))};
  } catch (...) {
    return {"crash", "an unknown exception"};
  }
}

void ProgressSink::report(const Json& params) {
  const int64_t now = monotonic_ns();
  if (last_ns_ != 0 && now - last_ns_ < kProgressIntervalNs) return;
  last_ns_ = now;
  send_({{"jsonrpc", "2.0"}, {"method", "progress"}, {"params", params}});
}

WorkerServer::WorkerServer(std::string name, std::string version, std::vector<std::string> capabilities)
    : name_(std::move(name)), version_(std::move(version)), capabilities_(std::move(capabilities)) {}

void WorkerServer::on(const std::string& method, Handler handler) { handlers_[method] = std::move(handler); }

Json WorkerServer::initialize(const Json& params, ProgressSink& progress) {
  const auto protocol = params.find("protocol");
  if (protocol == params.end() || *protocol != kProtocolName)
    throw RpcError{kInvalidParams, fmt::format("'protocol' must be {}", kProtocolName)};
  Json result = {{"protocol", kProtocolName},
                 {"name", name_},
                 {"version", version_},
                 {"capabilities", capabilities_},
                 {"metrics", Json::array()}};
  const auto handler = handlers_.find("initialize");
  if (handler != handlers_.end()) result.update(handler->second(params, progress));
  return result;
}

Json WorkerServer::call(const std::string& method, const Json& params, ProgressSink& progress) {
  if (method == "initialize") return initialize(params, progress);
  if (method == "shutdown") {
    stopping_ = true;
    return Json::object();
  }
  const auto handler = handlers_.find(method);
  if (handler != handlers_.end()) return handler->second(params, progress);
  if (method == "unload") return Json::object();
  throw RpcError{kUnknownMethod, "unknown method '" + one_line(method) + "'"};
}

Json WorkerServer::answer(const std::string& line, ProgressSink& progress) {
  Json id = nullptr;
  try {
    const Json message = parse_message(line);
    if (!message.is_object()) throw RpcError{kInvalidRequest, "a message must be a JSON object"};
    if (message.contains("id") && is_id(message["id"])) id = message["id"];
    const Json params = message.value("params", Json::object());
    if (message.value("jsonrpc", Json()) != "2.0" || !message.contains("method") ||
        !message["method"].is_string() || (message.contains("id") && !is_id(message["id"])))
      throw RpcError{kInvalidRequest, R"(a request has "jsonrpc":"2.0", an "id" and a "method")"};
    if (!message.contains("id")) return nullptr;
    if (!params.is_object()) throw RpcError{kInvalidParams, "'params' must be an object"};
    const Json result = call(message["method"].get<std::string>(), params, progress);
    return {{"jsonrpc", "2.0"}, {"id", id}, {"result", result}};
  } catch (const RpcError& e) {
    return error_answer(id, e);
  } catch (const Json::exception& e) {
    return error_answer(id, {kInvalidParams, one_line(e.what())});
  } catch (const InvalidParams& e) {
    return error_answer(id, {kInvalidParams, one_line(e.what())});
  } catch (...) {
    const FailureText failure = describe_current_exception();
    return error_answer(id, {kRequestFailed, failure.message, {{"class", failure.failure_class}}});
  }
}

int WorkerServer::serve(int in_fd, int out_fd) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that has gone is seen by write()
  stopping_ = false;
  bool heard = true;
  ProgressSink progress([&](const Json& message) { heard = heard && write_line(out_fd, message); });
  LineReader lines(in_fd);
  while (heard && !stopping_) {
    const auto line = lines.next();
    if (!line) break;
    if (!line->too_long && line->text.find_first_not_of(" \t\r") == std::string::npos) continue;
    const Json reply = line->too_long ? error_answer(nullptr, {kParseError, "the line is longer than 64 MiB"})
                                      : answer(line->text, progress);
    if (!reply.is_null()) heard = write_line(out_fd, reply);
  }
  return 0;
}

int WorkerServer::serve() {
  const int out_fd = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  if (out_fd < 0 || ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
    throw_environment("cannot take stdout for the worker protocol", "run the worker with stdout open");
  const int code = serve(STDIN_FILENO, out_fd);
  ::close(out_fd);
  return code;
}

}  // namespace vidbench::workers
