// One decoded video with its prompt and the video it is compared with, and what metrics have already computed
// of it.
#pragma once

#include <any>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "media/video.h"
#include "metrics/videos.h"
#include "store/records.h"

namespace vidbench::metrics {

class Registry;

// Lives while one video is measured; several metrics share what one of them computed. One thread at a time.
class Sample {
 public:
  // Registry and video are kept by reference; `read_paired` gives the video that this one is compared with,
  // and is empty where there is none.
  Sample(const Registry& registry, const media::Video& video, store::Asked asked,
         std::function<media::Video()> read_paired = {})
      : registry_(registry), video_(video), asked_(std::move(asked)), read_paired_(std::move(read_paired)) {}

  [[nodiscard]] const media::Video& video() const { return video_; }
  [[nodiscard]] const store::Asked& asked() const { return asked_; }
  [[nodiscard]] const std::string& prompt() const { return asked_.prompt; }
  [[nodiscard]] bool has_paired() const { return static_cast<bool>(read_paired_); }
  // The video that this one is compared with, read at the first call: as many frames, of the same size.
  // Throws Error(kInput) when it cannot be read or has another size or length.
  [[nodiscard]] const media::Video& paired();
  // The feature vector of that id, computed at the first call. Throws as its computation does.
  [[nodiscard]] const std::vector<float>& feature(const std::string& id);
  // The key under which that vector is kept.
  [[nodiscard]] static std::string feature_key(const std::string& id) { return "feature " + id; }
  // The result of `compute`, kept under `key`; a key always stands for the same type.
  template <typename T>
  [[nodiscard]] const T& once(const std::string& key, const std::function<T()>& compute) {
    auto found = kept_.find(key);
    if (found == kept_.end()) found = kept_.emplace(key, compute()).first;
    return std::any_cast<const T&>(found->second);
  }

  [[nodiscard]] bool keeps(const std::string& key) const { return kept_.contains(key); }
  // Keeps what once() would compute.
  template <typename T>
  void keep(const std::string& key, T value) {
    kept_.emplace(key, std::move(value));
  }

 private:
  const Registry& registry_;
  const media::Video& video_;
  store::Asked asked_;
  std::function<media::Video()> read_paired_;
  std::map<std::string, std::any> kept_;
};

// Keeps under `key` what `compute` gives, in one call, for the videos of those samples that have at least
// `frames` frames and keep nothing there yet.
template <typename T>
void keep_together(std::span<Sample* const> samples, const std::string& key, size_t frames,
                   const std::function<std::vector<T>(Videos)>& compute) {
  std::vector<Sample*> open;
  std::vector<const media::Video*> videos;
  for (Sample* sample : samples) {
    if (sample->keeps(key) || sample->video().frames < frames) continue;
    open.push_back(sample);
    videos.push_back(&sample->video());
  }
  if (open.empty()) return;
  std::vector<T> values = compute(videos);
  for (size_t i = 0; i < open.size(); ++i) open[i]->keep(key, std::move(values.at(i)));
}

// Throws Error(kInput) unless the video has at least that many frames.
void require_frames(const media::Video& video, size_t frames);

}  // namespace vidbench::metrics
