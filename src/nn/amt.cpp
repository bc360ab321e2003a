#include "nn/amt.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <string>

#include "base/error.h"
#include "nn/checkpoint.h"
#include "nn/sampling.h"

namespace vidbench::nn {
namespace {

constexpr int64_t kRadius = 3;     // of lookups in the correlation
constexpr int64_t kProposals = 3;  // a pixel
constexpr int64_t kSide = 20;      // channels of a decoder that are refined by themselves
constexpr std::array<int64_t, 4> kChannels = {20, 32, 44, 56};  // of the pyramid, from the frame down
constexpr int64_t kCorrelationBytes = int64_t{3} << 30;
constexpr double kTime = 0.5;  // between the first frame, 0, and the second, 1

// In place.
at::Tensor leaky(at::Tensor x) { return at::leaky_relu_(x, 0.1); }

// [2, C, H, W], of the first and the second frame -> [1, 2 · C, H, W].
at::Tensor beside(const at::Tensor& both) { return at::cat({both.narrow(0, 0, 1), both.narrow(0, 1, 1)}, 1); }
// And back.
at::Tensor apart(const at::Tensor& both) {
  return both.contiguous().view({2, both.size(1) / 2, both.size(2), both.size(3)});
}

// The last channels of y, refined in place.
template <typename Conv>
void refine(at::Tensor& y, Conv& conv) {
  at::Tensor side = y.narrow(1, y.size(1) - kSide, kSide);
  side.copy_(conv(channels_last(side)));
}

}  // namespace

// Reads the layers out of the state dict; each must take the channels that the one before gives.
class Amt::Reader {
 public:
  Reader(const std::filesystem::path& path, const NetworkOptions& options)
      : file_(load_checkpoint(path)),
        state_(file_, path, "AMT-S's", options,
               "the file belongs to another network; AMT-S (amt-s.pth) is needed") {
    if (state_.has("state_dict.feat_encoder.conv1.weight")) prefix_ = "state_dict.";
  }

  Conv2d conv(const std::string& name, int64_t inputs, int64_t outputs, int64_t side) const {
    return centred_conv(read_kernel(state_, prefix_ + name, inputs, outputs, {side, side}), 1,
                        /*relu=*/false, state_.options());
  }

  CorrelationEncoder correlation_encoder(const std::string& name) const {
    CorrelationEncoder result;
    int64_t inputs = 32;
    result.stem = before_norm(name + ".conv1", 3, inputs, 7, 2);
    int layer = 0;
    for (const int64_t outputs : {32, 64, 96}) {
      const std::string prefix = name + ".layer" + std::to_string(++layer);
      result.blocks.push_back(bottleneck(prefix + ".0", inputs, outputs));
      result.blocks.push_back(bottleneck(prefix + ".1", outputs, outputs));
      inputs = outputs;
    }
    result.last = conv(name + ".conv2", inputs, 84, 1);
    return result;
  }

  // "<name>.0", a convolution, and "<name>.1", the slopes behind it.
  PreluConv prelu_conv(const std::string& name, int64_t inputs, int64_t outputs, int64_t stride = 1) const {
    return {centred_conv(read_kernel(state_, prefix_ + name + ".0", inputs, outputs, {3, 3}), stride,
                         /*relu=*/false, state_.options()),
            slope(name + ".1", outputs)};
  }

  Decoder decoder(const std::string& name, int64_t inputs, int64_t width, int64_t outputs) const {
    const std::string block = name + ".convblock.";
    Decoder result;
    result.first = prelu_conv(block + "0", inputs, width);
    result.whole1 = prelu_conv(block + "1.conv1", width, width);
    result.side1 = prelu_conv(block + "1.conv2", kSide, kSide);
    result.whole2 = prelu_conv(block + "1.conv3", width, width);
    result.side2 = prelu_conv(block + "1.conv4", kSide, kSide);
    result.last = conv(block + "1.conv5", width, width, 3);
    result.slope = slope(block + "1.prelu", width);
    result.up_weight = channels_last(state_.tensor(prefix_ + block + "2.weight", {width, outputs, 4, 4}));
    result.up_bias = state_.tensor(prefix_ + block + "2.bias", {outputs});
    return result;
  }

  // `channels` of the features that it corrects.
  Update update(const std::string& name, int64_t channels) const {
    constexpr int64_t kHidden = 76, kCorrelation = 64, kFlow = 20, kBoth = 68;
    Update result;
    result.correlation = conv(name + ".convc1", 2 * Correlation::features(kRadius), kCorrelation, 1);
    result.flow1 = conv(name + ".convf1", 4, 2 * kFlow, 7);
    result.flow2 = conv(name + ".convf2", 2 * kFlow, kFlow, 3);
    result.both = conv(name + ".conv", kCorrelation + kFlow, kBoth, 3);
    result.state1 = conv(name + ".gru.0", kBoth + 4 + channels, kHidden, 3);
    result.state2 = conv(name + ".gru.2", kHidden, kHidden, 3);
    result.features1 = conv(name + ".feat_head.0", kHidden, kHidden, 3);
    result.features2 = conv(name + ".feat_head.2", kHidden, channels, 3);
    result.flows1 = conv(name + ".flow_head.0", kHidden, kHidden, 3);
    result.flows2 = conv(name + ".flow_head.2", kHidden, 4, 3);
    return result;
  }

  at::Tensor slope(const std::string& name, int64_t channels) const {
    return state_.tensor(prefix_ + name + ".weight", {channels});
  }

 private:
  // Without the bias, which the instance normalisation behind it takes out again.
  Conv2d before_norm(const std::string& name, int64_t inputs, int64_t outputs, int64_t side,
                     int64_t stride) const {
    const Kernel kernel = read_kernel(state_, prefix_ + name, inputs, outputs, {side, side});
    return centred_conv({kernel.weight, {}}, stride, /*relu=*/false, state_.options());
  }

  Bottleneck bottleneck(const std::string& name, int64_t inputs, int64_t outputs) const {
    const int64_t narrow = outputs / 4, stride = inputs == outputs ? 1 : 2;
    Bottleneck block{{before_norm(name + ".conv1", inputs, narrow, 1, 1),
                      before_norm(name + ".conv2", narrow, narrow, 3, stride),
                      before_norm(name + ".conv3", narrow, outputs, 1, 1)},
                     std::nullopt};
    if (stride != 1) block.shortcut = before_norm(name + ".downsample.0", inputs, outputs, 1, stride);
    return block;
  }

  TensorFile file_;
  StateReader state_;
  std::string prefix_;
};

Amt::Amt(const std::filesystem::path& weights, const NetworkOptions& options) : options_(options) {
  const c10::InferenceMode inference;
  const Reader reader(weights, options);
  correlation_encoder_ = reader.correlation_encoder("feat_encoder");
  int64_t inputs = 3;
  for (size_t i = 0; i < pyramid_.size(); ++i) {
    const std::string name = "encoder.pyramid" + std::to_string(i + 1);
    pyramid_[i] = {reader.prelu_conv(name + ".0", inputs, kChannels[i], 2),
                   reader.prelu_conv(name + ".1", kChannels[i], kChannels[i])};
    inputs = kChannels[i];
  }
  for (size_t i = 0; i < decoders_.size(); ++i) {
    const std::string number = std::to_string(decoders_.size() - i);
    const int64_t channels = kChannels[decoders_.size() - 1 - i];
    const bool last = i + 1 == decoders_.size();
    // Both frames' maps, and the time or the features in the middle and the two flows; to two flows and
    // features, or to the proposals: two flows, a mask and a residual each.
    const int64_t width = (i == 0 ? 2 : 3) * channels;
    const int64_t outputs = last ? kProposals * (2 * 2 + 1 + 3) : kChannels[decoders_.size() - 2 - i] + 4;
    decoders_[i] = reader.decoder("decoder" + number, width + (i == 0 ? 1 : 4), width, outputs);
    if (!last) updates_[i] = reader.update("update" + number, outputs - 4);
  }
  combine1_ = {reader.conv("comb_block.0", 3 * kProposals, 6 * kProposals, 3),
               reader.slope("comb_block.1", 6 * kProposals)};
  combine2_ = reader.conv("comb_block.2", 6 * kProposals, 3, 3);
}

at::Tensor Amt::PreluConv::operator()(const at::Tensor& x) { return at::prelu(conv(x), slope); }

at::Tensor Amt::Bottleneck::operator()(const at::Tensor& x) {
  at::Tensor y = x;
  for (Conv2d& conv : convs) y = instance_norm(conv(y)).relu_();
  return y.add_(shortcut ? instance_norm((*shortcut)(x)) : x).relu_();
}

at::Tensor Amt::CorrelationEncoder::operator()(const at::Tensor& frame) {
  at::Tensor y = instance_norm(stem(frame)).relu_();
  for (Bottleneck& block : blocks) y = block(y);
  return last(y);
}

at::Tensor Amt::Decoder::operator()(const at::Tensor& x) {
  const at::Tensor begun = first(x);
  at::Tensor y = whole1(begun);
  refine(y, side1);
  y = whole2(y);
  refine(y, side2);
  y = at::prelu(last(y).add_(begun), slope);
  return at::conv_transpose2d(y, up_weight, up_bias, {2, 2}, {1, 1});
}

at::Tensor Amt::together(const at::Tensor& first, const at::Tensor& second) const {
  if (first.dim() != 4 || first.size(0) != 1 || first.size(1) != 3 || first.sizes() != second.sizes() ||
      first.size(2) % kScale != 0 || first.size(3) % kScale != 0)
    throw Error(ErrorCode::kInternal, "AMT takes two frames [1, 3, H, W], their sides multiples of 16");
  if (std::min(first.size(2), first.size(3)) < kMinSide)
    throw_input("AMT needs frames of at least 128x128 pixels after padding to multiples of 16, these have " +
                std::to_string(first.size(3)) + "x" + std::to_string(first.size(2)));
  return at::cat({first, second}).to(options_.device, at::kFloat);
}

at::Tensor Amt::as_input(const at::Tensor& x) const { return channels_last(x.to(options_.type)); }

// Of the first frame with the second, and of the second with the first.
Correlation Amt::correlate(const at::Tensor& frames) {
  std::vector<at::Tensor> maps;
  for (int64_t i = 0; i < 2; ++i) maps.push_back(correlation_encoder_(frames.narrow(0, i, 1)).to(at::kFloat));
  return {at::cat({maps[0], maps[1]}), at::cat({maps[1], maps[0]}), kRadius, kCorrelationBytes};
}

std::vector<at::Tensor> Amt::pyramid(const at::Tensor& frames) {
  std::vector<at::Tensor> levels;
  at::Tensor x = frames;
  for (std::array<PreluConv, 2>& level : pyramid_) {
    x = level[1](level[0](x));
    levels.push_back(x);
  }
  return levels;
}

// features [1, C, h, w] of the middle frame and its flows [2, 2, h, w] to both frames.
void Amt::correct(size_t level, const Correlation& correlation, at::Tensor& features, at::Tensor& flows) {
  Update& update = updates_[level];
  const double factor = static_cast<double>(int64_t{1} << level);  // to an eighth of the frame's side
  const bool larger = level > 0;
  const at::Tensor small = larger ? resized(flows, 1 / factor).div_(factor) : flows;
  // Motion is taken for even: from the first frame to the second it is the flow to the second over the time
  // that is left.
  const at::Tensor centres =
      at::add(positions(small.size(2), small.size(3), small.device()), small.flip(0), /*alpha=*/1 / kTime);
  const at::Tensor seen = leaky(update.correlation(as_input(beside(correlation.lookup(centres)))));
  const at::Tensor moved = as_input(beside(small));
  const at::Tensor flow = leaky(update.flow2(leaky(update.flow1(moved))));
  const at::Tensor both = leaky(update.both(channels_last(at::cat({seen, flow}, 1))));
  const at::Tensor known = larger ? resized(features, 1 / factor) : features;
  const at::Tensor joined = channels_last(at::cat({both, moved, known}, 1));
  const at::Tensor state = update.state2(leaky(update.state1(joined)));
  const at::Tensor add_features = update.features2(leaky(update.features1(state)));
  const at::Tensor add_flows = apart(update.flows2(leaky(update.flows1(state))).to(at::kFloat));
  features.add_(larger ? resized(add_features, factor) : add_features);
  flows.add_(larger ? resized(add_flows, factor) : add_flows, factor);
}

Amt::Estimate Amt::estimate_of(const at::Tensor& frames) {
  const at::Tensor input = as_input(frames);
  const Correlation correlation = correlate(input);
  const std::vector<at::Tensor> levels = pyramid(input);
  const at::Tensor& smallest = levels.back();
  const at::Tensor time = at::full({1, 1, smallest.size(2), smallest.size(3)}, kTime, smallest.options());
  at::Tensor made = decoders_.front()(channels_last(at::cat({beside(smallest), time}, 1)));
  at::Tensor flows = apart(made.narrow(1, 0, 4)).to(at::kFloat);
  for (size_t i = 1; i < decoders_.size(); ++i) {
    at::Tensor features = channels_last(made.narrow(1, 4, made.size(1) - 4));
    correct(i - 1, correlation, features, flows);
    const at::Tensor& level = levels[levels.size() - 1 - i];
    const at::Tensor maps = beside(warp(level.to(at::kFloat), flows));
    made = decoders_[i](as_input(at::cat({features.to(at::kFloat), maps, beside(flows)}, 1)));
    flows = resized(flows, 2).mul_(2);
    if (i + 1 < decoders_.size()) flows.add_(apart(made.narrow(1, 0, 4)));
  }
  made = made.to(at::kFloat).contiguous();
  const int64_t height = made.size(2), width = made.size(3);
  constexpr int64_t kFlows = 4 * kProposals;
  return {made.narrow(1, 0, kFlows).view({2, kProposals, 2, height, width}).add_(flows.unsqueeze(1)),
          made.narrow(1, kFlows, kProposals).sigmoid(),
          made.narrow(1, kFlows + kProposals, 3 * kProposals).view({1, kProposals, 3, height, width})};
}

Amt::Estimate Amt::estimate(const at::Tensor& first, const at::Tensor& second) {
  const c10::InferenceMode inference;
  const at::Tensor frames = together(first, second);
  return estimate_of(frames - frames.mean());
}

at::Tensor Amt::middle(const at::Tensor& first, const at::Tensor& second) {
  const c10::InferenceMode inference;
  at::Tensor frames = together(first, second);
  const at::Tensor mean = frames.mean();
  frames.sub_(mean);
  const Estimate estimate = estimate_of(frames);
  std::vector<at::Tensor> proposals;
  for (int64_t i = 0; i < kProposals; ++i) {
    const at::Tensor drawn = warp(frames, estimate.flows.select(1, i));
    const at::Tensor blend =
        at::lerp(drawn.narrow(0, 1, 1), drawn.narrow(0, 0, 1), estimate.mask.narrow(1, i, 1));
    proposals.push_back(blend.add_(mean).add_(estimate.residual.select(1, i)));
  }
  const at::Tensor combined = combine2_(combine1_(as_input(at::cat(proposals, 1)))).to(at::kFloat);
  return at::stack(proposals).mean(0).add_(combined).clamp_(0, 1);
}

}  // namespace vidbench::nn
