#include "shapes/audit.h"

#include <algorithm>

#include "base/error.h"

namespace vidbench::shapes {

Json AttributeRates::json() const {
  return {{"color", color},           {"shape", shape}, {"size", size},  {"motion", motion},
          {"background", background}, {"all", all},     {"count", count}};
}

AttributeRates rate(std::span<const Video> videos, std::span<const SceneSpec> scenes) {
  AttributeRates rates;
  for (size_t i = 0; i < videos.size(); ++i) {
    const Verdict verdict = check(videos[i], scenes[i]);
    const ObjectVerdict& object = verdict.objects.at(0);
    rates.color += object.color;
    rates.shape += object.shape;
    rates.size += object.size;
    rates.motion += object.motion;
    rates.background += verdict.background;
    rates.all += object.all() && verdict.background;
  }
  rates.count = static_cast<int>(videos.size());
  for (double* value :
       {&rates.color, &rates.shape, &rates.size, &rates.motion, &rates.background, &rates.all}) {
    *value /= std::max(1, rates.count);
  }
  return rates;
}

AttributeRates audit(const Denoiser& denoiser, const SamplerSettings& settings, int count, uint64_t seed,
                     int batch, std::vector<Video>* videos) {
  const auto scenes = one_object_scenes(true);
  if (count < 1 || count > static_cast<int>(scenes.size())) {
    throw_input("count must lie in 1.." + std::to_string(scenes.size()) + ", not " + std::to_string(count),
                "that many captions are held out");
  }
  std::vector<Video> made;
  for (int begin = 0; begin < count; begin += batch) {
    std::vector<SampleRequest> requests;
    for (int i = begin; i < std::min(count, begin + batch); ++i) {
      requests.push_back({caption_of(scenes[static_cast<size_t>(i)]), seed + static_cast<uint64_t>(i)});
    }
    for (auto& video : sample(denoiser, requests, settings)) made.push_back(std::move(video));
  }
  const AttributeRates rates = rate(made, std::span(scenes).first(made.size()));
  if (videos != nullptr) *videos = std::move(made);
  return rates;
}

}  // namespace vidbench::shapes
