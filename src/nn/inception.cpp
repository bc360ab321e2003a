#include "nn/inception.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <string>

#include "base/error.h"
#include "nn/checkpoint.h"

namespace vidbench::nn {
namespace {

using Pool = Inception::Pool;

constexpr double kEpsilon = 1e-3;  // of the batch normalisation

// A convolution of the published layout. Those of stride 1 keep the size, those of stride 2 have no padding.
struct Unit {
  const char* name;
  Size2 kernel{1, 1};
  int64_t stride = 1;
};
struct BranchLayout {
  Pool pool = Pool::kNone;
  std::vector<Unit> chain, fork;
};
using BlockLayout = std::vector<BranchLayout>;

const BranchLayout& halving_pool() {
  static const BranchLayout branch{Pool::kMaxHalving, {}, {}};
  return branch;
}

// Mixed_5b to 5d.
const BlockLayout& block_a() {
  static const BlockLayout layout = {
      {Pool::kNone, {{"branch1x1"}}, {}},
      {Pool::kNone, {{"branch5x5_1"}, {"branch5x5_2", {5, 5}}}, {}},
      {Pool::kNone, {{"branch3x3dbl_1"}, {"branch3x3dbl_2", {3, 3}}, {"branch3x3dbl_3", {3, 3}}}, {}},
      {Pool::kAverage, {{"branch_pool"}}, {}}};
  return layout;
}

// Mixed_6a.
const BlockLayout& block_b() {
  static const BlockLayout layout = {
      {Pool::kNone, {{"branch3x3", {3, 3}, 2}}, {}},
      {Pool::kNone, {{"branch3x3dbl_1"}, {"branch3x3dbl_2", {3, 3}}, {"branch3x3dbl_3", {3, 3}, 2}}, {}},
      halving_pool()};
  return layout;
}

// Mixed_6b to 6e.
const BlockLayout& block_c() {
  static const BlockLayout layout = {
      {Pool::kNone, {{"branch1x1"}}, {}},
      {Pool::kNone, {{"branch7x7_1"}, {"branch7x7_2", {1, 7}}, {"branch7x7_3", {7, 1}}}, {}},
      {Pool::kNone,
       {{"branch7x7dbl_1"},
        {"branch7x7dbl_2", {7, 1}},
        {"branch7x7dbl_3", {1, 7}},
        {"branch7x7dbl_4", {7, 1}},
        {"branch7x7dbl_5", {1, 7}}},
       {}},
      {Pool::kAverage, {{"branch_pool"}}, {}}};
  return layout;
}

// Mixed_7a.
const BlockLayout& block_d() {
  static const BlockLayout layout = {{Pool::kNone, {{"branch3x3_1"}, {"branch3x3_2", {3, 3}, 2}}, {}},
                                     {Pool::kNone,
                                      {{"branch7x7x3_1"},
                                       {"branch7x7x3_2", {1, 7}},
                                       {"branch7x7x3_3", {7, 1}},
                                       {"branch7x7x3_4", {3, 3}, 2}},
                                      {}},
                                     halving_pool()};
  return layout;
}

// Mixed_7b and 7c; the second pools by maximum in the network that FID is defined with.
BlockLayout block_e(Pool pool) {
  return {{Pool::kNone, {{"branch1x1"}}, {}},
          {Pool::kNone, {{"branch3x3_1"}}, {{"branch3x3_2a", {1, 3}}, {"branch3x3_2b", {3, 1}}}},
          {Pool::kNone,
           {{"branch3x3dbl_1"}, {"branch3x3dbl_2", {3, 3}}},
           {{"branch3x3dbl_3a", {1, 3}}, {"branch3x3dbl_3b", {3, 1}}}},
          {pool, {{"branch_pool"}}, {}}};
}

// Reads the units out of the state dict; each must take the channels that the one before gives.
class Reader {
 public:
  Reader(const std::filesystem::path& path, const NetworkOptions& options)
      : file_(load_checkpoint(path)),
        state_(file_, path, "that of FID's Inception-v3", options,
               "the file belongs to another network; the right one is "
               "weights-inception-2015-12-05-6726825d.pth") {}

  // Convolution, batch normalisation, ReLU.
  Conv2d unit(const std::string& name, int64_t inputs, Size2 kernel, int64_t stride, Size2 padding) const {
    const at::Tensor weight = state_.float_tensor(name + ".conv.weight", {-1, inputs, kernel[0], kernel[1]});
    const FoldedNorm norm = folded_norm(state_, name + ".bn", weight.size(0), kEpsilon);
    return {weight * norm.scale.view({-1, 1, 1, 1}),
            norm.shift,
            {stride, stride},
            padding,
            /*relu=*/true,
            state_.options().type,
            state_.options().device};
  }

  Inception::Block block(const std::string& name, const BlockLayout& layout, int64_t& channels) const {
    Inception::Block block;
    int64_t outputs = 0;
    for (const BranchLayout& branch : layout) {
      block.push_back({branch.pool, {}, {}});
      int64_t inner = channels;
      for (const Unit& unit : branch.chain) {
        block.back().chain.push_back(in_block(name, unit, inner));
        inner = block.back().chain.back().outputs();
      }
      for (const Unit& unit : branch.fork) {
        block.back().fork.push_back(in_block(name, unit, inner));
        outputs += block.back().fork.back().outputs();
      }
      if (branch.fork.empty()) outputs += inner;
    }
    channels = outputs;
    return block;
  }

  at::Tensor classes(int64_t inputs) const {
    if (inputs != Inception::kFeatures) state_.refuse("fc.weight");
    return state_.float_tensor("fc.weight", {Inception::kClasses, inputs}).to(state_.options().device);
  }

 private:
  Conv2d in_block(const std::string& block, const Unit& unit, int64_t inputs) const {
    const bool halves = unit.stride == 2;
    const Size2 padding = {halves ? 0 : unit.kernel[0] / 2, halves ? 0 : unit.kernel[1] / 2};
    return this->unit(block + "." + unit.name, inputs, unit.kernel, unit.stride, padding);
  }
  TensorFile file_;
  StateReader state_;
};

at::Tensor pooled(const at::Tensor& x, Pool pool) {
  switch (pool) {
    case Pool::kAverage:
      return at::avg_pool2d(x, {3, 3}, {1, 1}, {1, 1}, /*ceil_mode=*/false, /*count_include_pad=*/false);
    case Pool::kMax:
      return at::max_pool2d(x, {3, 3}, {1, 1}, {1, 1});
    case Pool::kMaxHalving:
      return at::max_pool2d(x, {3, 3}, {2, 2});
    case Pool::kNone:
      break;
  }
  return x;
}

at::Tensor through(Inception::Block& block, const at::Tensor& x) {
  std::vector<at::Tensor> parts;
  for (Inception::Branch& branch : block) {
    at::Tensor part = pooled(x, branch.pool);
    for (Conv2d& unit : branch.chain) part = unit(part);
    for (Conv2d& unit : branch.fork) parts.push_back(unit(part));
    if (branch.fork.empty()) parts.push_back(std::move(part));
  }
  return at::cat(parts, 1);
}

// Which two values of an axis of `extent` make each of the 299, and the share of the second.
struct Taps {
  at::Tensor low, high, share;
};
Taps taps(int64_t extent) {
  // In single precision, as TensorFlow computes the places.
  const auto scale = static_cast<float>(static_cast<double>(extent) / static_cast<double>(Inception::kSide));
  const at::Tensor place = at::arange(Inception::kSide, at::kFloat) * scale;
  const at::Tensor low = place.to(at::kLong);
  return {low, (low + 1).clamp_max(extent - 1), place - low};
}

}  // namespace

Inception::Inception(const std::filesystem::path& weights, const NetworkOptions& options)
    : options_(options) {
  const c10::InferenceMode inference;
  const Reader reader(weights, options);
  int64_t channels = 3;
  const auto stem = [&](const char* name, int64_t kernel, int64_t stride, int64_t padding) {
    stem_.push_back(reader.unit(name, channels, {kernel, kernel}, stride, {padding, padding}));
    channels = stem_.back().outputs();
  };
  stem("Conv2d_1a_3x3", 3, 2, 0);
  stem("Conv2d_2a_3x3", 3, 1, 0);
  stem("Conv2d_2b_3x3", 3, 1, 1);
  stem("Conv2d_3b_1x1", 1, 1, 0);
  stem("Conv2d_4a_3x3", 3, 1, 0);
  const auto block = [&](const char* name, const BlockLayout& layout) {
    blocks_.push_back(reader.block(name, layout, channels));
  };
  for (const char* name : {"Mixed_5b", "Mixed_5c", "Mixed_5d"}) block(name, block_a());
  block("Mixed_6a", block_b());
  for (const char* name : {"Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"}) block(name, block_c());
  block("Mixed_7a", block_d());
  block("Mixed_7b", block_e(Pool::kAverage));
  block("Mixed_7c", block_e(Pool::kMax));
  classes_ = reader.classes(channels);
}

Inception::Output Inception::operator()(const at::Tensor& pictures) {
  if (pictures.dim() != 4 || pictures.size(1) != 3 || pictures.size(2) != kSide || pictures.size(3) != kSide)
    throw Error(ErrorCode::kInternal, "Inception-v3 takes pictures [N, 3, 299, 299]");
  const c10::InferenceMode inference;
  at::Tensor x = pictures.to(options_.device, options_.type).contiguous(at::MemoryFormat::ChannelsLast);
  for (size_t i = 0; i < stem_.size(); ++i) {
    if (i == 3) x = pooled(x, Pool::kMaxHalving);
    x = stem_[i](x);
  }
  x = pooled(x, Pool::kMaxHalving);
  for (Block& block : blocks_) x = through(block, x);
  const at::Tensor pool = x.to(at::kFloat).mean({2, 3});
  return {pool.cpu(), at::mm(pool, classes_.t()).cpu()};
}

at::Tensor inception_pictures(const at::Tensor& frames) {
  const c10::InferenceMode inference;
  const Taps rows = taps(frames.size(1));
  const Taps columns = taps(frames.size(2));
  const auto part = [&](const at::Tensor& row, const at::Tensor& column) {
    return frames.index_select(1, row).index_select(2, column).to(at::kFloat);
  };
  const at::Tensor across = columns.share.view({1, 1, -1, 1});
  const auto line = [&](const at::Tensor& row) {
    const at::Tensor left = part(row, columns.low);
    return left + (part(row, columns.high) - left) * across;
  };
  const at::Tensor upper = line(rows.low);
  const at::Tensor resized = upper + (line(rows.high) - upper) * rows.share.view({1, -1, 1, 1});
  return resized.sub_(128).div_(128).permute({0, 3, 1, 2});
}

}  // namespace vidbench::nn
