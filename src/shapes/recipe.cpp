#include "shapes/recipe.h"

#include <algorithm>

#include "base/error.h"
#include "base/yaml.h"

namespace vidbench::shapes {
namespace {

int64_t bounded(YamlMap& map, const std::string& key, int64_t fallback, int64_t low, int64_t high) {
  const int64_t value = map.integer(key, fallback);
  if (value < low || value > high) {
    map.fail(key, "'" + key + "' must lie in " + std::to_string(low) + ".." + std::to_string(high) +
                      ", not " + std::to_string(value));
  }
  return value;
}

double bounded(YamlMap& map, const std::string& key, double fallback, double low, double high) {
  const double value = map.number(key, fallback);
  if (!(value >= low && value <= high)) {
    map.fail(key, "'" + key + "' must lie in " + std::to_string(low) + ".." + std::to_string(high));
  }
  return value;
}

void read_network(YamlMap map, Recipe& recipe) {
  if (recipe.kind == NetworkKind::kDenoiser) {
    auto& net = recipe.denoiser;
    net.width = bounded(map, "width", net.width, 16, 1024);
    net.depth = bounded(map, "depth", net.depth, 1, 48);
    net.heads = bounded(map, "heads", net.heads, 1, 32);
    net.text_width = bounded(map, "text_width", net.text_width, 4, 512);
    if (net.width % net.heads != 0) map.fail("heads", "'heads' must divide 'width'");
  } else {
    recipe.width = bounded(map, "width", recipe.width, 4, 512);
  }
  map.finish();
}

void read_optimizer(YamlMap map, Recipe& recipe) {
  auto& settings = recipe.optimizer;
  settings.learning_rate = bounded(map, "learning_rate", settings.learning_rate, 0.0, 1.0);
  settings.muon_learning_rate = bounded(map, "muon_learning_rate", settings.muon_learning_rate, 0.0, 1.0);
  settings.weight_decay = bounded(map, "weight_decay", settings.weight_decay, 0.0, 1.0);
  recipe.warmup_steps = bounded(map, "warmup_steps", recipe.warmup_steps, 0, 1'000'000);
  recipe.decay_share = bounded(map, "decay_share", recipe.decay_share, 0.0, 1.0);
  recipe.average_decay = bounded(map, "average_decay", recipe.average_decay, 0.0, 0.99999);
  map.finish();
}

void read_data(YamlMap map, Recipe& recipe) {
  recipe.two_objects = bounded(map, "two_objects", recipe.two_objects, 0.0, 1.0);
  recipe.caption_dropout = bounded(map, "caption_dropout", recipe.caption_dropout, 0.0, 1.0);
  recipe.time_shift = bounded(map, "time_shift", recipe.time_shift, 0.1, 100.0);
  recipe.late_time_shift = bounded(map, "late_time_shift", recipe.time_shift, 0.1, 100.0);
  recipe.min_weight_time = bounded(map, "min_weight_time", recipe.min_weight_time, 0.001, 1.0);
  map.finish();
}

}  // namespace

Recipe load_recipe(const std::filesystem::path& path) {
  YamlMap map = YamlMap::load(path);
  Recipe recipe;
  recipe.name = map.text("name");
  const auto kind = map.choice("network", {"denoiser", "classifier", "contrastive"});
  recipe.kind = kind == "denoiser"     ? NetworkKind::kDenoiser
                : kind == "classifier" ? NetworkKind::kClassifier
                                       : NetworkKind::kContrastive;
  recipe.seed = static_cast<uint64_t>(bounded(map, "seed", int64_t{1}, 0, 1'000'000'000));
  recipe.steps = bounded(map, "steps", recipe.steps, 1, 10'000'000);
  recipe.batch = bounded(map, "batch", recipe.batch, 1, 4096);
  recipe.bf16_products = map.boolean("bf16_products", false);
  recipe.optimizer.bf16_products = recipe.bf16_products;
  recipe.log_every = bounded(map, "log_every", recipe.log_every, 1, 1'000'000);
  recipe.check_every = bounded(map, "check_every", recipe.check_every, 1, 1'000'000);
  recipe.checkpoint_every = bounded(map, "checkpoint_every", recipe.checkpoint_every, 1, 1'000'000);
  if (auto size = map.optional_map("size")) read_network(*size, recipe);
  if (auto optimizer = map.optional_map("optimizer")) read_optimizer(*optimizer, recipe);
  if (auto data = map.optional_map("data")) read_data(*data, recipe);
  map.finish();
  return recipe;
}

int64_t decay_start(const Recipe& recipe) {
  return recipe.steps - static_cast<int64_t>(recipe.decay_share * static_cast<double>(recipe.steps));
}

double learning_rate_factor(const Recipe& recipe, int64_t step) {
  if (step < recipe.warmup_steps)
    return static_cast<double>(step + 1) / static_cast<double>(recipe.warmup_steps);
  const double decay_steps = std::max(1.0, recipe.decay_share * static_cast<double>(recipe.steps));
  const double left = static_cast<double>(recipe.steps - step) / decay_steps;
  return std::clamp(left, 0.05, 1.0);
}

}  // namespace vidbench::shapes
