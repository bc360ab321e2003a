// Records as JSON: the form that the store, the caches and exports share.
#pragma once

#include "store/records.h"

namespace vidbench::store {

[[nodiscard]] Json to_json(const GeneratedVideo& video);
// Throws Json::exception for a missing or mistyped member; `from_cache` may be missing.
[[nodiscard]] GeneratedVideo generated_video_from_json(const Json& json);

// Without the catalogue id: the same facts hold for the model under another name.
[[nodiscard]] Json to_json(const ModelFacts& facts);
// Throws Json::exception for a missing or mistyped member.
[[nodiscard]] ModelFacts model_facts_from_json(const Json& json);

}  // namespace vidbench::store
