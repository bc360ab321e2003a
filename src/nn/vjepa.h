// V-JEPA's vision transformer ViT-H/16 (Bardes et al. 2024, arXiv:2404.08471;
// github.com/facebookresearch/jepa) and the pooler of its attentive probe: the network of JEDi (Luo et al.,
// ICLR 2025, arXiv:2410.05203).
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <vector>

#include "nn/transformer.h"
#include "nn/tubelets.h"

namespace vidbench::nn {

// One learned query looks at all tokens: y = query + out(attention(query, norm1(x))), then y + mlp(norm2(y)).
struct AttentivePooler {
  at::Tensor query;  // [1, 1, width]
  LayerNorm norm1, norm2;
  Linear queries, pairs, out;  // `pairs` [2 · width, width]: keys, values
  Linear fc1, fc2;
  int64_t heads = 1;

  // x [N, L, width] -> [N, width].
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const;
};

// Const after construction and then usable by several threads.
class VJepa {
 public:
  static constexpr int64_t kFrames = 16;
  static constexpr int64_t kSide = 224;

  // Reads the official files. `encoder` (vith16.pth.tar) is a training state of which the target encoder
  // alone is loaded ("target_encoder.module.backbone.patch_embed.proj.weight", …); `probe`
  // (ssv2-probe.pth.tar) has "classifier.module.pooler.query_tokens", …. Both may also be without the
  // prefixes. Heads are 80 wide, as ViT-H's. Throws Error(kInput) naming file and key for other networks, and
  // for two of different widths.
  VJepa(const std::filesystem::path& encoder, const std::filesystem::path& probe,
        const NetworkOptions& options = {});

  [[nodiscard]] int64_t width() const { return tubelets_.width(); }  // 1280
  // clips [N, 3, 16, 224, 224], normalised with ImageNet's mean and deviation -> what the probe's head would
  // see [N, width], float on the CPU. The projection behind the cross attention is applied, as in the package
  // that JEDi uses (vjepa 0.1.2); the code of V-JEPA's own repository leaves it out.
  [[nodiscard]] at::Tensor features(const at::Tensor& clips) const;

 private:
  void read_encoder(const std::filesystem::path& path);
  void read_probe(const std::filesystem::path& path);

  NetworkOptions options_;
  TubeletEmbedding tubelets_;
  at::Tensor positions_;
  std::vector<EncoderBlock> blocks_;
  LayerNorm norm_;
  AttentivePooler pooler_;
};

}  // namespace vidbench::nn
