#include "shapes/sampler.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <cmath>

#include "base/error.h"
#include "base/random.h"

namespace vidbench::shapes {
namespace {

constexpr double kPixelLimit = 1.05;  // a predicted pixel may overshoot the range -1..1 by this much

// Standard normal values, [B, kPatches, kPatchValues], each sample from its own stream.
at::Tensor draw(std::vector<Random>& streams) {
  at::Tensor noise = at::empty({static_cast<int64_t>(streams.size()), kPatches, kPatchValues});
  auto* out = noise.data_ptr<float>();
  for (auto& stream : streams) {
    for (int64_t i = 0; i < kPatches * kPatchValues; ++i) *out++ = static_cast<float>(stream.normal());
  }
  return noise;
}

at::Tensor guided(const Denoiser& denoiser, const at::Tensor& x, double t, const at::Tensor& tokens,
                  double guidance) {
  const at::Tensor times = at::full({x.size(0)}, t, x.options());
  at::Tensor clean = denoiser.predict(x, times, tokens);
  if (guidance != 1) {
    const at::Tensor free = denoiser.predict(x, times, at::zeros_like(tokens));
    clean = free + guidance * (clean - free);
  }
  return clean.clamp(-kPixelLimit, kPixelLimit);
}

// Share of the noise at `next` that ancestral sampling renews when it comes from `now` (variance share).
double renewed_share(double now, double next) {
  if (now >= 1) return 1;
  const double ratio = next / (1 - next) * (1 - now) / now;
  return 1 - ratio * ratio;
}

void validate(const SamplerSettings& settings) {
  if (settings.steps < 1 || settings.steps > 1000) {
    throw_input("steps must lie in 1..1000, not " + std::to_string(settings.steps));
  }
  if (!(settings.guidance >= 0 && settings.guidance <= 50)) {
    throw_input("guidance must lie in 0..50, not " + std::to_string(settings.guidance));
  }
  if (!(settings.shift > 0 && settings.shift <= 100)) {
    throw_input("shift must lie in (0, 100], not " + std::to_string(settings.shift));
  }
}

}  // namespace

std::vector<Video> sample(const Denoiser& denoiser, std::span<const SampleRequest> requests,
                          const SamplerSettings& settings, const StepCallback& on_step) {
  validate(settings);
  if (requests.empty()) return {};
  const at::NoGradGuard no_gradient;
  const auto device = denoiser.parameters().get("position").device();
  std::vector<std::string> captions;
  std::vector<Random> streams;
  for (const auto& request : requests) {
    captions.push_back(request.caption);
    streams.emplace_back(request.seed);
  }
  const at::Tensor tokens = tokens_of(captions).to(device);
  at::Tensor x = draw(streams).to(device);
  for (int i = 0; i < settings.steps; ++i) {
    const double now = shifted_time(1 - static_cast<double>(i) / settings.steps, settings.shift);
    const double next = shifted_time(1 - static_cast<double>(i + 1) / settings.steps, settings.shift);
    const at::Tensor clean = guided(denoiser, x, now, tokens, settings.guidance);
    at::Tensor noise = (x - (1 - now) * clean) / now;
    if (settings.kind == SamplerKind::kSde && next > 0) {
      const double renewed = renewed_share(now, next);
      noise = std::sqrt(1 - renewed) * noise + std::sqrt(renewed) * draw(streams).to(device);
    }
    x = (1 - next) * clean + next * noise;
    if (on_step) on_step(i + 1, settings.steps);
  }
  return videos_of(x);
}

}  // namespace vidbench::shapes
