#include "engine/plan.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/strings.h"
#include "engine/conditioning.h"

namespace vidbench::engine {
namespace {

template <typename T>
std::optional<T> first_set(const std::optional<T>& a, const std::optional<T>& b, const std::optional<T>& c) {
  return a ? a : b ? b : c;
}

workers::GenerateRequest make_request(const suites::Suite& suite, const registry::Model& model,
                                      const suites::Prompt& prompt, uint64_t seed) {
  const auto& asked = model.overrides;
  const auto& wanted = suite.settings;
  const auto& own = model.deployment.defaults;
  workers::GenerateRequest request;
  request.prompt = prompt.text;
  request.negative_prompt = prompt.negative;
  request.seed = seed;
  request.frames = first_set(asked.frames, wanted.frames, own.frames);
  request.width = first_set(asked.width, wanted.width, own.width);
  request.height = first_set(asked.height, wanted.height, own.height);
  request.steps = first_set(asked.steps, wanted.steps, own.steps);
  request.fps = first_set(asked.fps, wanted.fps, own.fps);
  request.guidance = first_set(asked.guidance, wanted.guidance, own.guidance);
  request.image = prompt.image;
  request.video = prompt.video;
  return request;
}

Json settings_of(const workers::GenerateRequest& request) {
  Json json = Json::object();
  if (request.frames) json["frames"] = *request.frames;
  if (request.width) json["width"] = *request.width;
  if (request.height) json["height"] = *request.height;
  if (request.steps) json["steps"] = *request.steps;
  if (request.fps) json["fps"] = *request.fps;
  if (request.guidance) json["guidance"] = *request.guidance;
  return json;
}

std::string generation_key(const std::string& model_digest, const workers::GenerateRequest& request,
                           size_t batch_size) {
  Json content = {{"kind", "vidbench.generation/1"},
                  {"model", model_digest},
                  {"settings", settings_of(request)},
                  {"prompt", request.prompt},
                  {"negative", request.negative_prompt},
                  {"seed", request.seed},
                  {"batch_size", batch_size}};
  if (!request.image.empty()) content["image"] = request.image.sha256;
  if (!request.video.empty()) content["video"] = request.video.sha256;
  return sha256_hex(content.dump());
}

// With a limit, categories are taken in turn, so that a shortened suite stays balanced.
std::vector<const suites::Prompt*> choose_prompts(const suites::Suite& suite, size_t limit) {
  std::vector<const suites::Prompt*> chosen;
  if (limit == 0 || limit >= suite.prompts.size()) {
    for (const auto& prompt : suite.prompts) chosen.push_back(&prompt);
    return chosen;
  }
  std::vector<std::string> order;
  std::map<std::string, std::vector<const suites::Prompt*>> by_category;
  for (const auto& prompt : suite.prompts) {
    if (by_category[prompt.category].empty()) order.push_back(prompt.category);
    by_category[prompt.category].push_back(&prompt);
  }
  for (size_t round = 0; chosen.size() < limit; ++round)
    for (const auto& category : order)
      if (round < by_category[category].size() && chosen.size() < limit)
        chosen.push_back(by_category[category][round]);
  return chosen;
}

std::string machine_secret() {
  const auto path = data_home() / "prompt.key";
  if (std::filesystem::exists(path)) return read_file(path, 4096);
  std::array<unsigned char, 32> bytes{};
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) throw Error(ErrorCode::kInternal, "no random bytes");
  std::string secret = sha256_hex(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  write_file_atomic(path, secret);
  std::filesystem::permissions(path,
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return secret;
}

void require_runnable(const registry::Model& model, bool allow_missing) {
  if (!model.runnable() && !(allow_missing && model.deployed()))
    throw_environment(fmt::format("model '{}' cannot run here: {}", model.id, join(model.missing, "; ")),
                      fmt::format("vidbench models show {}", model.id));
}

// Batches of a model: the first `single_stream` samples alone (their latency is measured), the rest in full
// batches.
std::vector<std::vector<size_t>> cut(size_t first, size_t count, size_t single_stream, size_t batch_size) {
  std::vector<std::vector<size_t>> batches;
  for (size_t i = 0; i < count;) {
    const size_t size = i < single_stream ? 1 : std::min(batch_size, count - i);
    auto& batch = batches.emplace_back();
    for (size_t k = 0; k < size; ++k) batch.push_back(first + i + k);
    i += size;
  }
  return batches;
}

}  // namespace

Json effective_settings(const suites::Suite& suite, const registry::Model& model) {
  Json settings = settings_of(make_request(suite, model, suites::Prompt{}, 0));
  settings["dtype"] = model.deployment.dtype;
  return settings;
}

store::Asked asked(const suites::Prompt& prompt) {
  store::Asked result{prompt.text, Json::object(), {}};
  if (!prompt.auxiliary.is_null()) result.auxiliary = prompt.auxiliary;
  if (!prompt.dimensions.empty()) result.dimensions = prompt.dimensions;
  return result;
}

std::string prompt_reference(const suites::Suite& suite, const suites::Prompt& prompt) {
  if (suite.is_public) return prompt.id;
  static const std::string secret = machine_secret();
  std::string asked = prompt.text;
  for (const InputFile* file : {&prompt.image, &prompt.video})
    if (!file->empty()) asked += "\n" + file->sha256;
  return "prompt-" + sha256_hex(secret + sha256_hex(secret + asked)).substr(0, 16);
}

Plan make_plan(const suites::Suite& suite, const std::vector<registry::Model>& models,
               const PlanOptions& options) {
  if (models.empty())
    throw_input(fmt::format("suite '{}' names no models of its own", suite.id),
                "name some with --model ID,ID");
  Plan plan;
  plan.suite = suite;
  plan.models = models;
  const auto prompts = choose_prompts(suite, options.limit);
  const auto& seeds = options.seeds.empty() ? suite.seeds : options.seeds;
  for (size_t m = 0; m < models.size(); ++m) {
    require_runnable(models[m], options.allow_missing);
    require_inputs(models[m], prompts);
    plan.model_digests.push_back(models[m].runnable() ? registry::content_digest(models[m])
                                                      : "not here: " + models[m].digest);
    auto batch_size = static_cast<size_t>(options.batch_size > 0 ? options.batch_size : suite.batch_size);
    if (models[m].deployment.max_batch > 0)
      batch_size = std::min(batch_size, static_cast<size_t>(models[m].deployment.max_batch));
    const size_t first = plan.samples.size();
    for (const uint64_t seed : seeds)
      for (const auto* prompt : prompts) {
        auto& request = plan.requests.emplace_back(make_request(suite, models[m], *prompt, seed));
        request.id = fmt::format("s{:06}", plan.samples.size());
        plan.asked.push_back(asked(*prompt));
        auto& sample = plan.samples.emplace_back();
        sample.id = request.id;
        sample.model = models[m].id;
        sample.prompt_ref = request.prompt_ref = prompt_reference(suite, *prompt);
        sample.category = prompt->category;
        sample.seed = seed;
      }
    for (auto& members :
         cut(first, plan.samples.size() - first, static_cast<size_t>(suite.single_stream), batch_size)) {
      const int index = static_cast<int>(plan.batches.size());
      for (const size_t s : members) {
        plan.samples[s].batch = index;
        plan.samples[s].key = generation_key(plan.model_digests[m], plan.requests[s], members.size());
      }
      plan.batches.push_back({index, m, std::move(members)});
    }
  }
  return plan;
}

}  // namespace vidbench::engine
