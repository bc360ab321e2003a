#include "suites/suite.h"

namespace vidbench::suites {
namespace {

Json prompt_json(const Prompt& prompt) {
  Json json = {{"id", prompt.id}, {"text", prompt.text}};
  if (!prompt.negative.empty()) json["negative"] = prompt.negative;
  if (!prompt.category.empty()) json["category"] = prompt.category;
  if (!prompt.dimensions.empty()) json["dimensions"] = prompt.dimensions;
  if (!prompt.auxiliary.is_null()) json["auxiliary"] = prompt.auxiliary;
  if (!prompt.image.empty()) json["image"] = prompt.image.sha256;
  if (!prompt.video.empty()) json["video"] = prompt.video.sha256;
  return json;
}

}  // namespace

Json definition(const Suite& suite) {
  Json json = {{"id", suite.id},
               {"version", suite.version},
               {"prompts", Json::array()},
               {"seeds", suite.seeds},
               {"settings", to_json(suite.settings)},
               {"batch_size", suite.batch_size},
               {"single_stream", suite.single_stream},
               {"metrics", suite.metrics},
               {"score_profile", suite.score_profile},
               {"warmup", suite.warmup}};
  for (const Prompt& prompt : suite.prompts) json["prompts"].push_back(prompt_json(prompt));
  if (suite.reference)
    json["reference"] = {
        {"kind", suite.reference->kind}, {"count", suite.reference->count}, {"seed", suite.reference->seed}};
  return json;
}

Json to_json(const Suite& suite) {
  Json json = definition(suite);
  json["title"] = suite.title;
  json["description"] = suite.description;
  json["public"] = suite.is_public;
  json["licence"] = suite.licence;
  json["models"] = suite.models;
  json["digest"] = suite.digest;
  for (size_t i = 0; i < suite.prompts.size(); ++i) {
    if (!suite.prompts[i].image.empty())
      json["prompts"][i]["image_file"] = suite.prompts[i].image.path.string();
    if (!suite.prompts[i].video.empty())
      json["prompts"][i]["video_file"] = suite.prompts[i].video.path.string();
  }
  return json;
}

}  // namespace vidbench::suites
