// RAFT, the large model (Teed & Deng, ECCV 2020, arXiv:2003.12039; github.com/princeton-vl/RAFT): dense
// optical flow, as VBench and EvalCrafter use it.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "nn/conv.h"

namespace vidbench::nn {

struct RaftOptions {
  at::ScalarType type = at::kFloat;  // of the convolutions; positions and correlation are always float
  at::Device device = at::kCPU;
  int iterations = 20;
  // Bounds the correlation of the frames with each other, (H/8 · W/8)² · 5.3 bytes a pair (1.1 GB at
  // 1280x720). What is larger is made again in blocks of this size at each iteration, in less memory and more
  // time.
  int64_t correlation_bytes = int64_t{2} << 30;
};

// One thread at a time. Memory beside the correlation: about 1 KB a pixel of a frame.
class Raft {
 public:
  // Of padded frames: smaller ones leave nothing to look up in the coarsest correlation, where the official
  // implementation divides by zero.
  static constexpr int64_t kMinSide = 128;
  static constexpr int64_t kScale = 8;  // of a frame's side to a map's

  // What is computed of a frame once, however many pairs it is in.
  struct Encoded {
    at::Tensor frame;            // [1, 3, H, W], -1..1
    at::Tensor features;         // [1, 256, H/8, W/8] float
    at::Tensor hidden, context;  // [1, 128, H/8, W/8] each, undefined until the frame is the first of a pair
  };

  // Reads the official state dict (raft-things.pth: "module.fnet.conv1.weight", …, with or without
  // "module."). Throws Error(kInput) naming file and key for another network.
  explicit Raft(const std::filesystem::path& weights, const RaftOptions& options = {});

  // first, second [N, 3, H, W] in 0..255 (RGB) of any type, H and W multiples of kScale and at least kMinSide
  // -> where each pixel of `first` is in `second`, [N, 2, H, W] (x, y) in pixels, float, on the network's
  // device.
  [[nodiscard]] at::Tensor flow(const at::Tensor& first, const at::Tensor& second);

  // The same in steps: frame [1, 3, H, W]; for each pair (first, second) of frames, [pairs, 2, H, W]. Throws
  // Error(kInput) for a frame smaller than kMinSide.
  [[nodiscard]] Encoded encode(const at::Tensor& frame);
  using Pair = std::array<Encoded*, 2>;
  [[nodiscard]] at::Tensor flow(const std::vector<Pair>& pairs);

 private:
  // Convolution, instance normalisation in place of a folded one where `normalise`, ReLU.
  struct Unit {
    Conv2d conv;
    bool normalise = false, relu = false;
    [[nodiscard]] at::Tensor operator()(const at::Tensor& x);
  };
  struct Residual {
    Unit first, second;
    std::optional<Unit> shortcut;
  };
  struct Encoder {
    Unit stem;
    std::vector<Residual> blocks;
    Conv2d last;
    [[nodiscard]] at::Tensor operator()(const at::Tensor& x);
  };
  // A gated recurrent unit, its convolutions split into what moves and what stays through the iterations.
  struct Gru {
    Conv2d gates, candidate;  // of (hidden, motion)
    Conv2d fixed;             // of the context, for gates and candidate, with the bias
    at::Tensor fixed_gates, fixed_candidate;
    void begin(const at::Tensor& context);
    [[nodiscard]] at::Tensor step(const at::Tensor& hidden, const at::Tensor& motion);
  };
  class Reader;

  void add_context(Encoded& frame);
  [[nodiscard]] at::Tensor motion(const at::Tensor& correlation, const at::Tensor& flow);
  [[nodiscard]] at::Tensor solve(const at::Tensor& first, const at::Tensor& second, at::Tensor hidden,
                                 const at::Tensor& context);

  RaftOptions options_;
  Encoder features_, context_;
  Conv2d correlation1_, correlation2_, flow1_, flow2_, motion_;
  Gru horizontal_, vertical_;
  Conv2d head1_, head2_, mask1_, mask2_;
};

// Flows between neighbours of a sequence of frames of one size, each frame encoded once.
class FlowSequence {
 public:
  struct Flows {
    at::Tensor forward;   // from the frame before to this one, [1, 2, H, W]
    at::Tensor backward;  // from this one to the one before; undefined unless asked for
  };
  // `network` is kept by reference.
  FlowSequence(Raft& network, bool backward) : network_(network), backward_(backward) {}

  // frame [1, 3, H, W] as Raft::encode takes it; nothing for the first one.
  [[nodiscard]] std::optional<Flows> next(const at::Tensor& frame);

 private:
  Raft& network_;
  bool backward_;
  std::optional<Raft::Encoded> before_;
};

}  // namespace vidbench::nn
