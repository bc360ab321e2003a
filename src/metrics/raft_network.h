// RAFT as the metrics use it: from a decoded video to how its pixels move. This header is free of libtorch.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "media/video.h"
#include "metrics/compute.h"
#include "metrics/weights.h"

namespace vidbench::metrics {

// How far the pixels of one frame move to the next, in pixels.
struct PairMotion {
  double mean = 0;            // over the picture
  double largest = 0;         // mean of the largest 5 % over the picture
  double largest_padded = 0;  // the same over the picture and what it was padded with
};

// How far the parts of a frame that move most, 2 % of the padded picture, move on average, in pixels.
struct StaticMotion {
  std::vector<double> neighbours;    // from each frame to the next
  std::array<double, 2> ends{0, 0};  // from the first frame to the last, and back
};

// Loads the network at the first use. One thread at a time; the number of CPU threads is set_threads()'.
// Frames go through one after the other: memory does not grow with their number. What is computed of a
// video throws Error(kEnvironment) for weights that are damaged.
class RaftNetwork {
 public:
  // The least height and width of a picture; the coarsest correlation of smaller ones is one value wide, and
  // the official implementation divides by zero.
  static constexpr size_t kMinSide = 121;

  explicit RaftNetwork(WeightFile weights, Compute compute = {});
  ~RaftNetwork();

  [[nodiscard]] const WeightFile& weights() const { return weights_; }

  // Between neighbours of the chosen frames at their own size, at least kMinSide.
  [[nodiscard]] std::vector<PairMotion> motion(const media::Video& video, std::span<const size_t> frames);

  // Of all frames, at least two, at their own size, at least kMinSide.
  [[nodiscard]] StaticMotion static_motion(const media::Video& video);

  // EvalCrafter's warping error over all frames (metrics/warping_error.cpp), at half their size, which is at
  // least kMinSide. RAFT, made for 0..255, sees values of 0..`white`.
  [[nodiscard]] double warping_error(const media::Video& video, double white);

 private:
  struct Loaded;
  [[nodiscard]] Loaded& load();

  WeightFile weights_;
  Compute compute_;
  std::unique_ptr<Loaded> loaded_;
};

}  // namespace vidbench::metrics
