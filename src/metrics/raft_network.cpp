#include "metrics/raft_network.h"

#include <c10/core/InferenceMode.h>

#include "metrics/picture.h"
#include "metrics/tensors.h"
#include "nn/raft.h"
#include "nn/sampling.h"

namespace vidbench::metrics {
namespace {

constexpr double kLargestShare = 0.05;
constexpr double kLargestShareOfStatic = 0.02;

nn::ReplicationPadding padding_of(size_t height, size_t width) {
  return {static_cast<int64_t>(height), static_cast<int64_t>(width), nn::Raft::kScale};
}

// [1, 3, H/2, W/2] in 0..1.
at::Tensor half_size(const at::Tensor& picture) {
  return at::upsample_bilinear2d(picture.to(at::kFloat).div(255), {picture.size(2) / 2, picture.size(3) / 2},
                                 /*align_corners=*/false, 0.5, 0.5);
}

double mean(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

at::Tensor squared_length(const at::Tensor& flow) { return flow.square().sum(1, /*keepdim=*/true); }

// Squared differences to the next column and row; none from the last one.
at::Tensor squared_gradient(const at::Tensor& flow) {
  const at::Tensor right = at::constant_pad_nd(at::diff(flow, 1, 3), {0, 1, 0, 0});
  const at::Tensor down = at::constant_pad_nd(at::diff(flow, 1, 2), {0, 0, 0, 1});
  return squared_length(right) + squared_length(down);
}

// Where the flow leads to a pixel that does not lead back, and at the edges of what moves.
at::Tensor occlusion(const at::Tensor& forward, const at::Tensor& backward) {
  const at::Tensor back = nn::warp(backward, forward);
  const at::Tensor lost =
      squared_length(back + forward) > (squared_length(back) + squared_length(forward)) * 0.01 + 0.5;
  return lost.logical_or(squared_gradient(forward) > squared_length(forward) * 0.01 + 0.002);
}

double warping_error_of(const at::Tensor& before, const at::Tensor& now,
                        const nn::FlowSequence::Flows& flows) {
  // `forward` leads from the frame before to this one, so that this one is drawn back along it.
  const at::Tensor visible = occlusion(flows.forward, flows.backward).logical_not().to(at::kFloat);
  const double count = visible.sum(at::kDouble).item<double>();
  if (count == 0) return 0;
  const at::Tensor difference = (nn::warp(now, flows.forward) - before) * visible;
  return difference.square().sum(at::kDouble).item<double>() / count;
}

}  // namespace

struct RaftNetwork::Loaded {
  nn::Raft network;
};

namespace {

nn::RaftOptions raft_options(const Compute& compute) {
  const nn::NetworkOptions options = network_options(compute);
  return {.type = options.type, .device = options.device};
}

}  // namespace

RaftNetwork::RaftNetwork(WeightFile weights, Compute compute)
    : weights_(std::move(weights)), compute_(std::move(compute)) {}
RaftNetwork::~RaftNetwork() = default;

RaftNetwork::Loaded& RaftNetwork::load() {
  if (!loaded_)
    loaded_ = load_weights(
        [&] { return std::make_unique<Loaded>(Loaded{nn::Raft(weights_.path, raft_options(compute_))}); });
  return *loaded_;
}

std::vector<PairMotion> RaftNetwork::motion(const media::Video& video, std::span<const size_t> frames) {
  const c10::InferenceMode inference;
  const nn::ReplicationPadding padding = padding_of(video.height, video.width);
  nn::FlowSequence sequence(load().network, /*backward=*/false);
  std::vector<PairMotion> result;
  for (const size_t frame : frames) {
    const auto flows = sequence.next(padding.pad(picture_tensor(video, frame)));
    if (!flows) continue;
    const at::Tensor lengths = squared_length(flows->forward).sqrt();
    std::vector<float> all = numbers(lengths), picture = numbers(padding.crop(lengths));
    PairMotion motion{.mean = mean(picture)};  // the largest are found by changing the order
    motion.largest = mean_of_largest(picture, kLargestShare);
    motion.largest_padded = mean_of_largest(all, kLargestShare);
    result.push_back(motion);
  }
  return result;
}

StaticMotion RaftNetwork::static_motion(const media::Video& video) {
  const c10::InferenceMode inference;
  nn::Raft& network = load().network;
  const nn::ReplicationPadding padding = padding_of(video.height, video.width);
  const auto encoded = [&](size_t frame) {
    return network.encode(padding.pad(picture_tensor(video, frame)));
  };
  const auto moved = [&](nn::Raft::Encoded& from, nn::Raft::Encoded& to) {
    std::vector<float> lengths =
        numbers(squared_length(network.flow(std::vector<nn::Raft::Pair>{{&from, &to}})).sqrt());
    return mean_of_largest(lengths, kLargestShareOfStatic);
  };
  StaticMotion result;
  nn::Raft::Encoded first = encoded(0), before = first;
  for (size_t i = 1; i < video.frames; ++i) {
    nn::Raft::Encoded now = encoded(i);
    result.neighbours.push_back(moved(before, now));
    before = std::move(now);
  }
  result.ends = {moved(first, before), moved(before, first)};
  return result;
}

double RaftNetwork::warping_error(const media::Video& video, double white) {
  const c10::InferenceMode inference;
  const nn::ReplicationPadding padding = padding_of(video.height / 2, video.width / 2);
  nn::FlowSequence sequence(load().network, /*backward=*/true);
  at::Tensor before;
  double sum = 0;
  for (size_t i = 0; i < video.frames; ++i) {
    const at::Tensor now = padding.pad(half_size(picture_tensor(video, i)));
    if (const auto flows = sequence.next(now * white)) sum += warping_error_of(before, now, *flows);
    before = now;
  }
  return sum / static_cast<double>(video.frames - 1);
}

}  // namespace vidbench::metrics
