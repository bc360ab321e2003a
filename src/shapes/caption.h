// The caption grammar of the shapes world, its words as tokens, and the split into training and held-out.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "shapes/scene.h"

namespace vidbench::shapes {

// "a small red circle moving left on a black background";
// "a small red circle moving left and a large blue square standing still on a black background".
[[nodiscard]] std::string caption_of(const SceneSpec& scene);
// Inverse of caption_of; nullopt for text outside the grammar.
[[nodiscard]] std::optional<SceneSpec> parse_caption(std::string_view caption);

// One-object captions whose FNV-1a hash is divisible by 10: never trained on.
[[nodiscard]] bool is_held_out(std::string_view caption);
// All one-object captions of the split, in a fixed shuffled order.
[[nodiscard]] std::vector<SceneSpec> one_object_scenes(bool held_out);
// A random scene of the training split with two objects at the given probability.
[[nodiscard]] SceneSpec sample_training_scene(Random& random, double two_objects);

inline constexpr int kMaxTokens = 24;
inline constexpr int64_t kPadToken = 0;
// The grammar's words; position 0 is the padding token.
[[nodiscard]] std::span<const std::string> vocabulary();
// kMaxTokens token ids, padded with kPadToken. Words outside the grammar are dropped, as is what exceeds
// kMaxTokens.
[[nodiscard]] std::vector<int64_t> tokenize(std::string_view caption);

}  // namespace vidbench::shapes
