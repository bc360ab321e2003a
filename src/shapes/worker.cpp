#include "shapes/worker.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <torch/version.h>

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/strings.h"
#include "base/time.h"
#include "shapes/sampler.h"
#include "shapes/video_file.h"
#include "shapes/weights.h"
#include "workers/worker_server.h"

namespace vidbench::shapes {
namespace {

using workers::InvalidParams;
using workers::ProgressSink;
using workers::RequestFailure;

constexpr size_t kMaxBatch = 32;  // more requests are computed in several batches

struct Loaded {
  Denoiser denoiser;
  SamplerSettings defaults;
  at::Device device;
};

struct Request {
  std::string id;
  SampleRequest sample;
  SamplerSettings settings;
};

std::string text(const Json& params, const std::string& key, const std::string& fallback) {
  if (!params.contains(key) || params[key].is_null()) return fallback;
  if (!params[key].is_string()) throw InvalidParams("'" + key + "' must be text");
  return params[key].get<std::string>();
}

double number(const Json& params, const std::string& key, double fallback) {
  if (!params.contains(key) || params[key].is_null()) return fallback;
  if (!params[key].is_number()) throw InvalidParams("'" + key + "' must be a number");
  return params[key].get<double>();
}

at::Device device_named(const std::string& name) {
  if (name == "auto") return at::hasCUDA() ? at::Device(at::kCUDA) : at::Device(at::kCPU);
  if (name != "cpu" && !name.starts_with("cuda")) {
    throw RequestFailure("unsupported", "no device '" + name + "' (auto, cpu, cuda or cuda:N)");
  }
  if (name != "cpu" && !at::hasCUDA())
    throw RequestFailure("unsupported", "this libtorch sees no CUDA device");
  return at::Device(name);
}

bool is_bf16(const std::string& name) {
  if (name == "fp32" || name == "bf16") return name == "bf16";
  throw RequestFailure("unsupported", "no dtype '" + name + "' (fp32 or bf16)");
}

std::filesystem::path weights_of(const Json& settings) {
  const std::string given = text(settings, "weights", "");
  if (!given.empty()) return given;
  const std::vector<std::string> models = {"base", "small", "weak"};
  const std::string model = text(settings, "model", "base");
  if (std::find(models.begin(), models.end(), model) == models.end()) {
    throw InvalidParams("no model '" + model + "': " + suggestion(model, models));
  }
  return resource_root() / "models" / "shapes" / (model + ".safetensors");
}

void refuse_unknown(const Json& settings) {
  const std::vector<std::string> known = {"model", "weights", "sampler", "shift"};
  for (const auto& [key, value] : settings.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      throw InvalidParams("unknown setting '" + key + "': " + suggestion(key, known));
    }
  }
}

uint64_t peak_memory(const at::Device& device) {
  if (device.is_cpu()) return peak_resident_bytes();
  const auto stats = at::getDeviceAllocator(device.type())
                         ->getDeviceStats(device.has_index() ? device.index() : c10::DeviceIndex{0});
  return static_cast<uint64_t>(stats.allocated_bytes[0].peak);
}

uint64_t seed_of(const Json& request) {
  if (!request.contains("seed")) return 0;
  if (!request["seed"].is_number_integer()) throw InvalidParams("'seed' must be a whole number");
  return request["seed"].get<uint64_t>();
}

Request read_request(const Json& json, const SamplerSettings& defaults) {
  Request request{json.at("id").get<std::string>(),
                  {text(json, "prompt", ""), seed_of(json), text(json, "negative_prompt", "")},
                  defaults};
  request.settings.steps = static_cast<int>(std::clamp(number(json, "steps", defaults.steps), -1.0, 1e6));
  request.settings.guidance = number(json, "guidance", defaults.guidance);
  return request;
}

std::string file_name_of(const std::string& id) {
  const bool plain = !id.empty() && id.size() <= 200 && id[0] != '.' &&
                     std::all_of(id.begin(), id.end(), [](unsigned char c) {
                       return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
                     });
  if (!plain) throw RequestFailure("invalid-request", "the id '" + id + "' makes no file name");
  return id + ".npy";
}

class ShapesWorker {
 public:
  Json initialize(const Json& params) {
    const double threads = number(params, "threads", 0);
    if (threads >= 1 && threads <= 1024) at::set_num_threads(static_cast<int>(threads));
    return Json::object();
  }

  Json load(const Json& params) {
    const Json settings = params.value("settings", Json::object());
    if (!settings.is_object()) throw InvalidParams("'settings' must be an object");
    refuse_unknown(settings);
    const auto path = weights_of(settings);
    const std::string device = text(params, "device", "cpu");
    const std::string dtype = text(params, "dtype", "fp32");
    loaded_ = std::make_unique<Loaded>(Loaded{load_denoiser(path), {}, device_named(device)});
    loaded_->denoiser.to(loaded_->device);
    if (is_bf16(dtype)) loaded_->denoiser.use_bf16();
    auto& defaults = loaded_->defaults;
    defaults.kind = sampler_named(text(settings, "sampler", "euler"));
    defaults.shift = number(settings, "shift", defaults.shift);
    return {{"parameters", loaded_->denoiser.parameters().count()},
            {"weights_bytes", std::filesystem::file_size(path)},
            {"weights_sha256", sha256_file(path)},
            {"device", loaded_->device.str()},
            {"dtype", dtype},
            {"versions", {{"torch", TORCH_VERSION}}},
            {"peak_memory_bytes", peak_memory(loaded_->device)},
            {"defaults",
             {{"frames", kFrames},
              {"width", kSide},
              {"height", kSide},
              {"fps", kFps},
              {"steps", defaults.steps},
              {"guidance", defaults.guidance}}}};
  }

  Json generate(const Json& params, ProgressSink& progress) {
    if (loaded_ == nullptr) throw RequestFailure("invalid-request", "no model is loaded");
    const std::filesystem::path folder = params.at("output_dir").get<std::string>();
    std::vector<Request> requests;
    for (const auto& json : params.at("requests")) requests.push_back(read_request(json, loaded_->defaults));
    start_ns_ = monotonic_ns();
    Json results = Json::array();
    for (const auto& batch : batches_of(std::move(requests))) {
      for (auto& result : compute(batch, folder, progress)) results.push_back(std::move(result));
    }
    return {{"results", std::move(results)},
            {"batch_s", last_complete_s_},
            {"peak_memory_bytes", peak_memory(loaded_->device)}};
  }

  Json unload() {
    loaded_.reset();
    return Json::object();
  }

 private:
  // Requests with the same settings, at most kMaxBatch together.
  static std::vector<std::vector<Request>> batches_of(std::vector<Request> requests) {
    std::map<std::pair<int, double>, std::vector<Request>> groups;
    for (auto& r : requests) groups[{r.settings.steps, r.settings.guidance}].push_back(std::move(r));
    std::vector<std::vector<Request>> batches;
    for (auto& [settings, group] : groups) {
      for (size_t i = 0; i < group.size(); ++i) {
        if (i % kMaxBatch == 0) batches.emplace_back();
        batches.back().push_back(std::move(group[i]));
      }
    }
    return batches;
  }

  // One result for each request; what fails while the batch is computed fails each of them.
  std::vector<Json> compute(const std::vector<Request>& batch, const std::filesystem::path& folder,
                            ProgressSink& progress) {
    std::vector<Json> results;
    std::vector<Video> videos;
    SampleTimings timings;
    Json failure;
    try {
      videos = sample_batch(batch, progress, timings);
    } catch (const std::exception&) {
      failure = workers::describe_current_exception().json();
    }
    last_complete_s_ = seconds_since(start_ns_);
    for (size_t i = 0; i < batch.size(); ++i) {
      if (failure.is_null()) {
        results.push_back(stored(batch[i], videos[i], folder, last_complete_s_, timings));
      } else {
        results.push_back({{"id", batch[i].id}, {"error", failure}});
      }
    }
    return results;
  }

  std::vector<Video> sample_batch(const std::vector<Request>& batch, ProgressSink& progress,
                                  SampleTimings& timings) {
    std::vector<SampleRequest> samples;
    for (const auto& request : batch) samples.push_back(request.sample);
    const auto on_step = [&](int done, int total) {
      Json note = {{"stage", "denoise"}, {"step", done}, {"steps", total}};
      if (batch.size() == 1) note["id"] = batch.front().id;
      note["peak_memory_bytes"] = peak_memory(loaded_->device);
      progress.report(note);
    };
    return sample(loaded_->denoiser, samples, batch.front().settings, on_step, &timings);
  }

  static Json stored(const Request& request, const Video& video, const std::filesystem::path& folder,
                     double latency_s, const SampleTimings& timings) {
    try {
      const std::string name = file_name_of(request.id);
      write_video(folder / name, video);
      return {
          {"id", request.id},
          {"video", name},
          {"frames", video.frames},
          {"height", video.height},
          {"width", video.width},
          {"fps", kFps},
          {"latency_s", latency_s},
          {"stages",
           {{"text_encode", timings.text_encode}, {"denoise", timings.denoise}, {"decode", timings.decode}}}};
    } catch (const std::exception&) {
      return {{"id", request.id}, {"error", workers::describe_current_exception().json()}};
    }
  }

  std::unique_ptr<Loaded> loaded_;
  int64_t start_ns_ = 0;
  double last_complete_s_ = 0;
};

}  // namespace

int run_worker() {
  ShapesWorker worker;
  workers::WorkerServer server("vidbench-shapes", VIDBENCH_VERSION, {"generate"});
  server.on("initialize", [&](const Json& params, ProgressSink&) { return worker.initialize(params); });
  server.on("load", [&](const Json& params, ProgressSink&) { return worker.load(params); });
  server.on("generate",
            [&](const Json& params, ProgressSink& sink) { return worker.generate(params, sink); });
  server.on("unload", [&](const Json&, ProgressSink&) { return worker.unload(); });
  return server.serve();
}

}  // namespace vidbench::shapes
