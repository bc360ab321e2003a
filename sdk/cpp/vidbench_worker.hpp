// A model as a worker of vidbench in C++20, in one header: derive from Generator, call serve().
// Speaks protocol version 1 (docs/worker-protocol.md). Needs nlohmann/json and POSIX; copy it where you like.
//
//   class MyModel : public vidbench::worker::Generator { … load(), generate() … };
//   int main() { MyModel model; return vidbench::worker::serve(model); }
#pragma once

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vidbench::worker {

using Json = nlohmann::json;

inline constexpr std::string_view kProtocol = "vidbench.worker/1";

// Ends a request with a failure class of docs/worker-protocol.md: oom, timeout, crash, bad-output, network,
// moderation, licence, unsupported, invalid-request. The message is one line and says the way out.
class Failure : public std::runtime_error {
 public:
  Failure(std::string kind, const std::string& message)
      : std::runtime_error(message), kind_(std::move(kind)) {}
  [[nodiscard]] const std::string& kind() const noexcept { return kind_; }

 private:
  std::string kind_;
};

// What to load; `settings` is the deployment's mapping from the catalogue.
struct LoadRequest {
  std::string model;
  Json settings = Json::object();
  std::string device = "auto", dtype = "fp32";
  bool offline = true;
  int threads = 0;  // CPU threads the worker may use; 0 = its own choice
};

// The numbers of a request; unset = unknown.
struct Numbers {
  std::optional<int> frames, width, height, steps;
  std::optional<double> fps, guidance;
};

// What is known of the loaded model; leave out what is not.
struct LoadInfo {
  std::string device = "cpu", dtype = "fp32";
  std::optional<uint64_t> parameters, weights_bytes;
  std::string weights_sha256;
  std::map<std::string, std::string> versions;
  Numbers defaults;  // fill in what a request leaves out
};

// One video to make. Numbers that the request leaves out are those of LoadInfo::defaults.
struct GenerateRequest : Numbers {
  std::string id, prompt, negative_prompt;
  uint64_t seed = 0;
  std::filesystem::path image, video;  // to start from; empty = the prompt gives none
};

// uint8 [frames, height, width, 3] in C order, and the rate to play it at.
struct Video {
  int frames = 0, height = 0, width = 0;
  double fps = 0;
  std::vector<uint8_t> pixels;
};

// Tells what goes on while a video is made. Not safe for several threads at once.
class Context {
 public:
  explicit Context(std::function<void(const Json&)> send) : send_(std::move(send)) {}

  // Step `step` (from 1) of `steps` of a stage is done; 0 = the stage has no steps. Held to 20 a second.
  void progress(const std::string& stage, int step = 0, int steps = 0);

  // Runs `work` as a stage whose seconds stand in the answer: text_encode, denoise, decode, or a name of
  // yours.
  template <typename Work>
  auto stage(const std::string& name, Work&& work) {
    progress(name);
    const Timer timer(stages_[name]);
    return work();
  }

  void begin(const std::string& id) {
    id_ = id;
    stages_.clear();
  }
  [[nodiscard]] const std::map<std::string, double>& stages() const { return stages_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Timer {
    explicit Timer(double& seconds) : seconds_(seconds) {}
    ~Timer() { seconds_ += std::chrono::duration<double>(Clock::now() - start_).count(); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    double& seconds_;
    Clock::time_point start_ = Clock::now();
  };

  std::function<void(const Json&)> send_;
  std::string id_;
  std::map<std::string, double> stages_;
  std::deque<Clock::time_point> sent_;
};

// A model. Any exception of load() or generate() is that request's failure; Failure chooses its class.
class Generator {
 public:
  virtual ~Generator() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual std::string version() const { return "0"; }
  virtual LoadInfo load(const LoadRequest& request) = 0;
  // The same request on the same machine must give the same pixels.
  virtual Video generate(const GenerateRequest& request, Context& context) = 0;
  virtual void unload() {}
};

namespace detail {

constexpr size_t kMostMessageBytes = 2000, kMostLineBytes = size_t{64} << 20, kMostAtOnce = 20;

// A malformed request, with its JSON-RPC code.
struct Malformed : std::runtime_error {
  Malformed(int number, const std::string& message) : std::runtime_error(message), code(number) {}
  int code;
};
inline constexpr int kParse = -32700, kInvalid = -32600, kUnknownMethod = -32601, kParams = -32602,
                     kFailed = -32000;

inline std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  if (text.size() > kMostMessageBytes) text.resize(kMostMessageBytes);
  return text;
}

// The process's peak resident size; 0 where the system does not tell.
inline uint64_t peak_memory_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmHWM:", 0) == 0) return std::strtoull(line.c_str() + 6, nullptr, 10) * 1024;
  return 0;
}

[[noreturn]] inline void wrong(const std::string& place, const std::string& expected) {
  throw Malformed(kParams, place + ": expected " + expected);
}

inline std::string text(const Json& json, const char* key, const std::string& place, const char* fallback) {
  const auto found = json.find(key);
  if (found == json.end() && fallback != nullptr) return fallback;
  if (found == json.end() || !found->is_string()) wrong(place + key, "a string");
  return found->get<std::string>();
}

inline std::filesystem::path path(const Json& json, const char* key, const std::string& place) {
  const std::filesystem::path result = text(json, key, place, "");
  if (!result.empty() && !result.is_absolute()) wrong(place + key, "an absolute path");
  return result;
}

inline std::optional<int> whole(const Json& json, const char* key, const std::string& place,
                                std::optional<int> fallback, int64_t low = 1) {
  const auto found = json.find(key);
  if (found == json.end()) return fallback;
  const bool good = found->is_number_integer() && (!found->is_number_unsigned() || *found <= INT32_MAX) &&
                    found->get<int64_t>() >= low && found->get<int64_t>() <= INT32_MAX;
  if (!good) wrong(place + key, "a whole number of at least " + std::to_string(low));
  return found->get<int>();
}

inline std::optional<double> real(const Json& json, const char* key, const std::string& place,
                                  std::optional<double> fallback) {
  const auto found = json.find(key);
  if (found == json.end()) return fallback;
  if (!found->is_number() || !std::isfinite(found->get<double>())) wrong(place + key, "a number");
  return found->get<double>();
}

inline LoadRequest read_load(const Json& params, int threads) {
  LoadRequest request;
  request.model = text(params, "model", "", nullptr);
  request.device = text(params, "device", "", "auto");
  request.dtype = text(params, "dtype", "", "fp32");
  if (params.contains("settings")) request.settings = params["settings"];
  if (!request.settings.is_object()) wrong("settings", "an object");
  if (params.contains("offline") && !params["offline"].is_boolean()) wrong("offline", "true or false");
  request.offline = params.value("offline", true);
  request.threads = threads;
  return request;
}

inline GenerateRequest read_request(const Json& json, const std::string& place, const Numbers& defaults) {
  if (!json.is_object()) wrong(place, "an object");
  GenerateRequest request;
  request.id = text(json, "id", place, nullptr);
  request.prompt = text(json, "prompt", place, nullptr);
  request.negative_prompt = text(json, "negative_prompt", place, "");
  const auto seed = json.find("seed");
  const bool good = seed != json.end() && seed->is_number_integer() &&
                    (seed->is_number_unsigned() || seed->get<int64_t>() >= 0);
  if (!good) wrong(place + "seed", "a whole number of at least 0");
  request.seed = seed->get<uint64_t>();
  request.frames = whole(json, "frames", place, defaults.frames);
  request.width = whole(json, "width", place, defaults.width);
  request.height = whole(json, "height", place, defaults.height);
  request.steps = whole(json, "steps", place, defaults.steps);
  request.fps = real(json, "fps", place, defaults.fps);
  request.guidance = real(json, "guidance", place, defaults.guidance);
  request.image = path(json, "image", place);
  request.video = path(json, "video", place);
  return request;
}

template <typename T>
void put(Json& json, const char* key, const std::optional<T>& value) {
  if (value) json[key] = *value;
}

inline Json to_json(const LoadInfo& info) {
  Json defaults = Json::object();
  put(defaults, "frames", info.defaults.frames);
  put(defaults, "width", info.defaults.width);
  put(defaults, "height", info.defaults.height);
  put(defaults, "steps", info.defaults.steps);
  put(defaults, "fps", info.defaults.fps);
  put(defaults, "guidance", info.defaults.guidance);
  Json json = {
      {"device", info.device}, {"dtype", info.dtype}, {"versions", info.versions}, {"defaults", defaults}};
  put(json, "parameters", info.parameters);
  put(json, "weights_bytes", info.weights_bytes);
  if (!info.weights_sha256.empty()) json["weights_sha256"] = info.weights_sha256;
  json["peak_memory_bytes"] = peak_memory_bytes();
  return json;
}

// A name that cannot leave its folder, whatever the id holds.
inline std::string file_name(const std::string& id, size_t index) {
  constexpr const char* kSafe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  const bool safe = !id.empty() && id.size() < 200 && id.front() != '.' && id.front() != '-' &&
                    id.front() != '_' && id.find_first_not_of(kSafe) == std::string::npos;
  return safe ? id + ".npy" : "_video-" + std::to_string(index) + ".npy";
}

// Writes and renames, so that a killed worker leaves no half video under the final name.
inline void write_npy(const std::filesystem::path& file, const Video& video) {
  const auto number = [](int value) { return std::to_string(value); };
  std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (" + number(video.frames) + ", " +
                       number(video.height) + ", " + number(video.width) + ", 3), }";
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  const auto size = static_cast<uint16_t>(header.size());
  const std::filesystem::path partial = file.string() + ".partial";
  std::ofstream out(partial, std::ios::binary);
  out.write("\x93NUMPY\x01\x00", 8);
  out.put(static_cast<char>(size & 0xff)).put(static_cast<char>(size >> 8));
  out << header;
  out.write(reinterpret_cast<const char*>(video.pixels.data()),
            static_cast<std::streamsize>(video.pixels.size()));
  out.close();
  if (!out) {
    std::error_code ignored;
    std::filesystem::remove(partial, ignored);
    throw Failure("crash", "cannot write " + partial.string() + "; is the disk full?");
  }
  std::filesystem::rename(partial, file);
}

inline void check(const Video& video) {
  const bool sized = video.frames > 0 && video.height > 0 && video.width > 0;
  const size_t expected = sized ? static_cast<size_t>(video.frames) * static_cast<size_t>(video.height) *
                                      static_cast<size_t>(video.width) * 3
                                : 0;
  if (!sized || video.pixels.size() != expected)
    throw Failure("bad-output", "the video has " + std::to_string(video.pixels.size()) +
                                    " bytes of pixels, its size says " + std::to_string(expected));
  if (!(video.fps > 0)) throw Failure("bad-output", "the video's fps is not above 0");
}

// The protocol's view of the exception that is being handled.
inline Json failure() {
  const auto as_json = [](const std::string& kind, const char* message) {
    std::fprintf(stderr, "%s: %s\n", kind.c_str(), message);
    return Json{{"class", kind}, {"message", one_line(message)}};
  };
  try {
    throw;
  } catch (const Failure& e) {
    return as_json(e.kind(), e.what());
  } catch (const std::bad_alloc& e) {
    return as_json("oom", e.what());
  } catch (const std::exception& e) {
    return as_json("crash", e.what());
  } catch (...) {
    return as_json("crash", "an exception that is no std::exception");
  }
}

// The request loop: one request at a time, each answered, until shutdown or the end of the input.
class Server {
 public:
  // From here on stdout belongs to the protocol: what the model prints goes to stderr.
  explicit Server(Generator& model)
      : model_(model), context_([this](const Json& message) { send(message); }) {
    const int out = ::dup(STDOUT_FILENO);
    out_ = out < 0 ? nullptr : ::fdopen(out, "w");
    if (out_ == nullptr || ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
      throw std::runtime_error("stdout cannot be taken for the protocol");
  }
  ~Server() { std::fclose(out_); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void run() {
    while (!done_) {
      std::optional<std::string> line = receive();
      if (!line) break;
      answer(*line);
    }
    if (loaded_) model_.unload();
  }

 private:
  // nullopt at the end of the input. A line that is too long is read to its end and comes back too long.
  std::optional<std::string> receive() {
    std::string line;
    for (int c = std::getc(stdin); c != EOF; c = std::getc(stdin)) {
      if (c == '\n') return line;
      if (line.size() <= kMostLineBytes) line += static_cast<char>(c);
    }
    return std::nullopt;
  }

  void send(const Json& message) {
    const std::string line = message.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    std::fwrite(line.data(), 1, line.size(), out_);
    std::fflush(out_);
  }

  void answer(const std::string& line) {
    Json id = nullptr;
    Json reply = {{"jsonrpc", "2.0"}};
    bool wanted = true;
    try {
      const Json message = parse(line);
      if (message.is_object() && message.contains("id") &&
          (message["id"].is_number_integer() || message["id"].is_string()))
        id = message["id"];
      wanted = !message.is_object() || message.contains("id");
      reply["result"] = call(message);
    } catch (const Malformed& e) {
      reply["error"] = {{"code", e.code}, {"message", one_line(e.what())}};
    } catch (...) {
      const Json what = failure();
      reply["error"] = {
          {"code", kFailed}, {"message", what["message"]}, {"data", {{"class", what["class"]}}}};
    }
    reply["id"] = id;
    if (wanted) send(reply);
  }

  static Json parse(const std::string& line) {
    if (line.size() > kMostLineBytes) throw Malformed(kParse, "a line of more than 64 MiB");
    Json message = Json::parse(line, nullptr, false);
    if (message.is_discarded()) throw Malformed(kParse, "a line that is no JSON");
    return message;
  }

  Json call(const Json& message) {
    if (!message.is_object() || message.value("jsonrpc", Json()) != "2.0" || !message.contains("method") ||
        !message["method"].is_string())
      throw Malformed(kInvalid, "no JSON-RPC 2.0 request");
    const auto method = message["method"].get<std::string>();
    const Json params = message.contains("params") ? message["params"] : Json::object();
    if (!params.is_object()) wrong("params", "an object");
    static const std::set<std::string> kMethods = {"initialize", "load", "generate", "unload", "shutdown"};
    if (!kMethods.contains(method))
      throw Malformed(kUnknownMethod, "method '" + method + "': this worker offers generate");
    if (!initialized_ && method != "initialize" && method != "shutdown")
      throw Failure("invalid-request", method + " before initialize: send initialize first");
    if (method == "initialize") return initialize(params);
    if (method == "load") return load(params);
    if (method == "generate") return generate(params);
    if (method == "unload") return unload();
    done_ = true;
    return Json::object();
  }

  Json initialize(const Json& params) {
    if (const std::string protocol = text(params, "protocol", "", nullptr); protocol != kProtocol)
      throw Failure("unsupported",
                    "protocol '" + protocol + "': this worker speaks " + std::string(kProtocol));
    threads_ = whole(params, "threads", "", 0, 0).value_or(0);
    initialized_ = true;
    return {{"protocol", kProtocol},
            {"name", model_.name()},
            {"version", model_.version()},
            {"capabilities", {"generate"}},
            {"metrics", Json::array()}};
  }

  Json load(const Json& params) {
    if (loaded_) throw Failure("invalid-request", "load: a model is loaded already; send unload first");
    const LoadInfo info = model_.load(read_load(params, threads_));
    defaults_ = info.defaults;
    loaded_ = true;
    return to_json(info);
  }

  Json unload() {
    if (std::exchange(loaded_, false)) model_.unload();
    return Json::object();
  }

  Json generate(const Json& params) {
    if (!loaded_) throw Failure("invalid-request", "generate: no model is loaded; send load first");
    const std::filesystem::path folder = path(params, "output_dir", "");
    if (!std::filesystem::is_directory(folder))
      throw Failure("invalid-request", "output_dir '" + folder.string() + "': there is no such folder");
    if (!params.contains("requests") || !params["requests"].is_array()) wrong("requests", "a list");
    std::vector<GenerateRequest> requests;
    std::set<std::string> ids;
    for (const Json& one : params["requests"]) {
      const std::string place = "requests[" + std::to_string(requests.size()) + "].";
      requests.push_back(read_request(one, place, defaults_));
      if (!ids.insert(requests.back().id).second)
        throw Malformed(kParams, place + "id: '" + requests.back().id + "' appears twice");
    }
    Json results = Json::array();
    double busy_s = 0;
    for (const GenerateRequest& request : requests)
      results.push_back(make(request, folder, results.size(), busy_s));
    return {{"results", results}, {"batch_s", busy_s}, {"peak_memory_bytes", peak_memory_bytes()}};
  }

  // Latency is counted from the start of the batch; checking and writing files is no part of it.
  Json make(const GenerateRequest& request, const std::filesystem::path& folder, size_t index,
            double& busy_s) {
    context_.begin(request.id);
    const auto start = std::chrono::steady_clock::now();
    const auto stop = [&] {
      busy_s += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    std::optional<Video> video;
    try {
      video = model_.generate(request, context_);
      stop();
      check(*video);
      const std::string name = file_name(request.id, index);
      const double latency_s = busy_s;
      write_npy(folder / name, *video);
      return {{"id", request.id},        {"video", name},
              {"frames", video->frames}, {"height", video->height},
              {"width", video->width},   {"fps", video->fps},
              {"latency_s", latency_s},  {"stages", context_.stages()}};
    } catch (...) {
      if (!video) stop();
      return {{"id", request.id}, {"error", failure()}};
    }
  }

  Generator& model_;
  Context context_;
  std::FILE* out_ = nullptr;
  int threads_ = 0;
  bool initialized_ = false, loaded_ = false, done_ = false;
  Numbers defaults_;
};

}  // namespace detail

inline void Context::progress(const std::string& stage, int step, int steps) {
  const auto now = Clock::now();
  if (sent_.size() == detail::kMostAtOnce) {
    if (now - sent_.front() < std::chrono::seconds(1)) return;
    sent_.pop_front();
  }
  sent_.push_back(now);
  Json params = {{"stage", stage}, {"peak_memory_bytes", detail::peak_memory_bytes()}};
  if (!id_.empty()) params["id"] = id_;
  if (step > 0) params["step"] = step;
  if (steps > 0) params["steps"] = steps;
  send_({{"jsonrpc", "2.0"}, {"method", "progress"}, {"params", params}});
}

// Speaks the protocol on stdin and stdout until told to end. Returns what main() should.
inline int serve(Generator& model) {
  try {
    detail::Server(model).run();
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}

}  // namespace vidbench::worker
