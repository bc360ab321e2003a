// Draws videos from a denoiser: a deterministic ODE sampler and a stochastic one.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "shapes/denoiser.h"

namespace vidbench::shapes {

enum class SamplerKind {
  kEuler,  // Euler steps along the rectified flow
  kSde,    // ancestral: after each step, fresh noise replaces part of the old (as DDPM does)
};

struct SamplerSettings {
  SamplerKind kind = SamplerKind::kEuler;
  int steps = 8;          // network evaluations (each for the caption and, with guidance, also without)
  double guidance = 2.0;  // classifier-free guidance scale (arXiv:2207.12598); 1 = off
  double shift = 5.0;     // times t -> s t / (1 + (s - 1) t), s > 1 spends more steps at high noise
};

struct SampleRequest {
  std::string caption;
  uint64_t seed = 0;
  std::string negative;  // what guidance leads away from; empty: the caption-free prediction
};

// Seconds of the parts of a batch.
struct SampleTimings {
  double text_encode = 0;
  double denoise = 0;
  double decode = 0;
};

// Called after step `done` of `total`; may throw to abandon the batch.
using StepCallback = std::function<void(int done, int total)>;

// One video for each request, computed as one batch. A sample's noise comes from its own seed alone, so that
// it does not depend on what else is in the batch. Throws Error(kInput) for settings out of range.
[[nodiscard]] std::vector<Video> sample(const Denoiser& denoiser, std::span<const SampleRequest> requests,
                                        const SamplerSettings& settings, const StepCallback& on_step = {},
                                        SampleTimings* timings = nullptr);
// "euler" or "sde"; throws Error(kInput) with a suggestion for anything else.
[[nodiscard]] SamplerKind sampler_named(const std::string& name);

// t' = s t / (1 + (s - 1) t).
[[nodiscard]] constexpr double shifted_time(double t, double shift) {
  return shift * t / (1 + (shift - 1) * t);
}

}  // namespace vidbench::shapes
