#include <fmt/format.h>

#include <array>

#include "base/error.h"
#include "base/random.h"
#include "base/time.h"
#include "media/npy.h"
#include "workers/builtin_runners.h"

namespace vidbench::workers {
namespace {
namespace fs = std::filesystem;

// A request's numbers once the model's and the runner's defaults are in.
struct Shape {
  size_t frames, height, width;
  double fps;
  [[nodiscard]] size_t bytes() const { return frames * height * width * 3; }
};

constexpr size_t kLimitBytes = size_t{1} << 30;

Shape shape_of(const GenerateRequest& request) {
  return {static_cast<size_t>(request.frames.value_or(16)), static_cast<size_t>(request.height.value_or(32)),
          static_cast<size_t>(request.width.value_or(32)), request.fps.value_or(8)};
}

std::vector<uint8_t> noise(size_t bytes, uint64_t seed) {
  Random random(seed);
  std::vector<uint8_t> pixels(bytes);
  for (size_t i = 0; i < bytes; i += 8) {
    const uint64_t word = random.next();
    for (size_t j = i; j < std::min(i + 8, bytes); ++j)
      pixels[j] = static_cast<uint8_t>(word >> (8 * (j - i)));
  }
  return pixels;
}

class NullRunner : public Runner {
 public:
  explicit NullRunner(registry::Model model) : model_(std::move(model)) {
    for (const auto& [key, value] : model_.deployment.settings.items())
      throw_input(fmt::format("{}: the null runner has no setting '{}'", model_.origin, key), "remove it");
  }

  store::ModelFacts start() override {
    started_ = true;
    store::ModelFacts facts;
    facts.model = model_.id;
    facts.device = "cpu";
    facts.dtype = model_.deployment.dtype;
    facts.settings = to_json(model_.deployment.defaults);
    facts.settings["dtype"] = facts.dtype;
    facts.parameters = 0;
    facts.weights_bytes = 0;
    return facts;
  }
  [[nodiscard]] bool alive() const override { return started_; }
  void stop() noexcept override { started_ = false; }

  BatchOutcome generate(const std::vector<GenerateRequest>& requests, const fs::path& output_dir,
                        const ProgressFunction& progress, std::stop_token stop) override {
    fs::create_directories(output_dir);
    BatchOutcome batch;
    const int64_t start_ns = monotonic_ns();
    for (const GenerateRequest& request : requests) {
      if (stop.stop_requested()) return {{}, store::Failure{"interrupted", "'generate' was interrupted", ""}};
      batch.samples.push_back(make(with_defaults(request, model_.deployment.defaults), output_dir, start_ns));
      if (progress) progress({request.id, "decode", 1, 1, 0});
    }
    for (SampleOutcome& sample : batch.samples) {
      if (!sample.video) continue;
      sample.video->batch_size = static_cast<int>(requests.size());
      sample.video->batch_s = seconds_since(start_ns);
    }
    return batch;
  }

 private:
  static SampleOutcome make(const GenerateRequest& request, const fs::path& output_dir, int64_t start_ns) {
    const Shape shape = shape_of(request);
    if (shape.bytes() > kLimitBytes)
      return {request.id, std::nullopt,
              store::Failure{"invalid-request", fmt::format("{} bytes of pixels are too many", shape.bytes()),
                             ""}};
    const std::vector<uint8_t> pixels = noise(shape.bytes(), request.seed);
    store::GeneratedVideo video;
    video.latency_s = seconds_since(start_ns);
    video.path = (fs::absolute(output_dir) / (request.id + ".npy")).string();
    video.frames = static_cast<int>(shape.frames);
    video.height = static_cast<int>(shape.height);
    video.width = static_cast<int>(shape.width);
    video.fps = shape.fps;
    const std::array<size_t, 4> extents = {shape.frames, shape.height, shape.width, 3};
    media::write_npy(video.path, "u1", extents, pixels);
    return {request.id, video, std::nullopt};
  }

  registry::Model model_;
  bool started_ = false;
};

}  // namespace

std::unique_ptr<Runner> make_null_runner(const registry::Model& model, const RunnerOptions&) {
  return std::make_unique<NullRunner>(model);
}

}  // namespace vidbench::workers
