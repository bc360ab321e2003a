#include "blobs/choose_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "base/strings.h"
#include "blobs/manifest.h"

namespace vidbench::blobs {
namespace {

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }
std::string folder_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  return std::string(path.substr(0, slash == std::string_view::npos ? 0 : slash));
}

bool ends_with_one_of(std::string_view text, std::span<const char* const> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](const char* ending) { return text.ends_with(ending); });
}

bool is_weights(std::string_view path) {
  return path.ends_with(".safetensors") || is_pickled(std::string(path));
}

// Pictures and texts for people, weights for other frameworks.
bool is_beside_the_point(std::string_view path) {
  static constexpr std::array kEndings = {".md",      ".png",  ".jpg", ".jpeg", ".gif",    ".webp",
                                          ".svg",     ".pdf",  ".mp4", ".mov",  ".webm",   ".html",
                                          ".msgpack", ".onnx", ".h5",  ".ot",   ".tflite", ".onnx_data"};
  const std::string name = lower(name_of(path));
  if (name == ".gitattributes" || name == ".gitignore" || ends_with_one_of(name, kEndings)) return true;
  return name.starts_with("openvino_") || name.starts_with("flax_model") || name.starts_with("tf_model");
}

// "-00001-of-00002" at its end.
std::string_view without_shard(std::string_view stem) {
  const size_t of = stem.rfind("-of-");
  if (of == std::string_view::npos) return stem;
  const size_t dash = stem.rfind('-', of - 1);
  const auto digits = [](std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (of == 0 || dash == std::string_view::npos || !digits(stem.substr(dash + 1, of - dash - 1)) ||
      !digits(stem.substr(of + 4)))
    return stem;
  return stem.substr(0, dash);
}

struct WeightName {
  std::string model;    // "diffusion_pytorch_model", "" of what is no weight file
  std::string variant;  // "fp16"
  bool safetensors = false;
};

// Both orders of variant and shard have been in use, and indexes carry the variant at their end.
WeightName read_weight_name(std::string_view path) {
  std::string_view name = name_of(path);
  WeightName weights;
  std::string_view index_variant;
  if (const size_t index = name.find(".index."); index != std::string_view::npos && name.ends_with(".json")) {
    index_variant = name.substr(index + 7);
    index_variant.remove_suffix(std::min<size_t>(index_variant.size(), index_variant == "json" ? 4 : 5));
    name = name.substr(0, index);
  } else if (!is_weights(name)) {
    return weights;
  }
  weights.safetensors = name.ends_with(".safetensors");
  std::string_view stem = without_shard(name.substr(0, name.rfind('.')));
  const size_t dot = stem.find('.');
  weights.model = without_shard(stem.substr(0, dot));
  if (dot != std::string_view::npos) weights.variant = without_shard(stem.substr(dot + 1));
  if (!index_variant.empty()) weights.variant = index_variant;
  return weights;
}

// Names that the two kinds of libraries give to the same weights.
std::string twin_name(const std::string& model) { return model == "pytorch_model" ? "model" : model; }

bool is_below(const std::string& path, const std::string& folder) {
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

// In each folder the wanted variant where it is there, else the usual weights.
void keep_variant(std::vector<HubFile>& files, const std::string& variant) {
  std::set<std::string> has_variant;
  for (const HubFile& file : files) {
    const WeightName name = read_weight_name(file.path);
    if (!name.model.empty() && name.variant == variant) has_variant.insert(folder_of(file.path));
  }
  std::erase_if(files, [&](const HubFile& file) {
    const WeightName name = read_weight_name(file.path);
    if (name.model.empty()) return false;
    return name.variant != (has_variant.contains(folder_of(file.path)) ? variant : "");
  });
}

void drop_pickled_twins(std::vector<HubFile>& files) {
  std::set<std::string> safe;
  const auto identity = [](const HubFile& file, const WeightName& name) {
    return folder_of(file.path) + "/" + twin_name(name.model) + "." + name.variant;
  };
  for (const HubFile& file : files)
    if (const WeightName name = read_weight_name(file.path); name.safetensors)
      safe.insert(identity(file, name));
  std::erase_if(files, [&](const HubFile& file) {
    const WeightName name = read_weight_name(file.path);
    return !name.model.empty() && !name.safetensors && safe.contains(identity(file, name));
  });
}

}  // namespace

std::vector<std::string> read_components(std::string_view model_index, const std::string& origin) {
  const Json json = parse_json(model_index, origin);
  if (!json.is_object()) throw_input(origin + ": is no object");
  std::vector<std::string> components;
  for (const auto& [name, value] : json.items()) {
    if (!value.is_array() || value.size() != 2 || !value[0].is_string() || !value[1].is_string()) continue;
    if (!is_safe_path(name) || name.find('/') != std::string::npos)
      throw_input(fmt::format("{}: '{}' is no name of a component", origin, one_line(name)));
    components.push_back(name);
  }
  if (components.empty()) throw_input(origin + ": names no components");
  return components;
}

std::vector<HubFile> choose_files(const HubListing& listing, const Reference& reference,
                                  const std::vector<std::string>& components) {
  std::vector<HubFile> files;
  for (const HubFile& file : listing.files) {
    if (file.path == reference.path) return {file};
    if (!reference.path.empty() && !is_below(file.path, reference.path)) continue;
    const bool of_component =
        components.empty() || !reference.path.empty() || file.path == "model_index.json" ||
        std::any_of(components.begin(), components.end(),
                    [&](const std::string& component) { return is_below(file.path, component); });
    if (of_component && !is_beside_the_point(file.path)) files.push_back(file);
  }
  // Elsewhere a dot in a name says nothing.
  if (!components.empty()) keep_variant(files, reference.variant);
  drop_pickled_twins(files);
  return files;
}

}  // namespace vidbench::blobs
