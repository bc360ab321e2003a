#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>

#include "base/files.h"
#include "base/time.h"
#include "commands.h"
#include "shapes/audit.h"
#include "shapes/weights.h"

namespace vidbench::shapes::cli {
namespace {

struct Arguments {
  std::vector<std::string> models = {"base", "small", "weak"};
  std::filesystem::path weights_dir;
  std::vector<int> steps = {8};
  std::vector<double> guidances = {SamplerSettings{}.guidance};
  double shift = SamplerSettings{}.shift;
  std::string sampler = "euler";
  std::string dtype = "fp32";
  int count = 200;
  uint64_t seed = 1;
  std::string format = "table";
};

struct Row {
  std::string model;
  SamplerSettings settings;
  AttributeRates rates;
  double seconds_per_video = 0;
};

Row measure(const Denoiser& denoiser, const std::string& model, const SamplerSettings& settings,
            const Arguments& arguments) {
  const int64_t start = monotonic_ns();
  const AttributeRates rates = audit(denoiser, settings, arguments.count, arguments.seed);
  return {model, settings, rates, seconds_since(start) / arguments.count};
}

void print_table(const std::vector<Row>& rows, const Arguments& arguments) {
  std::cout << fmt::format("{:<8} {:<7} {:<5} {:>5} {:>8} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>8}\n",
                           "model", "sampler", "dtype", "steps", "guidance", "colour", "shape", "size",
                           "motion", "backgr.", "all", "s/video");
  for (const auto& row : rows) {
    const auto& r = row.rates;
    std::cout << fmt::format(
        "{:<8} {:<7} {:<5} {:>5} {:>8.1f} {:>7.3f} {:>7.3f} {:>7.3f} {:>7.3f} {:>7.3f} {:>7.3f} {:>8.3f}\n",
        row.model, arguments.sampler, arguments.dtype, row.settings.steps, row.settings.guidance, r.color,
        r.shape, r.size, r.motion, r.background, r.all, row.seconds_per_video);
  }
}

void print_json(const std::vector<Row>& rows, const Arguments& arguments) {
  Json list = Json::array();
  for (const auto& row : rows) {
    list.push_back({{"model", row.model},
                    {"sampler", arguments.sampler},
                    {"dtype", arguments.dtype},
                    {"steps", row.settings.steps},
                    {"guidance", row.settings.guidance},
                    {"shift", row.settings.shift},
                    {"rates", row.rates.json()},
                    {"seconds_per_video", row.seconds_per_video}});
  }
  std::cout << Json{{"schema", "vidbench.shapes-check/1"}, {"seed", arguments.seed}, {"rows", list}}.dump(2)
            << '\n';
}

void run(const Arguments& arguments) {
  const auto folder =
      arguments.weights_dir.empty() ? resource_root() / "models" / "shapes" : arguments.weights_dir;
  std::vector<Row> rows;
  for (const auto& model : arguments.models) {
    Denoiser denoiser = load_denoiser(folder / (model + ".safetensors"));
    if (arguments.dtype == "bf16") denoiser.use_bf16();
    for (const int steps : arguments.steps) {
      for (const double guidance : arguments.guidances) {
        SamplerSettings settings;
        settings.kind = sampler_named(arguments.sampler);
        settings.steps = steps;
        settings.guidance = guidance;
        settings.shift = arguments.shift;
        rows.push_back(measure(denoiser, model, settings, arguments));
        std::cerr << fmt::format("{} {} steps: done\n", model, steps);
      }
    }
  }
  arguments.format == "json" ? print_json(rows, arguments) : print_table(rows, arguments);
}

}  // namespace

void add_check(CLI::App& app) {
  auto* command =
      app.add_subcommand("check", "Generate held-out captions and count right attributes by the checker");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("--model", arguments->models, "base, small, weak, or several")->delimiter(',');
  command->add_option("--weights-dir", arguments->weights_dir, "Folder of <model>.safetensors");
  command->add_option("--steps", arguments->steps, "Denoising steps, or several")->delimiter(',');
  command->add_option("--guidance", arguments->guidances, "Guidance scale, or several")->delimiter(',');
  command->add_option("--shift", arguments->shift, "Time shift of the steps, > 1: more of them at high noise")
      ->capture_default_str();
  command->add_option("--sampler", arguments->sampler, "euler or sde")->capture_default_str();
  command->add_option("--dtype", arguments->dtype, "Compute type")
      ->check(CLI::IsMember({"fp32", "bf16"}))
      ->capture_default_str();
  command->add_option("--count", arguments->count, "Held-out captions")->capture_default_str();
  command->add_option("--seed", arguments->seed, "Seed of the first sample")->capture_default_str();
  command->add_option("--format", arguments->format, "table or json")
      ->check(CLI::IsMember({"table", "json"}));
  command->callback([arguments] { run(*arguments); });
}

}  // namespace vidbench::shapes::cli
