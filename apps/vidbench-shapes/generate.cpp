#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "base/files.h"
#include "commands.h"
#include "shapes/sampler.h"
#include "shapes/video_file.h"
#include "shapes/weights.h"

namespace vidbench::shapes::cli {
namespace {

struct Arguments {
  std::string prompt;
  std::filesystem::path out;
  std::filesystem::path weights;
  std::string model = "base";
  std::string sampler = "euler";
  int count = 1;
  uint64_t seed = 1;
  SamplerSettings settings;
};

void run(const Arguments& arguments) {
  const auto path = arguments.weights.empty()
                        ? resource_root() / "models" / "shapes" / (arguments.model + ".safetensors")
                        : arguments.weights;
  const Denoiser denoiser = load_denoiser(path);
  SamplerSettings settings = arguments.settings;
  settings.kind = sampler_named(arguments.sampler);
  std::vector<SampleRequest> requests;
  for (int i = 0; i < arguments.count; ++i) {
    requests.push_back({arguments.prompt, arguments.seed + static_cast<uint64_t>(i), ""});
  }
  const auto videos = sample(denoiser, requests, settings);
  for (size_t i = 0; i < videos.size(); ++i) {
    write_video(arguments.out / fmt::format("{:06}.npy", requests[i].seed), videos[i]);
  }
}

}  // namespace

void add_generate(CLI::App& app) {
  auto* command = app.add_subcommand("generate", "Generate videos for a caption, each <seed>.npy");
  auto arguments = std::make_shared<Arguments>();
  auto& settings = arguments->settings;
  command->add_option("prompt", arguments->prompt, "Caption")->required();
  command->add_option("--out", arguments->out, "Folder to write into")->required();
  command->add_option("--model", arguments->model, "base, small or weak")
      ->check(CLI::IsMember({"base", "small", "weak"}));
  command->add_option("--weights", arguments->weights, "Another weight file");
  command->add_option("--sampler", arguments->sampler, "euler or sde")->capture_default_str();
  command->add_option("--steps", settings.steps, "Denoising steps")->capture_default_str();
  command->add_option("--guidance", settings.guidance, "Classifier-free guidance scale")
      ->capture_default_str();
  command->add_option("--seed", arguments->seed, "Seed of the first video")->capture_default_str();
  command->add_option("--count", arguments->count, "Number of videos")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->callback([arguments] { run(*arguments); });
}

}  // namespace vidbench::shapes::cli
