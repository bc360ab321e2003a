#include <fmt/format.h>

#include <array>

#include "base/random.h"
#include "media/npy.h"
#include "workers/builtin_runners.h"
#include "workers/local_runner.h"

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

class NullRunner : public LocalRunner {
 public:
  explicit NullRunner(const registry::Model& model) : LocalRunner(model, {}) {}

 private:
  void describe(store::ModelFacts& facts) const override {
    facts.device = "cpu";
    facts.settings["dtype"] = facts.dtype;
    facts.parameters = 0;
    facts.weights_bytes = 0;
  }
  [[nodiscard]] const char* stage() const override { return "decode"; }
  [[nodiscard]] bool timed() const override { return true; }

  [[nodiscard]] SampleOutcome make(const GenerateRequest& request,
                                   const fs::path& output_dir) const override {
    const Shape shape = shape_of(request);
    if (shape.bytes() > kLimitBytes)
      return {request.id, std::nullopt,
              store::Failure{"invalid-request", fmt::format("{} bytes of pixels are too many", shape.bytes()),
                             ""}};
    store::GeneratedVideo video;
    video.path = (output_dir / (request.id + ".npy")).string();
    video.frames = static_cast<int>(shape.frames);
    video.height = static_cast<int>(shape.height);
    video.width = static_cast<int>(shape.width);
    video.fps = shape.fps;
    const std::array<size_t, 4> extents = {shape.frames, shape.height, shape.width, 3};
    media::write_npy(video.path, "u1", extents, noise(shape.bytes(), request.seed));
    return {request.id, video, std::nullopt};
  }
};

}  // namespace

std::unique_ptr<Runner> make_null_runner(const registry::Model& model, const RunnerOptions&) {
  return std::make_unique<NullRunner>(model);
}

}  // namespace vidbench::workers
