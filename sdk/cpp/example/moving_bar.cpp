// The smallest complete worker in C++: a "model" that moves a white bar over noise, which fades as it is
// "denoised". In a catalogue entry: `runner: worker` and `command: [moving_bar]`.
#include <algorithm>
#include <random>

#include "vidbench_worker.hpp"

namespace {

using namespace vidbench::worker;

class MovingBar : public Generator {
 public:
  [[nodiscard]] std::string name() const override { return "moving-bar-cpp"; }
  [[nodiscard]] std::string version() const override { return "1.0"; }

  LoadInfo load(const LoadRequest& request) override {
    brightness_ = request.settings.value("brightness", 1.0);
    if (!(brightness_ > 0 && brightness_ <= 1))
      throw Failure("invalid-request", "settings.brightness: expected above 0 and at most 1");
    LoadInfo info;
    info.parameters = 0;
    info.weights_bytes = 0;
    info.defaults.frames = 16;
    info.defaults.width = info.defaults.height = 32;
    info.defaults.fps = 8;
    info.defaults.steps = 4;
    return info;
  }

  Video generate(const GenerateRequest& request, Context& context) override {
    if (!request.image.empty() || !request.video.empty())
      throw Failure("unsupported", "moving-bar-cpp makes videos from text alone; use prompts without files");
    Video video{
        request.frames.value(), request.height.value(), request.width.value(), request.fps.value(), {}};
    video.pixels.resize(static_cast<size_t>(video.frames) * static_cast<size_t>(video.height) *
                        static_cast<size_t>(video.width) * 3);
    std::mt19937_64 random(request.seed);  // the seed decides everything that is random
    for (uint8_t& value : video.pixels) value = static_cast<uint8_t>(random() >> 56);
    context.stage("denoise", [&] {
      for (int step = 1; step <= *request.steps; ++step) {
        for (uint8_t& value : video.pixels) value /= 2;
        context.progress("denoise", step, *request.steps);
      }
    });
    draw_bar(video);
    return video;
  }

 private:
  void draw_bar(Video& video) const {
    const auto white = static_cast<uint8_t>(255 * brightness_);
    for (int t = 0; t < video.frames; ++t)
      for (int y = 0; y < video.height; ++y) {
        const int pixel = (t * video.height + y) * video.width + t % video.width;
        std::fill_n(video.pixels.begin() + static_cast<std::ptrdiff_t>(pixel) * 3, 3, white);
      }
  }

  double brightness_ = 1;
};

}  // namespace

int main() {
  MovingBar model;
  return serve(model);
}
