#include "nn/musiq.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "nn/checkpoint.h"

namespace vidbench::nn {
namespace {

constexpr int64_t kPatch = 32;
constexpr int64_t kGrid = 10;  // of the places that patches are hashed to, each way
constexpr int64_t kGroups = 32;
constexpr int64_t kHeadWidth = 64;
constexpr double kEpsilon = 1e-6;
constexpr std::array<int64_t, 2> kLongerSides = {224, 384};

// Each filter with mean 0 and deviation 1 (Qiao et al. 2019).
at::Tensor standardised(const at::Tensor& weight) {
  const at::Tensor centred = weight - weight.mean({1, 2, 3}, /*keepdim=*/true);
  return centred / (weight.std(at::IntArrayRef{1, 2, 3}, /*unbiased=*/true, /*keepdim=*/true) + 1e-5);
}

at::Tensor padded_same(const at::Tensor& x, int64_t kernel, int64_t stride) {
  const auto [top, bottom] = same_padding(x.size(2), kernel, stride);
  const auto [left, right] = same_padding(x.size(3), kernel, stride);
  if (top + bottom + left + right == 0) return x;
  return at::constant_pad_nd(x, {left, right, top, bottom}, 0);
}

// [3, H, W] -> [rows · columns, 3, 32, 32], with zeros around what does not fill a patch.
at::Tensor patches_of(const at::Tensor& picture) {
  const at::Tensor whole = padded_same(picture.unsqueeze(0), kPatch, kPatch)[0];
  const int64_t rows = whole.size(1) / kPatch;
  const int64_t columns = whole.size(2) / kPatch;
  return whole.reshape({3, rows, kPatch, columns, kPatch})
      .permute({1, 3, 0, 2, 4})
      .reshape({rows * columns, 3, kPatch, kPatch});
}

// Which of the 10 · 10 places each patch of a picture of that extent has: nearest, as if the grid were
// resized.
at::Tensor places_of(int64_t height, int64_t width) {
  const auto hashed = [](int64_t count) {
    const at::Tensor grid = at::arange(kGrid, at::kFloat).view({1, 1, kGrid});
    return at::upsample_nearest1d(grid, {count}).to(at::kLong).flatten();
  };
  const at::Tensor rows = hashed((height + kPatch - 1) / kPatch);
  const at::Tensor columns = hashed((width + kPatch - 1) / kPatch);
  return (rows.unsqueeze(1) * kGrid + columns).flatten();
}

at::Tensor with_longer_side(const at::Tensor& picture, int64_t longer) {
  const auto height = static_cast<double>(picture.size(1));
  const auto width = static_cast<double>(picture.size(2));
  const double ratio = static_cast<double>(longer) / std::max(height, width);
  const auto extent = [&](double side) { return std::max<int64_t>(std::lrint(side * ratio), 1); };
  return at::upsample_bicubic2d(picture.unsqueeze(0), {extent(height), extent(width)},
                                /*align_corners=*/false)[0];
}

}  // namespace

Musiq::Unit Musiq::read_unit(const StateReader& state, const std::string& conv, const std::string& norm,
                             at::IntArrayRef shape, int64_t stride, double epsilon) {
  const at::Tensor weight = state.tensor(conv + ".weight", shape);
  const Conv2d prepared(standardised(weight), at::Tensor(), {stride, stride}, {0, 0}, /*relu=*/false,
                        state.options().type, state.options().device);
  return {prepared,
          state.tensor(norm + ".weight", {weight.size(0)}),
          state.tensor(norm + ".bias", {weight.size(0)}),
          epsilon,
          weight.size(2),
          stride};
}

Musiq::Musiq(const std::filesystem::path& weights, const NetworkOptions& options) : options_(options) {
  const c10::InferenceMode inference;
  const TensorFile file = load_checkpoint(weights);
  const StateReader state(file, weights, "MUSIQ's", options);
  constexpr int64_t kRoot = 64;
  constexpr int64_t kOut = 4 * kRoot;
  root_ = read_unit(state, "conv_root", "gn_root", {kRoot, 3, 7, 7}, 2, kEpsilon);
  first_ = read_unit(state, "block1.conv1", "block1.gn1", {kRoot, kRoot, 1, 1}, 1, 1e-4);
  second_ = read_unit(state, "block1.conv2", "block1.gn2", {kRoot, kRoot, 3, 3}, 1, 1e-4);
  third_ = read_unit(state, "block1.conv3", "block1.gn3", {kOut, kRoot, 1, 1}, 1, 1e-4);
  projection_ = read_unit(state, "block1.conv_proj", "block1.gn_proj", {kOut, kRoot, 1, 1}, 1, 1e-4);
  embedding_ = read_linear(state, "embedding", kOut * (kPatch / 4) * (kPatch / 4), -1);
  const int64_t width = embedding_.weight.size(0);
  if (width % kHeadWidth != 0) state.refuse("embedding.weight");
  head_ = read_linear(state, "head", width, 1);
  const std::string encoder = "transformer_encoder.";
  places_ = state.tensor(encoder + "posembed_input.position_emb", {1, kGrid * kGrid, width})[0];
  scales_ = state.tensor(encoder + "scaleembed_input.scale_emb",
                         {static_cast<int64_t>(kLongerSides.size()) + 1, width});
  class_ = state.tensor(encoder + "cls", {1, 1, width});
  norm_ = read_layer_norm(state, encoder + "encoder_norm", width, kEpsilon);
  const std::string layers = encoder + "transformer.encoderblock_";
  blocks_.resize(static_cast<size_t>(state.count(layers, ".norm1.weight")));
  if (blocks_.empty()) (void)state.tensor(layers + "0.norm1.weight", {width});
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const std::string name = layers + std::to_string(i) + ".";
    EncoderBlock& block = blocks_[i];
    block.norm1 = read_layer_norm(state, name + "norm1", width, kEpsilon);
    block.norm2 = read_layer_norm(state, name + "norm2", width, kEpsilon);
    std::vector<at::Tensor> weight, bias;
    for (const std::string part : {"query", "key", "value"}) {
      const Linear linear = read_linear(state, name + "attention." + part, width, width);
      weight.push_back(linear.weight);
      bias.push_back(linear.bias);
    }
    block.qkv = {at::cat(weight), at::cat(bias)};
    block.out = read_linear(state, name + "attention.out", width, width);
    block.fc1 = read_linear(state, name + "mlp.fc1", width, -1);
    block.fc2 = read_linear(state, name + "mlp.fc2", block.fc1.weight.size(0), width);
    block.heads = width / kHeadWidth;
  }
}

at::Tensor Musiq::apply(Unit& unit, const at::Tensor& x) {
  const at::Tensor y =
      unit.conv(padded_same(x, unit.kernel, unit.stride).contiguous(at::MemoryFormat::ChannelsLast));
  return at::group_norm(y, kGroups, unit.scale, unit.shift, unit.epsilon);
}

at::Tensor Musiq::tokens(const at::Tensor& patches) {
  at::Tensor x = apply(root_, patches).relu_();
  x = at::max_pool2d(padded_same(x, 3, 2), {3, 3}, {2, 2});
  const at::Tensor straight = apply(projection_, x);
  at::Tensor y = apply(first_, x).relu_();
  y = apply(second_, y).relu_();
  y = apply(third_, y).add_(straight).relu_();
  return embedding_(y.permute({0, 2, 3, 1}).flatten(1));  // TensorFlow's order: height, width, channels
}

double Musiq::quality(const at::Tensor& picture) {
  if (picture.dim() != 3 || picture.size(0) != 3)
    throw Error(ErrorCode::kInternal, "MUSIQ takes a picture [3, H, W]");
  const c10::InferenceMode inference;
  const at::Tensor own = picture.to(at::kFloat).mul(2).sub_(1);
  std::vector<at::Tensor> patches, places;
  std::vector<int64_t> counts;
  const auto add = [&](const at::Tensor& scaled) {
    patches.push_back(patches_of(scaled));
    places.push_back(places_of(scaled.size(1), scaled.size(2)));
    counts.push_back(patches.back().size(0));
  };
  for (const int64_t longer : kLongerSides) add(with_longer_side(own, longer));
  add(own);
  // The official code fills the two smaller scales up with empty tokens and masks them: nobody sees them.
  const at::Tensor scale = at::repeat_interleave(at::tensor(counts));
  at::Tensor x = tokens(at::cat(patches).to(options_.device, options_.type));
  x.add_(places_.index_select(0, at::cat(places).to(options_.device)));
  x.add_(scales_.index_select(0, scale.to(options_.device)));
  x = at::cat({class_, x.unsqueeze(0)}, 1);
  for (const EncoderBlock& block : blocks_) x = block(x);
  return head_(norm_(x.select(1, 0))).item<double>();
}

}  // namespace vidbench::nn
