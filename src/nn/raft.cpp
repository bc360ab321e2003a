#include "nn/raft.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "base/error.h"
#include "nn/checkpoint.h"
#include "nn/correlation.h"
#include "nn/sampling.h"

namespace vidbench::nn {
namespace {

constexpr int64_t kScale = Raft::kScale;
constexpr int64_t kRadius = 4;    // of lookups in the correlation
constexpr int64_t kHidden = 128;  // also of the context and of the motion features
constexpr double kEpsilon = 1e-5;

// Each of 8x8 pixels is a convex combination of the 3x3 flows around its map value; mask [N, 576, H, W].
at::Tensor upsample(const at::Tensor& flow, const at::Tensor& mask) {
  const int64_t n = flow.size(0), height = flow.size(2), width = flow.size(3);
  const at::Tensor weights = at::softmax(mask.contiguous().view({n, 1, 9, kScale, kScale, height, width}), 2);
  const at::Tensor around = at::im2col(flow.contiguous() * kScale, {3, 3}, {1, 1}, {1, 1}, {1, 1})
                                .view({n, 2, 9, 1, 1, height, width});
  at::Tensor sum = at::zeros({n, 2, kScale, kScale, height, width}, flow.options());
  for (int64_t i = 0; i < 9; ++i) sum.addcmul_(weights.select(2, i), around.select(2, i));
  return sum.permute({0, 1, 4, 2, 5, 3}).reshape({n, 2, height * kScale, width * kScale});
}

}  // namespace

// Reads the layers out of the state dict; each must take the channels that the one before gives.
class Raft::Reader {
 public:
  Reader(const std::filesystem::path& path, const RaftOptions& options)
      : file_(load_checkpoint(path)),
        state_(file_, path, "RAFT's", {options.type, options.device},
               "the file belongs to another network; the large RAFT (raft-things.pth) is needed") {
    if (state_.has("module.fnet.conv1.weight")) prefix_ = "module.";
  }

  Kernel kernel(const std::string& name, int64_t inputs, int64_t outputs, Size2 size) const {
    return read_kernel(state_, prefix_ + name, inputs, outputs, size);
  }
  Conv2d conv(const Kernel& kernel, int64_t stride, bool relu) const {
    return centred_conv(kernel, stride, relu, state_.options());
  }
  Conv2d conv(const std::string& name, int64_t inputs, int64_t outputs, Size2 size, bool relu) const {
    return conv(kernel(name, inputs, outputs, size), 1, relu);
  }

  Encoder encoder(const std::string& name, bool batch_norm) const {
    Encoder result;
    result.stem = unit(name + ".conv1", batch_norm ? name + ".norm1" : "", 3, 64, 7, 2, true);
    int64_t inputs = 64;
    for (const int64_t outputs : {64, 96, 128}) {
      const std::string layer = name + ".layer" + std::to_string(result.blocks.size() / 2 + 1);
      result.blocks.push_back(residual(layer + ".0", batch_norm, inputs, outputs));
      result.blocks.push_back(residual(layer + ".1", batch_norm, outputs, outputs));
      inputs = outputs;
    }
    result.last = conv(name + ".conv2", inputs, 2 * kHidden, {1, 1}, false);
    return result;
  }

  // One of the two units; `size` is that of its kernels.
  Gru gru(const std::string& which, Size2 size) const {
    const auto part = [&](const std::string& gate) {
      return kernel("update_block.gru.conv" + gate + which, 3 * kHidden, kHidden, size);
    };
    const Kernel z = part("z"), r = part("r"), q = part("q");
    // The inputs are hidden state, context and motion, in this order.
    const auto moving = [](const at::Tensor& weight) {
      return at::cat({weight.narrow(1, 0, kHidden), weight.narrow(1, 2 * kHidden, kHidden)}, 1);
    };
    const at::Tensor fixed = at::cat({z.weight, r.weight, q.weight}).narrow(1, kHidden, kHidden);
    Gru result;
    result.gates = conv({at::cat({moving(z.weight), moving(r.weight)}), {}}, 1, false);
    result.candidate = conv({moving(q.weight), {}}, 1, false);
    result.fixed = conv({fixed, at::cat({z.bias, r.bias, q.bias})}, 1, false);
    return result;
  }

 private:
  // `norm` "" stands for instance normalisation, which takes a bias out again.
  Unit unit(const std::string& name, const std::string& norm, int64_t inputs, int64_t outputs, int64_t side,
            int64_t stride, bool relu) const {
    Kernel read = kernel(name, inputs, outputs, {side, side});
    if (norm.empty()) return {conv({read.weight, {}}, stride, false), true, relu};
    const FoldedNorm folded = folded_norm(state_, prefix_ + norm, outputs, kEpsilon);
    read.weight = read.weight * folded.scale.view({-1, 1, 1, 1});
    read.bias = read.bias * folded.scale + folded.shift;
    return {conv(read, stride, relu), false, relu};
  }

  Residual residual(const std::string& name, bool batch_norm, int64_t inputs, int64_t outputs) const {
    const auto norm = [&](const std::string& which) { return batch_norm ? name + which : std::string(); };
    const int64_t stride = inputs == outputs ? 1 : 2;
    Residual block{unit(name + ".conv1", norm(".norm1"), inputs, outputs, 3, stride, true),
                   unit(name + ".conv2", norm(".norm2"), outputs, outputs, 3, 1, true), std::nullopt};
    if (stride != 1)
      block.shortcut = unit(name + ".downsample.0", norm(".downsample.1"), inputs, outputs, 1, 2, false);
    return block;
  }

  TensorFile file_;
  StateReader state_;
  std::string prefix_;
};

Raft::Raft(const std::filesystem::path& weights, const RaftOptions& options) : options_(options) {
  const c10::InferenceMode inference;
  const Reader reader(weights, options);
  features_ = reader.encoder("fnet", /*batch_norm=*/false);
  context_ = reader.encoder("cnet", /*batch_norm=*/true);
  const std::string update = "update_block.";
  correlation1_ = reader.conv(update + "encoder.convc1", Correlation::features(kRadius), 256, {1, 1}, true);
  correlation2_ = reader.conv(update + "encoder.convc2", 256, 192, {3, 3}, true);
  flow1_ = reader.conv(update + "encoder.convf1", 2, 128, {7, 7}, true);
  flow2_ = reader.conv(update + "encoder.convf2", 128, 64, {3, 3}, true);
  motion_ = reader.conv(update + "encoder.conv", 192 + 64, kHidden - 2, {3, 3}, true);
  horizontal_ = reader.gru("1", {1, 5});
  vertical_ = reader.gru("2", {5, 1});
  head1_ = reader.conv(update + "flow_head.conv1", kHidden, 256, {3, 3}, true);
  head2_ = reader.conv(update + "flow_head.conv2", 256, 2, {3, 3}, false);
  mask1_ = reader.conv(update + "mask.0", kHidden, 256, {3, 3}, true);
  mask2_ = reader.conv(update + "mask.2", 256, 9 * kScale * kScale, {1, 1}, false);
}

at::Tensor Raft::Unit::operator()(const at::Tensor& x) {
  at::Tensor y = conv(x);
  if (!normalise) return y;
  y = instance_norm(y);
  return relu ? y.relu_() : y;
}

at::Tensor Raft::Encoder::operator()(const at::Tensor& x) {
  at::Tensor y = stem(x);
  for (Residual& block : blocks) {
    const at::Tensor shortcut = block.shortcut ? (*block.shortcut)(y) : y;
    y = block.second(block.first(y)).add_(shortcut).relu_();
  }
  return last(y);
}

void Raft::Gru::begin(const at::Tensor& context) {
  const at::Tensor all = fixed(context);
  fixed_gates = channels_last(all.narrow(1, 0, 2 * kHidden));
  fixed_candidate = channels_last(all.narrow(1, 2 * kHidden, kHidden));
}

at::Tensor Raft::Gru::step(const at::Tensor& hidden, const at::Tensor& motion) {
  const at::Tensor both = gates(at::cat({hidden, motion}, 1)).add_(fixed_gates).sigmoid_();
  const at::Tensor update = both.narrow(1, 0, kHidden), reset = both.narrow(1, kHidden, kHidden);
  const at::Tensor next = candidate(at::cat({reset * hidden, motion}, 1)).add_(fixed_candidate).tanh_();
  return at::lerp(hidden, next, update);
}

Raft::Encoded Raft::encode(const at::Tensor& frame) {
  if (frame.dim() != 4 || frame.size(0) != 1 || frame.size(1) != 3 || frame.size(2) % kScale != 0 ||
      frame.size(3) % kScale != 0)
    throw Error(ErrorCode::kInternal, "RAFT takes a frame [1, 3, H, W], its sides multiples of 8");
  if (std::min(frame.size(2), frame.size(3)) < kMinSide)
    throw_input("RAFT needs frames of at least 128x128 pixels after padding to multiples of 8, these have " +
                std::to_string(frame.size(3)) + "x" + std::to_string(frame.size(2)));
  const c10::InferenceMode inference;
  const at::Tensor unit = frame.to(options_.device, at::kFloat).div(255).mul_(2).sub_(1).to(options_.type);
  Encoded encoded;
  encoded.frame = channels_last(unit);
  encoded.features = features_(encoded.frame).to(at::kFloat);
  return encoded;
}

void Raft::add_context(Encoded& frame) {
  if (frame.context.defined()) return;
  const at::Tensor both = context_(frame.frame);
  frame.hidden = channels_last(both.narrow(1, 0, kHidden)).tanh_();
  frame.context = channels_last(both.narrow(1, kHidden, kHidden)).relu_();
}

at::Tensor Raft::motion(const at::Tensor& correlation, const at::Tensor& flow) {
  const at::Tensor seen = correlation2_(correlation1_(channels_last(correlation.to(options_.type))));
  const at::Tensor moved = channels_last(flow.to(options_.type));
  return at::cat({motion_(at::cat({seen, flow2_(flow1_(moved))}, 1)), moved}, 1);
}

at::Tensor Raft::solve(const at::Tensor& first, const at::Tensor& second, at::Tensor hidden,
                       const at::Tensor& context) {
  const Correlation correlation(first, second, kRadius, options_.correlation_bytes);
  horizontal_.begin(context);
  vertical_.begin(context);
  const at::Tensor origin = positions(first.size(2), first.size(3), first.device());
  at::Tensor flow = at::zeros({first.size(0), 2, first.size(2), first.size(3)}, first.options());
  for (int i = 0; i < options_.iterations; ++i) {
    const at::Tensor features = motion(correlation.lookup(origin + flow), flow);
    hidden = vertical_.step(horizontal_.step(hidden, features), features);
    flow = flow + head2_(head1_(hidden)).to(at::kFloat);
  }
  return upsample(flow, mask2_(mask1_(hidden)).to(at::kFloat).mul_(0.25));
}

at::Tensor Raft::flow(const std::vector<Pair>& pairs) {
  const c10::InferenceMode inference;
  if (pairs.empty()) throw Error(ErrorCode::kInternal, "no pair of frames");
  for (const Pair& pair : pairs) add_context(*pair[0]);
  const at::Tensor& map = pairs.front()[0]->features;
  const auto together =
      static_cast<size_t>(Correlation::pairs_within(map.size(2), map.size(3), options_.correlation_bytes));
  std::vector<at::Tensor> flows;
  for (size_t begin = 0; begin < pairs.size(); begin += together) {
    std::vector<at::Tensor> first, second, hidden, context;
    for (size_t i = begin; i < std::min(pairs.size(), begin + together); ++i) {
      first.push_back(pairs[i][0]->features);
      second.push_back(pairs[i][1]->features);
      hidden.push_back(pairs[i][0]->hidden);
      context.push_back(pairs[i][0]->context);
    }
    flows.push_back(solve(at::cat(first), at::cat(second), at::cat(hidden), at::cat(context)));
  }
  return at::cat(flows);
}

at::Tensor Raft::flow(const at::Tensor& first, const at::Tensor& second) {
  if (first.sizes() != second.sizes()) throw Error(ErrorCode::kInternal, "frames of two sizes");
  std::vector<Encoded> frames;
  for (int64_t i = 0; i < first.size(0); ++i)
    for (const at::Tensor& frames_of : {first, second}) frames.push_back(encode(frames_of.narrow(0, i, 1)));
  std::vector<Pair> pairs;
  for (size_t i = 0; i < frames.size(); i += 2) pairs.push_back({&frames[i], &frames[i + 1]});
  return flow(pairs);
}

std::optional<FlowSequence::Flows> FlowSequence::next(const at::Tensor& frame) {
  Raft::Encoded now = network_.encode(frame);
  std::optional<Flows> result;
  if (before_) {
    if (now.frame.sizes() != before_->frame.sizes())
      throw Error(ErrorCode::kInternal, "a sequence of frames of two sizes");
    std::vector<Raft::Pair> pairs = {{&*before_, &now}};
    if (backward_) pairs.push_back({&now, &*before_});
    const at::Tensor flows = network_.flow(pairs);
    result = Flows{flows.narrow(0, 0, 1), backward_ ? flows.narrow(0, 1, 1) : at::Tensor()};
  }
  before_ = std::move(now);
  return result;
}

}  // namespace vidbench::nn
