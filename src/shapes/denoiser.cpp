#include "shapes/denoiser.h"

#include <ATen/ATen.h>

#include <cmath>
#include <cstring>

#include "base/error.h"
#include "shapes/caption.h"

namespace vidbench::shapes {
namespace {

constexpr int64_t kTimeFeatures = 128;
constexpr int64_t kTextHidden = 256;

// Sines and cosines of frame, row and column, concatenated to `width`: the start value of the learned
// positions.
at::Tensor position_table(int64_t width) {
  const int64_t rows = kSide / kPatchSide;
  const int64_t third = width / 6;
  at::Tensor table = at::zeros({kPatches, width});
  auto values = table.accessor<float, 2>();
  for (int64_t n = 0; n < kPatches; ++n) {
    const std::array<int64_t, 3> place = {n / (rows * rows), n / rows % rows, n % rows};
    for (int64_t axis = 0; axis < 3; ++axis) {
      for (int64_t k = 0; k < third; ++k) {
        const double angle = static_cast<double>(place[static_cast<size_t>(axis)]) /
                             std::pow(12.0, static_cast<double>(k) / static_cast<double>(third));
        values[n][axis * 2 * third + k] = static_cast<float>(std::sin(angle));
        values[n][axis * 2 * third + third + k] = static_cast<float>(std::cos(angle));
      }
    }
  }
  return table * 0.5;
}

at::Tensor time_features(const at::Tensor& t) {
  const int64_t half = kTimeFeatures / 2;
  const at::Tensor k = at::arange(half, t.options());
  const at::Tensor frequencies = at::exp(k * (-std::log(10000.0) / static_cast<double>(half))) * 1000;
  const at::Tensor angles = t.unsqueeze(1) * frequencies.unsqueeze(0);
  return at::cat({at::cos(angles), at::sin(angles)}, 1);
}

at::Tensor layer_norm(const at::Tensor& x) { return at::layer_norm(x, {x.size(-1)}, {}, {}, 1e-6); }

// Rows of unit mean square.
at::Tensor rms_norm(const at::Tensor& x) { return x * at::rsqrt(x.square().mean(-1, true) + 1e-6); }

at::Tensor modulate(const at::Tensor& x, const at::Tensor& shift, const at::Tensor& scale) {
  return at::addcmul(shift.unsqueeze(1), layer_norm(x), 1 + scale.unsqueeze(1));
}

at::Tensor gated_sum(const at::Tensor& x, const at::Tensor& gate, const at::Tensor& update) {
  return at::addcmul(x, gate.unsqueeze(1), update);
}

std::string block_name(int64_t index) { return "block" + std::to_string(index); }

}  // namespace

Json DenoiserConfig::json() const {
  return {{"width", width}, {"depth", depth}, {"heads", heads}, {"text_width", text_width}};
}

Denoiser::Denoiser(const DenoiserConfig& config) : config_(config) {
  if (config.width % config.heads != 0) {
    throw_input("a denoiser of width " + std::to_string(config.width) + " cannot have " +
                    std::to_string(config.heads) + " heads",
                "the heads must divide the width");
  }
  const int64_t d = config.width;
  const auto words = static_cast<int64_t>(vocabulary().size());
  auto& p = parameters_;
  p.add_linear("patch", kPatchValues, d);
  p.add("position", position_table(d));
  p.add_normal("word", {words, config.text_width}, 0.5);
  p.add_normal("word_position", {kMaxTokens, config.text_width}, 0.2);
  p.add_linear("text", config.text_width, d);
  p.add_linear("caption1", kMaxTokens * config.text_width, kTextHidden);
  p.add_linear("caption2", kTextHidden, d);
  p.add_linear("time1", kTimeFeatures, d);
  p.add_linear("time2", d, d);
  for (int64_t i = 0; i < config.depth; ++i) {
    const std::string b = block_name(i);
    p.add_linear(b + ".modulation", d, 6 * d, 0);
    p.add_linear(b + ".qkv", d, 3 * d);
    p.add_linear(b + ".text_kv", d, 2 * d);
    p.add_constant(b + ".q_scale", {d / config.heads}, 1);
    p.add_constant(b + ".k_scale", {d / config.heads}, 1);
    p.add_linear(b + ".out", d, d);
    p.add_linear(b + ".mlp1", d, 4 * d);
    p.add_linear(b + ".mlp2", 4 * d, d);
  }
  p.add_linear("final_modulation", d, 2 * d, 0);
  p.add_linear("final", d, kPatchValues, 0);
}

at::Tensor Denoiser::condition(const at::Tensor& t, const at::Tensor& words) const {
  const auto& p = parameters_;
  const at::Tensor time = p.linear("time2", at::silu(p.linear("time1", time_features(t))));
  const at::Tensor caption = p.linear("caption2", at::silu(p.linear("caption1", words.flatten(1))));
  return at::silu(time + caption);
}

// Queries and keys have unit mean square (QK normalisation); one learned scale a channel serves both, since
// only its product matters.
at::Tensor Denoiser::attention(const std::string& block, const at::Tensor& x, const at::Tensor& text) const {
  const auto& p = parameters_;
  const int64_t batch = x.size(0);
  const int64_t heads = config_.heads;
  const int64_t head = config_.width / heads;
  const at::Tensor own = p.linear(block + ".qkv", x).view({batch, x.size(1), 3 * heads, head});
  const at::Tensor words = p.linear(block + ".text_kv", text).view({batch, text.size(1), 2 * heads, head});
  const at::Tensor scale = p.get(block + ".q_scale") * p.get(block + ".k_scale");
  const at::Tensor normed = rms_norm(own.narrow(2, 0, 2 * heads));
  const at::Tensor q = normed.narrow(2, 0, heads) * scale;
  const at::Tensor k = at::cat({normed.narrow(2, heads, heads), rms_norm(words.narrow(2, 0, heads))}, 1);
  const at::Tensor v = at::cat({own.narrow(2, 2 * heads, heads), words.narrow(2, heads, heads)}, 1);
  const at::Tensor mixed =
      at::scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2));
  return p.linear(block + ".out", mixed.transpose(1, 2).reshape({batch, x.size(1), config_.width}));
}

at::Tensor Denoiser::predict(const at::Tensor& noisy, const at::Tensor& t, const at::Tensor& tokens) const {
  const auto& p = parameters_;
  const at::Tensor words = at::embedding(p.get("word"), tokens) + p.get("word_position");
  const at::Tensor text = p.linear("text", words);
  const at::Tensor c = condition(t, words);
  at::Tensor x = p.linear("patch", noisy) + p.get("position");
  for (int64_t i = 0; i < config_.depth; ++i) {
    const std::string b = block_name(i);
    const auto m = p.linear(b + ".modulation", c).chunk(6, 1);
    x = gated_sum(x, m[2], attention(b, modulate(x, m[0], m[1]), text));
    const at::Tensor hidden = at::gelu(p.linear(b + ".mlp1", modulate(x, m[3], m[4])), "tanh");
    x = gated_sum(x, m[5], p.linear(b + ".mlp2", hidden));
  }
  const auto m = p.linear("final_modulation", c).chunk(2, 1);
  return p.linear("final", modulate(x, m[0], m[1]));
}

at::Tensor patches_of(std::span<const Video> videos) {
  const auto count = static_cast<int64_t>(videos.size());
  at::Tensor bytes = at::empty({count, kFrames, kSide, kSide, 3}, at::kByte);
  auto* out = bytes.data_ptr<uint8_t>();
  for (const auto& video : videos) {
    std::memcpy(out, video.pixels.data(), video.pixels.size());
    out += video.pixels.size();
  }
  const int64_t rows = kSide / kPatchSide;
  return bytes.view({count, kFrames / kPatchFrames, kPatchFrames, rows, kPatchSide, rows, kPatchSide, 3})
      .permute({0, 1, 3, 5, 2, 4, 6, 7})
      .reshape({count, kPatches, kPatchValues})
      .to(at::kFloat)
      .div_(127.5)
      .sub_(1);
}

std::vector<Video> videos_of(const at::Tensor& patches) {
  const int64_t count = patches.size(0);
  const int64_t rows = kSide / kPatchSide;
  const at::Tensor bytes =
      ((patches.detach().cpu() + 1) * 127.5)
          .round()
          .clamp(0, 255)
          .to(at::kByte)
          .view({count, kFrames / kPatchFrames, rows, rows, kPatchFrames, kPatchSide, kPatchSide, 3})
          .permute({0, 1, 4, 2, 5, 3, 6, 7})
          .contiguous();
  const auto* in = bytes.data_ptr<uint8_t>();
  std::vector<Video> videos(static_cast<size_t>(count));
  const size_t size = static_cast<size_t>(kFrames) * kSide * kSide * 3;
  for (auto& video : videos) {
    video.pixels.assign(in, in + size);
    in += size;
  }
  return videos;
}

at::Tensor tokens_of(std::span<const std::string> captions) {
  at::Tensor tokens = at::empty({static_cast<int64_t>(captions.size()), kMaxTokens}, at::kLong);
  auto* out = tokens.data_ptr<int64_t>();
  for (const auto& caption : captions) {
    const auto ids = tokenize(caption);
    out = std::copy(ids.begin(), ids.end(), out);
  }
  return tokens;
}

}  // namespace vidbench::shapes
