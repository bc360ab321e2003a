// The evaluation networks of the shapes world: an attribute classifier and a text-video contrastive network.
// Both are trained on true renders of the training captions with noise and blur
// (models/shapes/MODEL_CARD.md). Their numbers compare videos of this world only; they are no published FVD,
// Inception Score or CLIP score.
//
// Videos come as [N,T,H,W,3] uint8 tensors of any T, H, W: 16 frames at even distances are taken and resized
// to 32x32. Each video is computed on its own, so that its numbers do not depend on the others. Results are
// float on the CPU.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <span>
#include <string>

#include "shapes/parameters.h"

namespace vidbench::shapes {

class Classifier {
 public:
  static constexpr int64_t kFeatures = 48;
  // Joint classes of shape (5) and motion (8): class = shape * 8 + motion.
  static constexpr int64_t kJointClasses = 40;

  explicit Classifier(int64_t width);
  // Throws Error(kInput) naming file and key for a file of another network.
  [[nodiscard]] static Classifier load(const std::filesystem::path& path);

  // [N, kFeatures]: the last hidden layer, for Fréchet and kernel distances.
  [[nodiscard]] at::Tensor features(const at::Tensor& videos) const;
  // [N, kJointClasses] probabilities, for the Inception Score (its maximum is 40).
  [[nodiscard]] at::Tensor posteriors(const at::Tensor& videos) const;
  // [N, 5] int64: the likeliest colour, shape, size, motion and background, as in shapes/scene.h.
  [[nodiscard]] at::Tensor attributes(const at::Tensor& videos) const;

  // The parts that training uses. clips as in shapes/video_trunk.h -> [N, kFeatures]; features -> logits of a
  // head: "color", "shape", "size", "motion", "background" or "joint".
  [[nodiscard]] at::Tensor clip_features(const at::Tensor& clips) const;
  [[nodiscard]] at::Tensor logits(const at::Tensor& features, const std::string& head) const;
  [[nodiscard]] Parameters& parameters() { return parameters_; }
  [[nodiscard]] int64_t width() const { return width_; }

 private:
  int64_t width_;
  Parameters parameters_;
};

class Contrastive {
 public:
  static constexpr int64_t kEmbedding = 64;

  explicit Contrastive(int64_t width);
  [[nodiscard]] static Contrastive load(const std::filesystem::path& path);

  // Unit length. Cosine of a video's and its caption's embedding = text alignment.
  [[nodiscard]] at::Tensor embed_videos(const at::Tensor& videos) const;              // [N, kEmbedding]
  [[nodiscard]] at::Tensor embed_texts(std::span<const std::string> captions) const;  // [N, kEmbedding]
  // [N, 16, kEmbedding], unit length: of each sampled frame alone, for frame consistency.
  [[nodiscard]] at::Tensor embed_frames(const at::Tensor& videos) const;

  // The parts that training uses.
  struct ClipEmbeddings {
    at::Tensor video;   // [N, kEmbedding]
    at::Tensor frames;  // [N, kFrames, kEmbedding]
  };
  [[nodiscard]] ClipEmbeddings embed_clips(const at::Tensor& clips) const;
  [[nodiscard]] at::Tensor embed_tokens(const at::Tensor& tokens) const;
  [[nodiscard]] Parameters& parameters() { return parameters_; }
  [[nodiscard]] const Parameters& parameters() const { return parameters_; }
  [[nodiscard]] int64_t width() const { return width_; }

 private:
  int64_t width_;
  Parameters parameters_;
};

}  // namespace vidbench::shapes
