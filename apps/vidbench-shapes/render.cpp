#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "commands.h"
#include "shapes/caption.h"
#include "shapes/renderer.h"
#include "shapes/video_file.h"

namespace vidbench::shapes::cli {
namespace {

struct Arguments {
  std::filesystem::path out;
  std::string caption;
  int count = 1;
  uint64_t seed = 1;
  double two_objects = 0.0;
  bool held_out = false;
};

std::vector<SceneSpec> scenes_of(const Arguments& arguments) {
  std::vector<SceneSpec> scenes;
  const auto count = static_cast<size_t>(arguments.count);
  if (!arguments.caption.empty()) {
    const auto scene = parse_caption(arguments.caption);
    if (!scene) {
      throw_input("'" + arguments.caption + "' is outside the caption grammar",
                  "for example: a small red circle moving left on a black background");
    }
    return std::vector<SceneSpec>(count, *scene);
  }
  const auto held_out = one_object_scenes(true);
  Random random(arguments.seed);
  while (scenes.size() < count) {
    scenes.push_back(arguments.held_out ? held_out[scenes.size() % held_out.size()]
                                        : sample_training_scene(random, arguments.two_objects));
  }
  return scenes;
}

void run(const Arguments& arguments) {
  std::string lines;
  uint64_t seed = arguments.seed;
  std::filesystem::create_directories(arguments.out);
  for (const auto& scene : scenes_of(arguments)) {
    const std::string name = fmt::format("{:06}.npy", seed - arguments.seed);
    write_video(arguments.out / name, render(scene, seed));
    lines += Json{{"file", name}, {"prompt", caption_of(scene)}, {"seed", seed}}.dump() + "\n";
    ++seed;
  }
  write_file_atomic(arguments.out / "captions.jsonl", lines);
}

}  // namespace

void add_render(CLI::App& app) {
  auto* command = app.add_subcommand("render", "Draw videos of the world: one .npy each and captions.jsonl");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("--out", arguments->out, "Folder to write into")->required();
  command->add_option("--caption", arguments->caption, "What to draw; default: random scenes");
  command->add_option("--count", arguments->count, "Number of videos")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_option("--seed", arguments->seed, "Seed of the first video")->capture_default_str();
  command->add_option("--two-objects", arguments->two_objects, "Share of scenes with two objects")
      ->check(CLI::Range(0.0, 1.0));
  command->add_flag("--held-out", arguments->held_out, "Draw the captions that no training has seen");
  command->callback([arguments] { run(*arguments); });
}

}  // namespace vidbench::shapes::cli
