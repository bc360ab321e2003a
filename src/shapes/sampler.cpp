#include "shapes/sampler.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <array>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "base/strings.h"
#include "base/time.h"

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

// [B, kMaxTokens] each.
struct Captions {
  at::Tensor wanted;
  at::Tensor unwanted;
};

Captions encode(std::span<const SampleRequest> requests, const at::Device& device) {
  std::vector<std::string> wanted;
  std::vector<std::string> unwanted;
  for (const auto& request : requests) {
    wanted.push_back(request.caption);
    unwanted.push_back(request.negative);
  }
  return {tokens_of(wanted).to(device), tokens_of(unwanted).to(device)};
}

at::Tensor guided(const Denoiser& denoiser, const at::Tensor& x, double t, const Captions& captions,
                  double guidance) {
  const at::Tensor times = at::full({x.size(0)}, t, x.options());
  at::Tensor clean = denoiser.predict(x, times, captions.wanted);
  if (guidance != 1) {
    const at::Tensor free = denoiser.predict(x, times, captions.unwanted);
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

SamplerKind sampler_named(const std::string& name) {
  if (name == "euler") return SamplerKind::kEuler;
  if (name == "sde") return SamplerKind::kSde;
  const std::array<std::string, 2> names = {"euler", "sde"};
  throw_input("no sampler '" + name + "'", suggestion(name, names));
}

std::vector<Video> sample(const Denoiser& denoiser, std::span<const SampleRequest> requests,
                          const SamplerSettings& settings, const StepCallback& on_step,
                          SampleTimings* timings) {
  validate(settings);
  if (requests.empty()) return {};
  const at::NoGradGuard no_gradient;
  SampleTimings times;
  const int64_t start = monotonic_ns();
  const auto device = denoiser.parameters().get("position").device();
  const Captions captions = encode(requests, device);
  times.text_encode = seconds_since(start);
  std::vector<Random> streams;
  for (const auto& request : requests) streams.emplace_back(request.seed);
  at::Tensor x = draw(streams).to(device);
  for (int i = 0; i < settings.steps; ++i) {
    const double now = shifted_time(1 - static_cast<double>(i) / settings.steps, settings.shift);
    const double next = shifted_time(1 - static_cast<double>(i + 1) / settings.steps, settings.shift);
    const at::Tensor clean = guided(denoiser, x, now, captions, settings.guidance);
    at::Tensor noise = (x - (1 - now) * clean) / now;
    if (settings.kind == SamplerKind::kSde && next > 0) {
      const double renewed = renewed_share(now, next);
      noise = std::sqrt(1 - renewed) * noise + std::sqrt(renewed) * draw(streams).to(device);
    }
    x = (1 - next) * clean + next * noise;
    if (on_step) on_step(i + 1, settings.steps);
  }
  x = x.cpu();  // waits for the device
  const double until_clean = seconds_since(start);
  times.denoise = until_clean - times.text_encode;
  std::vector<Video> videos = videos_of(x);
  times.decode = seconds_since(start) - until_clean;
  if (timings != nullptr) *timings = times;
  return videos;
}

}  // namespace vidbench::shapes
