// Drafts of diffusers pipelines: a folder, or a repository of the Hugging Face Hub.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "base/strings.h"
#include "registry/draft.h"

namespace vidbench::registry {
namespace fs = std::filesystem;
namespace {

constexpr uint64_t kHeaderLimitBytes = uint64_t{100} << 20;

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

// As the classes of diffusers are named; nothing where the name does not tell.
std::vector<std::string> tasks_of_class(const std::string& pipeline) {
  if (contains(pipeline, "ImageToVideo") || contains(pipeline, "Image2Video") ||
      pipeline == "StableVideoDiffusionPipeline")
    return {"image-to-video"};
  if (contains(pipeline, "VideoToVideo") || contains(pipeline, "Video2Video")) return {"video-to-video"};
  return {};
}

// Of a component's entry ["library", "Class"]; "" where the pipeline has none.
std::string component_class(const Json& index, const char* name) {
  const Json entry = index.value(name, Json());
  return entry.is_array() && entry.size() == 2 && entry[1].is_string() ? entry[1].get<std::string>() : "";
}

std::string class_of_index(const Json& index, const std::string& origin) {
  const Json name = index.is_object() ? index.value("_class_name", Json()) : Json();
  if (!name.is_string() || name.get<std::string>().empty())
    throw_input(fmt::format("{}: no '_class_name'", origin),
                "a model_index.json of diffusers names its pipeline");
  return name.get<std::string>();
}

void take_index(Draft& draft, const Json& index, const std::string& origin) {
  Card& card = draft.model.card;
  Deployment& deployment = draft.model.deployment;
  const std::string pipeline = class_of_index(index, origin);
  deployment.runner = "diffusers";
  deployment.settings["pipeline"] = pipeline;
  deployment.max_batch = 1;
  card.access = "weights";
  card.tasks = tasks_of_class(pipeline);
  card.backbone = !component_class(index, "transformer").empty() ? "dit"
                  : !component_class(index, "unet").empty()      ? "unet"
                                                                 : "";
  card.text_encoder = component_class(index, "text_encoder");
  card.vae = component_class(index, "vae");
}

struct Tensors {
  std::map<std::string, double> count;  // dtype as safetensors calls it → numbers
};

// Adds what the header says of a safetensors file; a file that is none adds nothing.
void add_header(const fs::path& file, Tensors& tensors) {
  std::ifstream stream(file, std::ios::binary);
  uint64_t length = 0;
  if (!stream.read(reinterpret_cast<char*>(&length), sizeof length) || length > kHeaderLimitBytes) return;
  std::string text(length, '\0');
  if (!stream.read(text.data(), static_cast<std::streamsize>(length))) return;
  const Json header = Json::parse(text, nullptr, false);
  if (!header.is_object()) return;
  for (const auto& [name, tensor] : header.items()) {
    if (!tensor.is_object() || !tensor.contains("shape") || !tensor["shape"].is_array()) continue;
    double numbers = 1;
    for (const Json& side : tensor["shape"]) numbers *= side.is_number() ? side.get<double>() : 0;
    tensors.count[tensor.value("dtype", "")] += numbers;
  }
}

// "diffusion_pytorch_model.fp16.safetensors" and its shards are a variant: the same weights once more.
bool is_variant(const std::string& name) {
  const std::string stem = name.substr(0, name.size() - std::string(".safetensors").size());
  const size_t dot = stem.find('.');
  return dot != std::string::npos;
}

Tensors tensors_of(const fs::path& folder) {
  std::vector<fs::path> files, variants;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(folder, ec)) {
    if (entry.path().extension() != ".safetensors") continue;
    (is_variant(entry.path().filename().string()) ? variants : files).push_back(entry.path());
  }
  Tensors tensors;
  for (const fs::path& file : files.empty() ? variants : files) add_header(file, tensors);
  return tensors;
}

std::string dtype_of(const std::map<std::string, double>& count) {
  static const std::map<std::string, std::string> kOurs = {
      {"F32", "fp32"}, {"F16", "fp16"}, {"BF16", "bf16"}};
  const auto most = std::max_element(count.begin(), count.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  const auto known = most == count.end() ? kOurs.end() : kOurs.find(most->first);
  return known == kOurs.end() ? "" : known->second;
}

// Billions with three digits, as a card states them.
double billions(const std::map<std::string, double>& count) {
  double sum = 0;
  for (const auto& [dtype, numbers] : count) sum += numbers;
  return std::stod(fmt::format("{:.3g}", sum / 1e9));
}

void take_tensors(Draft& draft, const std::map<std::string, double>& count) {
  if (count.empty()) return;
  if (const double size = billions(count); size > 0) draft.model.card.parameters_b = size;
  if (const std::string dtype = dtype_of(count); !dtype.empty()) draft.model.deployment.dtype = dtype;
}

void remark_unknown(Draft& draft) {
  const Card& card = draft.model.card;
  if (card.licence.empty()) draft.remarks.emplace_back("the licence is not known");
  if (card.tasks.empty()) draft.remarks.emplace_back("the task (text-to-video, …) is not known");
  if (draft.model.deployed())
    draft.remarks.emplace_back(
        "frames, size and steps are the pipeline's own unless `defaults` say otherwise; many pipelines need "
        "`fps` there");
}

// The hub writes SPDX identifiers in lower case; what is none of the usual is kept as it is.
std::string licence_name(const std::string& hub) {
  static const std::map<std::string, std::string> kNames = {{"apache-2.0", "Apache-2.0"},
                                                            {"mit", "MIT"},
                                                            {"bsd-3-clause", "BSD-3-Clause"},
                                                            {"cc-by-4.0", "CC-BY-4.0"},
                                                            {"cc-by-nc-4.0", "CC-BY-NC-4.0"},
                                                            {"cc-by-sa-4.0", "CC-BY-SA-4.0"},
                                                            {"cc-by-nc-sa-4.0", "CC-BY-NC-SA-4.0"},
                                                            {"cc-by-nc-nd-4.0", "CC-BY-NC-ND-4.0"},
                                                            {"gpl-3.0", "GPL-3.0"},
                                                            {"agpl-3.0", "AGPL-3.0"}};
  const auto known = kNames.find(hub);
  return known == kNames.end() ? hub : known->second;
}

std::string text_member(const Json& json, const char* key) {
  const Json value = json.is_object() ? json.value(key, Json()) : Json();
  return value.is_string() ? one_line(value.get<std::string>()) : "";
}

std::string licence_of(const Json& description) {
  const Json data = description.value("cardData", Json::object());
  const std::string licence = text_member(data, "license");
  if (licence == "other" || licence.empty()) {
    const std::string name = text_member(data, "license_name");
    return name.empty() ? (licence == "other" ? "other (see the model card)" : "") : name;
  }
  return licence_name(licence);
}

void take_tags(Card& card, const Json& tags) {
  if (!tags.is_array()) return;
  for (const Json& tag : tags) {
    if (!tag.is_string()) continue;
    const std::string text = tag.get<std::string>();
    if (text.starts_with("arxiv:") && card.paper.empty()) card.paper = "arXiv:" + one_line(text.substr(6));
  }
}

std::map<std::string, double> hub_tensors(const Json& description) {
  std::map<std::string, double> count;
  const Json safetensors = description.value("safetensors", Json::object());
  const Json parameters = safetensors.is_object() ? safetensors.value("parameters", Json::object()) : Json();
  if (!parameters.is_object()) return count;
  for (const auto& [dtype, numbers] : parameters.items())
    if (numbers.is_number()) count[dtype] = numbers.get<double>();
  return count;
}

void take_description(Draft& draft, const Json& description, const std::string& repository) {
  Card& card = draft.model.card;
  card.access = "weights";
  card.organisation = repository.substr(0, repository.find('/'));
  card.source = "hf:" + repository;
  card.licence = licence_of(description);
  card.references = {"https://huggingface.co/" + repository};
  take_tags(card, description.value("tags", Json()));
  const std::string task = text_member(description, "pipeline_tag");
  if (card.tasks.empty() && task.ends_with("-to-video")) card.tasks = {task};
  take_tensors(draft, hub_tensors(description));
}

bool is_commit(const std::string& text) {
  return text.size() == 40 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

Draft draft_of_folder(const fs::path& folder) {
  const fs::path file = folder / "model_index.json";
  std::error_code ec;
  if (!fs::is_regular_file(file, ec))
    throw_input(fmt::format("{} has no model_index.json", folder.string()),
                "name a folder that diffusers' save_pretrained() wrote");
  const Json index = parse_json(read_file(file, 1 << 20), file.string());
  Draft draft;
  take_index(draft, index, file.string());
  const fs::path absolute = fs::absolute(folder).lexically_normal();
  const fs::path named = absolute.has_filename() ? absolute : absolute.parent_path();
  draft.model.id = id_from(named.filename().string());
  draft.model.card.title = named.filename().string();
  draft.model.card.source = named.string();
  draft.model.deployment.settings["path"] = named.string();
  Tensors tensors = tensors_of(folder / "transformer");
  if (tensors.count.empty()) tensors = tensors_of(folder / "unet");
  take_tensors(draft, tensors.count);
  remark_unknown(draft);
  return draft;
}

Draft draft_of_hub(const Json& description, const Json& pipeline) {
  const std::string repository = text_member(description, "id");
  const std::string commit = text_member(description, "sha");
  if (repository.find('/') == std::string::npos || !is_commit(commit))
    throw_input("the hub's answer has no 'id' and 'sha'", "is HF_ENDPOINT a Hugging Face Hub?");
  Draft draft;
  draft.model.id = id_from(repository.substr(repository.find('/') + 1));
  draft.model.card.title = repository.substr(repository.find('/') + 1);
  if (!pipeline.is_null()) {
    take_index(draft, pipeline, repository + "/model_index.json");
    draft.model.deployment.settings.update({{"repo", repository}, {"revision", commit}});
  }
  take_description(draft, description, repository);
  if (pipeline.is_null())
    draft.remarks.emplace_back(
        "it has no model_index.json, so no deployment is written: add one (docs/add-a-model.md)");
  remark_unknown(draft);
  return draft;
}

}  // namespace vidbench::registry
